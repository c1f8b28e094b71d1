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
    """The JSON is the truth: a changed field is written into it, and a member too rich for a field is left alone."""

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
                choices=[("", "---"), *((one, one) for one in allowed)], required=False
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
            said = _parsed(cleaned.get("mapping", ""))
            before = fields_of(_parsed(cleaned.get("shown", "")))
        except ValueError as error:
            self.add_error("mapping", str(error))
            return cleaned
        for name in self.fields:
            if name in before and name not in self.errors and _same(cleaned.get(name)) != _same(before[name]):
                _write(said, name, cleaned.get(name))
        cleaned["said"] = said
        if said:
            try:
                check_mapping(said)
            except FeedRefusedError as error:
                found = _MEMBER.match(str(error))
                self.add_error(found[1] if found and found[1] in self.fields else "mapping", str(error))
        return cleaned


def mapping_page(
    request: HttpRequest, site: AdminSite, feed: Feed, *, log: Callable[[HttpRequest, Feed, str], object]
) -> HttpResponse:
    """Show, try or save the mapping of `feed`."""
    button = request.POST.get("button", "")
    if request.method != "POST":
        return _page(request, site, feed, _shown(feed.mapping, ""))
    form = MappingForm(request.POST, request.FILES)
    valid = form.is_valid()
    sample = _sample(form)
    if button == "preset" and form.cleaned_data.get("preset"):
        said = dict(presets()[form.cleaned_data["preset"]].mapping)
        return _page(request, site, feed, _shown(said, _text(sample, said)), _tried(feed, said, sample))
    if not valid:
        return _page(request, site, feed, form)
    said = form.cleaned_data["said"]
    if button == "save":
        try:
            map_feed(feed=feed, mapping=said)
        except FeedRefusedError as error:
            form.add_error("mapping", str(error))
            return _page(request, site, feed, form)
        log(request, feed, "CSV mapping changed")
        messages.success(
            request, _("The mapping is saved; files are read as %(format)s.") % {"format": feed.format}
        )
        return redirect("admin:datahub_feed_change", feed.pk)
    return _page(request, site, feed, _shown(said, _text(sample, said)), _tried(feed, said, sample))


def _page(
    request: HttpRequest, site: AdminSite, feed: Feed, form: MappingForm, tried: Preview | None = None
) -> HttpResponse:
    context = {
        **site.each_context(request),
        "title": _("CSV mapping of %(feed)s") % {"feed": feed.name},
        "form": form,
        "preview": tried,
        "zone": feed.time_zone,
        "back": reverse("admin:datahub_feed_change", args=[feed.pk]),
    }
    return TemplateResponse(request, "admin/datahub/feed/mapping.html", context)


def _shown(said: Mapping[str, Any], sample: str) -> MappingForm:
    text = json.dumps(said, indent=2, ensure_ascii=False) if said else ""
    return MappingForm(initial={**fields_of(said), "mapping": text, "shown": text, "sample": sample})


def _tried(feed: Feed, said: Mapping[str, Any], sample: bytes) -> Preview | None:
    return preview(feed=feed, mapping=said, sample=sample) if sample else None


def fields_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields show of a mapping; "" for what a field cannot say."""
    columns = said.get("columns")
    columns = columns if isinstance(columns, dict) else {}
    simple = {name: said.get(name, "") for name in (*_CHOICES, *_TEXTS, *_NUMBERS)}
    return simple | {f"columns.{role}": _column_text(columns.get(role)) for role in ROLES}


def _column_text(source: object) -> str:
    if isinstance(source, dict):
        return f"={source['text']}" if source.keys() == {"text"} else ""
    return "" if source is None else str(source)


def _write(said: dict[str, Any], name: str, value: object) -> None:
    """One field's word into the mapping; an empty one takes the member out."""
    group, _dot, role = name.rpartition(".")
    if group and not isinstance(said.get(group), dict):
        said[group] = {}
    members = said[group] if group else said
    if value in ("", None):
        members.pop(role, None)
    elif group:
        text = str(value)
        members[role] = (
            {"text": text[1:]} if text.startswith("=") else int(text) if _PLACE.fullmatch(text) else text
        )
    else:
        members[role] = value


def _same(value: object) -> str:
    return "" if value is None else str(value)


def _parsed(text: str) -> dict[str, Any]:
    """Raises ValueError: no JSON object, or one that cannot be stored."""
    try:
        said = read_json(text) if text.strip() else {}
    except ValueError as error:
        raise ValueError(_("Not JSON: %(error)s") % {"error": error}) from error
    if not isinstance(said, dict):
        raise ValueError(_("Not a JSON object."))
    return said


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
    return pasted.replace("\r\n", "\n").encode(_encoding(form.cleaned_data.get("said") or {}), "replace")


def _text(sample: bytes, said: Mapping[str, Any]) -> str:
    """A sample as text, to be tried again without another upload."""
    if sample.startswith(_UTF16):
        return sample.decode("utf-16", "replace")
    return sample.decode(_encoding(said), "replace").removeprefix("\ufeff")


def _encoding(said: Mapping[str, Any]) -> str:
    return {"latin-1": "latin-1", "cp1252": "cp1252", "utf-16": "utf-16"}.get(
        str(said.get("encoding")), "utf-8"
    )
