"""Feed runs in admin: progress while they go, what they took, rejected and parked."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, IntegerField, QuerySet, Sum, Value, When
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.admin.ask import ReasonForm, ask, to_page
from accounts.admin.base import ReadOnlyAdmin
from accounts.admin.closing import ClosingAdmin, OpenMatterFilter
from accounts.current_user import current_user
from accounts.models import ClosedKind
from accounts.services.closing import close_matters
from cdsc_portal.lib.text.csv_cells import plain_cell
from cdsc_portal.lib.time import clock
from datahub.feeds.admin.base import RunnerAdmin, moment_column, worst_first_list
from datahub.feeds.admin.corrections import CorrectionsAction
from datahub.feeds.runs.feed_status import counts_in_words, progress_in_words
from datahub.feeds.runs.life_cycle import PENDING, RunNotHeldError, confirm_run, rerun
from datahub.feeds.runs.open_matters import open_parked, open_runs
from datahub.feeds.runs.rejected_file import can_be_sent_again, file_to_send_again
from datahub.models import FeedRun, ParkedReadings, RejectedRow, RunStatus
from datahub.resources.admin import affected_by_run

_SEE_RUNS = "datahub.view_feedrun"
_SHOWN = 200  # characters of a rejected row; its own page and the CSV have all of it
_WORST_FIRST = (RunStatus.FAILED, RunStatus.REFUSED, RunStatus.HELD, RunStatus.RUNNING, RunStatus.WAITING)


@admin.register(FeedRun)
class FeedRunAdmin(ClosingAdmin, CorrectionsAction, RunnerAdmin, ReadOnlyAdmin):
    """What became of each file. The page renews itself while the run goes on."""

    corrections_of = "run"
    list_display = (
        "file_name", "feed", "status", "how_far", "rows_read", "accepted", "unchanged", "rejected", "parked", "sent",
    )  # fmt: skip
    list_filter = (OpenMatterFilter, "status", "feed")
    actions = ("close",)
    closes = ClosedKind.RUN
    list_select_related = ("feed",)
    search_fields = ("file_name", "sha256")
    fields = (
        "feed", "file_name", "status", "progress", "problem", "skipped",
        "late_moves", "rows_read", "accepted", "unchanged",
        "superseded", "rejected", "parked", "reasons", "sent", "by", "confirmed_by", "of", "began", "ended", "size",
        "sha256",
    )  # fmt: skip
    readonly_fields = ("progress", "skipped", "reasons", "late_moves", "sent", "of", "began", "ended")
    actions_detail = (
        "confirm",
        "again",
        {"title": _("What was rejected"), "items": ["rejected_rows", "rejected_lines"]},
        "corrections",
    )
    change_form_template = "admin/datahub/feedrun/change_form.html"

    @admin.display(description=_("Skipped, no data"))
    def skipped(self, run: FeedRun) -> str:
        return ", ".join(run.skipped_files) or "-"

    def get_queryset(self, request: HttpRequest) -> QuerySet[FeedRun]:
        urgency = Case(
            *(When(status=status, then=Value(place)) for place, status in enumerate(_WORST_FIRST)),
            default=Value(len(_WORST_FIRST)),
            output_field=IntegerField(),
        )
        runs = super().get_queryset(request).select_related("feed", "by", "confirmed_by")
        return runs.annotate(urgency=urgency)

    def open_matters(self, rows: QuerySet[FeedRun]) -> QuerySet[FeedRun]:
        return open_runs(rows)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:  # noqa: ANN401
        return worst_first_list("urgency", "-created")

    @admin.display(description=_("progress"))
    def progress(self, run: FeedRun) -> SafeString:
        """Bar and text; the page's script renews it while the run goes on."""
        return format_html(
            '<div class="staff-progress" id="progress-{}" data-live="{}">{}<br>'
            '<span class="staff-muted">{}</span></div>',
            run.pk,
            "going" if run.status in PENDING else "over",
            self.how_far(run),
            counts_in_words(run),
        )

    @admin.display(description=_("progress"))
    def how_far(self, run: FeedRun) -> SafeString:
        """Bar and share; in the list the counts have columns of their own."""
        return format_html(
            '<progress class="staff-bar" max="100" value="{}" aria-label="{}"></progress> <span>{}</span>',
            int(run.share_done * 100),
            _("progress"),
            progress_in_words(run),
        )

    sent = moment_column("created", _("sent"), ordering="created")
    of = moment_column("version_at", _("the file's own time; newer wins"))
    began = moment_column("started", _("started"))
    ended = moment_column("finished", _("finished"))

    @admin.display(description=_("disclosures affected by backdated moves"))
    def late_moves(self, run: FeedRun) -> SafeString:
        return affected_by_run(run)

    @admin.display(description=_("rejected by reason"))
    def reasons(self, run: FeedRun) -> SafeString:
        counted = (
            run.rejected_rows.values_list("reason")
            .annotate(counted=Sum("rows"))
            .order_by("-counted", "reason")[:20]
        )
        lines = format_html_join("", "<li>{}: {}</li>", ((rows, reason) for reason, rows in counted))
        url = reverse("admin:datahub_rejectedrow_changelist")
        return format_html(
            '<ul>{}</ul><a href="{}?run__id__exact={}">{}</a>', lines, url, run.pk, _("all rejected rows")
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        run = self.get_object(request, unquote(object_id))  # None for what is no key, too
        going_on = run is not None and run.status in PENDING
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "going_on": going_on}
        )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/confirm/", wrap(self.confirm_page), name="datahub_feedrun_confirm"),
            path("<int:pk>/again/", wrap(self.again_page), name="datahub_feedrun_again"),
            path("<int:pk>/rejected.csv", wrap(self.rejected_file), name="datahub_feedrun_rejected"),
            path("<int:pk>/again.csv", wrap(self.lines_file), name="datahub_feedrun_lines"),
            *super().get_urls(),
        ]

    @action(description=_("Confirm and go on"), permissions=["confirm"])
    def confirm(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:datahub_feedrun_confirm", object_id)

    @action(description=_("Load the file again"), permissions=["act"])
    def again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:datahub_feedrun_again", object_id)

    @action(description=_("Rejected rows as CSV"), permissions=["export"])
    def rejected_rows(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:datahub_feedrun_rejected", object_id)

    @action(description=_("Rejected lines to put right"), permissions=["export"])
    def rejected_lines(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:datahub_feedrun_lines", object_id)

    def has_confirm_permission(self, request: HttpRequest, object_id: str) -> bool:
        run = self.get_object(request, unquote(object_id))
        return self.has_act_permission(request) and run is not None and run.status == RunStatus.HELD

    def confirm_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.require_runner(request)
        run = get_object_or_404(FeedRun, pk=pk)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    confirm_run(run=run, by=current_user(request))
                    what = "confirmed a run that was held"
                    self.log_act(request, run, what, reason=form.cleaned_data["reason"])
            except RunNotHeldError as error:
                messages.error(request, str(error))
            return redirect("admin:datahub_feedrun_change", pk)
        text = run.problem
        if run.status != RunStatus.HELD:
            text = _("Nothing to confirm: %(status)s.") % {"status": run.get_status_display()}
        return ask(
            request,
            self.admin_site,
            title=_("Confirm %(file)s") % {"file": run.file_name},
            text=text,
            button=_("Confirm and go on"),
            back=reverse("admin:datahub_feedrun_change", args=[pk]),
            form=form,
        )

    def again_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.require_runner(request)
        run = get_object_or_404(FeedRun, pk=pk)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            with transaction.atomic():
                second = rerun(run=run, by=current_user(request), at=clock.now())
                what, reason = f"loaded the file of run {run.pk} again", form.cleaned_data["reason"]
                self.log_act(request, second, what, reason=reason)
                close_matters(
                    kind=ClosedKind.RUN,
                    keys=[run.pk],
                    by=current_user(request),
                    reason=reason,
                    at=clock.now(),
                )
            return redirect("admin:datahub_feedrun_change", second.pk)
        text = _("What is stored already stays; rows that were rejected get another chance.")
        return ask(
            request,
            self.admin_site,
            title=_("Load %(file)s again") % {"file": run.file_name},
            text=text,
            button=_("Load it again"),
            back=reverse("admin:datahub_feedrun_change", args=[pk]),
            form=form,
        )

    def _require_viewer(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def rejected_file(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        run = get_object_or_404(FeedRun, pk=pk)
        self._require_viewer(request)
        return self.csv_file(
            request,
            _rejected_lines(run),
            name=f"rejected-{run.public_id}",
            what="rejected rows as CSV",
            sees=_SEE_RUNS,
            on=run,
        )

    def lines_file(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The head of the file and its rejected lines, to be sent through the same feed once they are right."""
        run = get_object_or_404(FeedRun.objects.select_related("feed"), pk=pk)
        self._require_viewer(request)
        if not can_be_sent_again(run):
            messages.info(
                request, _("Nothing was rejected, or the lines of this file do not stand for themselves.")
            )
            return redirect("admin:datahub_feedrun_change", pk)
        return self.csv_file(
            request,
            file_to_send_again(run),
            name=f"again-{run.public_id}",
            what="rejected lines to put right",
            sees=_SEE_RUNS,
            on=run,
            content_type="text/csv",
        )


@admin.register(RejectedRow)
class RejectedRowAdmin(ReadOnlyAdmin):
    """What was not taken, with its line and why."""

    list_display = ("line", "reason", "shown", "rows", "run")
    list_filter = ("run__feed",)
    linked_lookups = ("run__id__exact",)  # a filter naming every run would be too long
    list_select_related = ("run__feed",)
    search_fields = ("reason", "text")

    @admin.display(description=_("text"))
    def shown(self, row: RejectedRow) -> str:
        return Truncator(row.text).chars(_SHOWN)


@admin.register(ParkedReadings)
class ParkedReadingsAdmin(ClosingAdmin, ReadOnlyAdmin):
    """They load by themselves when a meter of this number is there."""

    list_display = (
        "meter_number",
        "register",
        "unit",
        "direction",
        "readings",
        "first_line",
        "run",
        "created",
    )
    list_filter = (OpenMatterFilter, "run__feed")
    actions = ("close",)
    closes, closing_key = ClosedKind.METER, "meter_number"
    list_select_related = ("run__feed",)
    search_fields = ("meter_number__startswith",)
    exclude = ("packed",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ParkedReadings]:
        return super().get_queryset(request).defer("packed")

    def open_matters(self, rows: QuerySet[ParkedReadings]) -> QuerySet[ParkedReadings]:
        return open_parked(rows)


def _rejected_lines(run: FeedRun) -> Iterator[str]:
    """A CSV line for each rejected row, in the order of the file."""
    rows = run.rejected_rows.order_by("line", "pk").values_list("line", "reason", "rows", "text")
    yield "line,reason,rows,text\r\n"
    for line, reason, count, text in rows.iterator():
        cells = io.StringIO()
        csv.writer(cells).writerow([line, plain_cell(reason), count, plain_cell(text)])
        yield cells.getvalue()
