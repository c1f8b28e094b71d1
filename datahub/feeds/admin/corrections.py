"""What later loads changed of readings, for staff: of a channel or by a run, as a page and as a CSV of all."""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.admin.logged import LoggedAdmin
from cdsc_portal.lib.json.encoder import instant
from cdsc_portal.lib.text.csv_cells import plain_cell
from cdsc_portal.lib.time.local_days import days
from datahub.models import Channel, FeedRun
from datahub.rows.base import MOST_INT64
from datahub.rows.usage import Quality
from datahub.usage.corrections import (
    MOST,
    Correction,
    CorrectionFilter,
    StoredValue,
    all_corrections,
    latest_corrections,
)

SEE_CHANNELS = "datahub.view_channel"
_COLUMNS = (
    "meter_number", "register", "direction", "unit", "start", "end", "start_local", "value_before", "quality_before",
    "value_after", "quality_after", "replaced_at", "run", "file_name",
)  # fmt: skip
_QUALITIES: dict[Quality, str | Promise] = {
    Quality.ACTUAL: _("actual"),
    Quality.ESTIMATED: _("estimated"),
    Quality.SUBSTITUTED: _("substituted"),
    Quality.CORRECTED: _("corrected"),
    Quality.PROVISIONAL: _("provisional"),
    Quality.UNSTATED: _("not stated"),
    Quality.WITHDRAWN: _("withdrawn"),
}
_YEARS = [MinValueValidator(date(1970, 1, 1)), MaxValueValidator(date(2099, 12, 31))]  # of all readings


class CorrectionsForm(forms.Form):
    """Which corrections: a channel's or a run's, of readings that start on local days, both inclusive."""

    channel = forms.IntegerField(required=False, min_value=1, max_value=MOST_INT64, widget=forms.HiddenInput)
    run = forms.IntegerField(required=False, min_value=1, max_value=MOST_INT64, widget=forms.HiddenInput)
    first = forms.DateField(label=_("First day"), required=False, validators=_YEARS)
    last = forms.DateField(label=_("Last day"), required=False, validators=_YEARS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first", "last"):
            self.fields[name].widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day is before the first."))
        return cleaned

    def as_filter(self) -> CorrectionFilter:
        """Of a valid form."""
        cleaned = self.cleaned_data
        past = cleaned["last"] and cleaned["last"] + timedelta(days=1)
        return CorrectionFilter(cleaned["channel"], cleaned["run"], days(cleaned["first"], past))


class CorrectionsAction(LoggedAdmin):
    """The action that leads to the corrections of one channel or run; it needs the permission to see channels."""

    corrections_of: ClassVar[str]  # "channel" or "run"

    def has_see_channels_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(SEE_CHANNELS)

    @action(description=_("Corrections"), permissions=["see_channels"])
    def corrections(self, request: HttpRequest, object_id: str) -> HttpResponse:
        query = urlencode({self.corrections_of: object_id})
        return redirect(f"{reverse('admin:datahub_corrections')}?{query}")


class CorrectionsPages(CorrectionsAction):
    """The page of corrections and its CSV file, under the addresses of channels."""

    corrections_of = "channel"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("corrections/", wrap(self.corrections_page), name="datahub_corrections"),
            path("corrections.csv", wrap(self.corrections_file), name="datahub_corrections_csv"),
            *super().get_urls(),
        ]

    def corrections_page(self, request: HttpRequest) -> HttpResponse:
        form = _form(request)
        corrections, is_cut = latest_corrections(form.as_filter()) if form.is_valid() else ([], False)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Corrections: %(what)s") % {"what": _owner(form)},
            "form": form,
            "corrections": [
                {
                    "facts": correction.facts,
                    "register": correction.facts.register or correction.facts.direction,
                    "start_local": _local_start(correction).isoformat(sep=" "),
                    "start_utc": instant(correction.start),
                    "before": _exact(correction.before),
                    "quality_before": _QUALITIES[correction.before.quality],
                    "after": _exact(correction.after),
                    "quality_after": _QUALITIES[correction.after.quality],
                }
                for correction in corrections
            ],
            "is_cut": is_cut,
            "most": MOST,
            "table": self.has_export_permission(request)
            and f"{reverse('admin:datahub_corrections_csv')}?{request.GET.urlencode()}",
        }
        return TemplateResponse(request, "admin/datahub/corrections.html", context)

    def corrections_file(self, request: HttpRequest) -> StreamingHttpResponse:
        form = _form(request)
        if not form.is_valid():
            raise BadRequest
        return self.csv_file(
            request,
            _csv_lines(form.as_filter()),
            name="corrections",
            what="corrections as CSV",
            sees=SEE_CHANNELS,
            on=_owner(form),
        )


def _form(request: HttpRequest) -> CorrectionsForm:
    """Raises PermissionDenied where the user may not see channels, Http404 without a channel or a run."""
    if not request.user.has_perm(SEE_CHANNELS):
        raise PermissionDenied
    form = CorrectionsForm(request.GET)
    form.is_valid()  # fills cleaned_data; the page shows what is wrong with the days
    if {"channel", "run"} & form.errors.keys() or not (
        form.cleaned_data["channel"] or form.cleaned_data["run"]
    ):
        raise Http404
    return form


def _owner(form: CorrectionsForm) -> Channel | FeedRun:
    """Raises Http404 for a channel or a run that does not exist."""
    if form.cleaned_data["channel"]:
        return get_object_or_404(Channel.objects.select_related("meter"), pk=form.cleaned_data["channel"])
    return get_object_or_404(FeedRun.objects.select_related("feed"), pk=form.cleaned_data["run"])


def _local_start(correction: Correction) -> datetime:
    return timezone.localtime(correction.start, timezone.get_default_timezone())


def _exact(stored: StoredValue) -> str:
    """The number as it is stored."""
    return "" if stored.value is None else f"{stored.value:f}"


def _csv_lines(query: CorrectionFilter) -> Iterator[str]:
    """An empty value was withdrawn."""
    yield f"{','.join(_COLUMNS)}\r\n"
    for correction in all_corrections(query):
        facts, before, after = correction.facts, correction.before, correction.after
        cells = io.StringIO()
        csv.writer(cells).writerow([
            plain_cell(facts.meter_number), plain_cell(facts.register), facts.direction, facts.unit,
            instant(correction.start), instant(correction.end), _local_start(correction).isoformat(),
            _exact(before), before.quality.name.lower(), _exact(after), after.quality.name.lower(),
            instant(correction.replaced), facts.run_public_id, plain_cell(facts.file_name),
        ])  # fmt: skip
        yield cells.getvalue()
