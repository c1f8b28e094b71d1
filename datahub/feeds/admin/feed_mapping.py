"""How a feed's CSV is laid out: the mapping as JSON, its common members as fields, and a sample as it is read."""

import codecs
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget

from cdsc_portal.lib.json.reader import read_json
from datahub.feeds.formats.csv.mapping import ROLES
from datahub.feeds.formats.csv.presets import presets
from datahub.feeds.runs.mapping_preview import Preview, preview
from datahub.feeds.runs.registration import FeedRefusedError, check_mapping, map_feed
from datahub.models import Feed

_SAMPLE_BYTES = 1 << 16
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "shape": ("long", "wide"),
    "decimal_mark": (".", ","),
    "encoding": ("utf-8", "latin-1", "cp1252", "utf-16"),
    "time_of": ("start", "end"),
    "sign": ("as_written", "reversed", "negative_is_export"),
}
_TEXTS: Mapping[str, Any] = {
    "delimiter": _("One character; empty: the one that is most in the header."),
    "thousands_mark": "",
    "header_pattern": _("A regular expression for the line with the names of the columns."),
    "time_form": _("iso, or like %d/%m/%Y %H:%M"),
    "zone": _("Empty: the feed's."),
    "offset": _("Like +01:00, where clocks never change."),
}
_NUMBERS = ("skip_lines", "interval_seconds")
_COLUMN_HELP = _("A name, a position from 1, or = and a text that holds for all lines.")
_PLACE = re.compile(r"[0-9]{1,9}")  # of a column
_MEMBER = re.compile(r"mapping: (columns\.\w+|\w+)")


class MappingForm(forms.Form):
    """The JSON is what counts: a changed field is written into it. A member that no field can show stays as it is."""

    preset = forms.ChoiceField(label=_("Start from a known export"), required=False)
    mapping = forms.CharField(
        label=_("Mapping"), required=False, widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false"}),
        help_text=_("JSON, all members; empty: the plain layout of the feed's format."),
    )  # fmt: skip
    sample_file = forms.FileField(
        label=_("A file to try"),
        required=False,
        help_text=_("Only its beginning is read."),
        widget=UnfoldAdminFileFieldWidget,
    )
    sample = forms.CharField(
        label=_("or its first lines"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 8})
    )
    shown = forms.CharField(
        required=False, widget=forms.HiddenInput
    )  # the JSON that the fields were filled from

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        for name, allowed in _CHOICES.items():
            self.fields[name] = forms.ChoiceField(
                choices=[("", "---"), *((value, value) for value in allowed)], required=False
            )
        for name, help_text in _TEXTS.items():
            self.fields[name] = forms.CharField(required=False, strip=False, help_text=help_text)
        for name in _NUMBERS:
            self.fields[name] = forms.IntegerField(required=False, min_value=0)
        for role in ROLES:
            label = _("column %(role)s") % {"role": role}
            self.fields[f"columns.{role}"] = forms.CharField(
                label=label, required=False, help_text=_COLUMN_HELP
            )
        known = [(name, preset.title) for name, preset in presets().items()]
        self.fields["preset"].widget = forms.Select(choices=[("", "---"), *known])
        self.fields["preset"].choices = [("", "---"), *known]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            mapping = _parsed(cleaned.get("mapping", ""))
            before = fields_of(_parsed(cleaned.get("shown", "")))
        except ValueError as error:
            self.add_error("mapping", str(error))
            return cleaned
        for name in self.fields:
            if name in before and name not in self.errors and _same(cleaned.get(name)) != _same(before[name]):
                _write(mapping, name, cleaned.get(name))
        cleaned["parsed_mapping"] = mapping
        if mapping:
            try:
                check_mapping(mapping)
            except FeedRefusedError as error:
                member = _MEMBER.match(str(error))
                self.add_error(member[1] if member and member[1] in self.fields else "mapping", str(error))
        return cleaned


def mapping_page(
    request: HttpRequest, site: AdminSite, feed: Feed, *, log: Callable[[HttpRequest, Feed, str], object]
) -> HttpResponse:
    """Show, try or save the mapping of `feed`."""
    button = request.POST.get("button", "")
    if request.method != "POST":
        return _page(request, site, feed, _filled_form(feed.mapping, ""))
    form = MappingForm(request.POST, request.FILES)
    valid = form.is_valid()
    sample = _sample(form)
    if button == "preset" and form.cleaned_data.get("preset"):
        mapping = dict(presets()[form.cleaned_data["preset"]].mapping)
        return _preview_page(request, site, feed, mapping, sample)
    if not valid:
        return _page(request, site, feed, form)
    mapping = form.cleaned_data["parsed_mapping"]
    if button == "save":
        try:
            map_feed(feed=feed, mapping=mapping)
        except FeedRefusedError as error:
            form.add_error("mapping", str(error))
            return _page(request, site, feed, form)
        log(request, feed, "CSV mapping changed")
        messages.success(
            request, _("The mapping is saved; files are read as %(format)s.") % {"format": feed.format}
        )
        return redirect("admin:datahub_feed_change", feed.pk)
    return _preview_page(request, site, feed, mapping, sample)


def _page(
    request: HttpRequest, site: AdminSite, feed: Feed, form: MappingForm, rows: Preview | None = None
) -> HttpResponse:
    context = {
        **site.each_context(request),
        "title": _("CSV mapping of %(feed)s") % {"feed": feed.name},
        "form": form,
        "preview": rows,
        "zone": feed.time_zone,
        "back": reverse("admin:datahub_feed_change", args=[feed.pk]),
    }
    return TemplateResponse(request, "admin/datahub/feed/mapping.html", context)


def _preview_page(
    request: HttpRequest, site: AdminSite, feed: Feed, mapping: Mapping[str, Any], sample: bytes
) -> HttpResponse:
    """The page with the sample as the mapping reads it; the sample is in it as text, to be tried again."""
    if sample.startswith(_UTF16):
        text = sample.decode("utf-16", "replace")
    else:
        text = sample.decode(_encoding(mapping), "replace").removeprefix("\ufeff")
    rows = preview(feed=feed, mapping=mapping, sample=sample) if sample else None
    return _page(request, site, feed, _filled_form(mapping, text), rows)


def _filled_form(mapping: Mapping[str, Any], sample: str) -> MappingForm:
    text = json.dumps(mapping, indent=2, ensure_ascii=False) if mapping else ""
    return MappingForm(initial={**fields_of(mapping), "mapping": text, "shown": text, "sample": sample})


def fields_of(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields show of a mapping; "" for what a field cannot show."""
    fields = {name: mapping.get(name, "") for name in (*_CHOICES, *_TEXTS, *_NUMBERS)}
    columns = mapping.get("columns")
    for role in ROLES:
        source = columns.get(role) if isinstance(columns, dict) else None
        if isinstance(source, dict):
            fields[f"columns.{role}"] = f"={source['text']}" if source.keys() == {"text"} else ""
        else:
            fields[f"columns.{role}"] = "" if source is None else str(source)
    return fields


def _write(mapping: dict[str, Any], name: str, value: object) -> None:
    """Write one field into the mapping; an empty field removes the member."""
    group, _dot, role = name.rpartition(".")
    if group and not isinstance(mapping.get(group), dict):
        mapping[group] = {}
    members = mapping[group] if group else mapping
    text = str(value)
    if value in ("", None):
        members.pop(role, None)
    elif not group:
        members[role] = value
    elif text.startswith("="):
        members[role] = {"text": text[1:]}
    else:
        members[role] = int(text) if _PLACE.fullmatch(text) else text


def _same(value: object) -> str:
    return "" if value is None else str(value)


def _parsed(text: str) -> dict[str, Any]:
    """Raises ValueError: no JSON object, or one that cannot be stored."""
    try:
        mapping = read_json(text) if text.strip() else {}
    except ValueError as error:
        raise ValueError(_("Not JSON: %(error)s") % {"error": error}) from error
    if not isinstance(mapping, dict):
        raise ValueError(_("Not a JSON object."))
    return mapping


def _sample(form: MappingForm) -> bytes:
    """The beginning of the file, whole lines; or what was pasted, in the encoding that the mapping says."""
    file = form.cleaned_data.get("sample_file")
    if file:
        raw: bytes = file.read(_SAMPLE_BYTES)
        whole = raw.rfind(b"\n") + 1
        if len(raw) < _SAMPLE_BYTES or not whole:
            return raw
        return raw[: whole + (whole % 2 if raw.startswith(_UTF16) else 0)]
    pasted: str = form.cleaned_data.get("sample") or ""
    encoding = _encoding(form.cleaned_data.get("parsed_mapping") or {})
    return pasted.replace("\r\n", "\n").encode(encoding, "replace")


def _encoding(mapping: Mapping[str, Any]) -> str:
    encoding = str(mapping.get("encoding"))
    return encoding if encoding in _CHOICES["encoding"] else "utf-8"
