"""Feeds in admin: registered here, fed by an upload."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget

from accounts.admin.ask import ask, to_page
from accounts.admin.closing import ClosingAdmin, OpenMatterFilter
from accounts.current_user import current_user
from accounts.models import ClosedKind
from cdsc_portal.lib.time import clock
from datahub.feeds.admin.base import RunnerAdmin, moment_with_zone, worst_first_list
from datahub.feeds.admin.feed_mapping import mapping_page
from datahub.feeds.formats.registry import formats
from datahub.feeds.kinds.usage import KIND as USAGE
from datahub.feeds.runs.feed_status import WORST_FIRST, state_in_words, worst_first
from datahub.feeds.runs.life_cycle import start_run
from datahub.feeds.runs.open_matters import open_feeds
from datahub.feeds.runs.registration import FeedRefusedError, check_feed
from datahub.models import Feed, FeedRun


class FeedForm(forms.ModelForm):
    """A feed's kind is what its format reads, so no field asks for it."""

    class Meta:
        model = Feed
        fields = [
            "name", "format", "time_zone", "settings", "alert_percent", "expected_every_days", "expected_at",
            "expected_rows",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        choices = [(name, f"{name} ({file_format.kind})") for name, file_format in formats().items()]
        self.fields["format"] = forms.ChoiceField(choices=choices)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        file_format = formats().get(cleaned.get("format", ""))
        if file_format is None:
            return cleaned
        self.instance.kind = self.instance.kind or file_format.kind
        try:
            check_feed(
                kind=self.instance.kind, format_name=file_format.name, time_zone=cleaned.get("time_zone", ""),
                mapping=self.instance.mapping,
            )  # fmt: skip
        except FeedRefusedError as error:
            self.add_error(error.field, str(error))
        return cleaned


class UploadForm(forms.Form):
    file = forms.FileField(label=_("File"), widget=UnfoldAdminFileFieldWidget)


@admin.register(Feed)
class FeedAdmin(ClosingAdmin, RunnerAdmin):
    """Where data comes from; a file that is uploaded becomes a run."""

    form = FeedForm
    list_display = ("name", "state", "kind", "format", "last_run", "rejected")
    list_filter = (OpenMatterFilter, "kind")
    actions = ("close",)
    closes = ClosedKind.FEED
    search_fields = ("name",)
    readonly_fields = ("kind", "last_run", "runs", "address")
    actions_detail = ("upload", "map_csv")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Feed]:
        return worst_first(super().get_queryset(request), at=clock.now())

    def open_matters(self, rows: QuerySet[Feed]) -> QuerySet[Feed]:
        return open_feeds(rows)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:  # noqa: ANN401
        return worst_first_list(*WORST_FIRST)

    @admin.display(description=_("state"), ordering="urgency")
    def state(self, feed: Feed) -> str:
        return state_in_words(feed)

    @admin.display(description=_("rejected in the last file"), ordering="last_rejected")
    def rejected(self, feed: Feed) -> int:
        return getattr(feed, "last_rejected", None) or 0

    @admin.display(description=_("last run"), ordering="last_at")
    def last_run(self, feed: Feed) -> str:
        status, last_at = getattr(feed, "last_status", None), getattr(feed, "last_at", None)
        if status is None:
            return str(_("never"))
        words = dict(FeedRun._meta.get_field("status").flatchoices)
        return f"{words[status]}, {moment_with_zone(last_at)}"

    @admin.display(description=_("runs"))
    def runs(self, feed: Feed) -> str:
        url = reverse("admin:datahub_feedrun_changelist")
        return format_html('<a href="{}?feed__id__exact={}">{}</a>', url, feed.pk, _("all runs of this feed"))

    @admin.display(description=_("where programs send files"))
    def address(self, feed: Feed) -> str:
        return f"{settings.PUBLIC_URL}{reverse('feed_files', args=[feed.public_id])}" if feed.pk else "-"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/file/", wrap(self.upload_file), name="datahub_feed_file"),
            path("<int:pk>/mapping/", wrap(self.mapping_page), name="datahub_feed_mapping"),
            *super().get_urls(),
        ]

    def has_map_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        """Only usage comes as CSV of many layouts."""
        feed = self.get_object(request, unquote(str(object_id)))  # None also for what is no key
        return feed is not None and feed.kind == USAGE.name and self.has_act_permission(request)

    @action(description=_("CSV mapping"), permissions=["map"])
    def map_csv(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:datahub_feed_mapping", object_id)

    def mapping_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.require_runner(request)
        feed = get_object_or_404(Feed, pk=pk, kind=USAGE.name)
        return mapping_page(request, self.admin_site, feed, log=self.log_change)

    @action(description=_("Upload a file"), permissions=["act"])
    def upload(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:datahub_feed_file", object_id)

    def upload_file(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.require_runner(request)
        feed = get_object_or_404(Feed, pk=pk)
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            run = start_run(feed=feed, file=file, name=file.name, by=current_user(request), at=clock.now())
            self.log_act(request, feed, f"uploaded a file: run {run.pk}")
            return redirect("admin:datahub_feedrun_change", run.pk)
        return ask(
            request,
            self.admin_site,
            form=form,
            title=_("Upload a file to %(feed)s") % {"feed": feed.name},
            button=_("Load this file"),
            text=_("It is read as %(format)s; times without an offset are %(zone)s.")
            % {"format": feed.format, "zone": feed.time_zone},
            back=reverse("admin:datahub_feed_change", args=[pk]),
        )
