"""Feed sources in admin: where each feed's files come from, when a worker looked there last, and what was wrong."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.admin.ask import ask, to_page
from accounts.admin.base import link_to
from accounts.admin.closing import ClosingAdmin, OpenMatterFilter
from accounts.models import ClosedKind
from cdsc_portal.env import FEED_SECRET_NAME
from cdsc_portal.lib.time import clock
from datahub.feeds.admin.base import RunnerAdmin
from datahub.feeds.runs.open_matters import open_sources
from datahub.feeds.sources import folder, https, sftp
from datahub.feeds.sources.base import SourceProblemError
from datahub.feeds.sources.collect import look_soon
from datahub.models import FeedSource, SourceKind

_CHECKS: dict[SourceKind, Callable[[str], object]] = {
    SourceKind.FOLDER: folder.inside_feed_folders,
    SourceKind.HTTPS: https.place_of,
    SourceKind.SFTP: sftp.place_of,
}
_HELP = {
    "address": _(
        "A folder in or below FEED_FOLDERS, https://host/path, or sftp://host/folder. Never a password."
    ),
    "pattern": _("Such as *.csv; for folders."),
    "user_name": _(
        "For SFTP, or where the address asks for a user; left empty there, the secret is a token."
    ),
    "secret_name": _(
        "FEED_SECRET_... in the environment of the workers, or FEED_SECRET_..._FILE with a path."
    ),
    "host_key": _("SFTP: one line as ssh-keyscan prints it after the host, such as ssh-ed25519 AAAA..."),
}
_PLACE_FIELDS = {"feed", "kind", "address", "pattern"}  # a change of one makes what was seen there useless


class SourceForm(forms.ModelForm):
    class Meta:
        model = FeedSource
        fields = (
            "feed", "kind", "address", "pattern", "every_minutes", "active", "user_name", "secret_name", "host_key",
        )  # fmt: skip
        help_texts = _HELP

    def clean_every_minutes(self) -> int:
        return max(1, self.cleaned_data["every_minutes"])

    def clean_secret_name(self) -> str:
        name: str = self.cleaned_data["secret_name"].strip()
        if name and not FEED_SECRET_NAME.fullmatch(name):
            raise forms.ValidationError(
                _("The name must begin with FEED_SECRET_; the secret itself stays outside.")
            )
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind, address = cleaned.get("kind"), cleaned.get("address")
        if not kind or not address:
            return cleaned
        try:
            _CHECKS[SourceKind(kind)](address)
        except SourceProblemError as problem:
            self.add_error("address", str(problem))
        if kind == SourceKind.SFTP and not re.fullmatch(r"\S+ \S+.*", cleaned.get("host_key", "")):
            self.add_error("host_key", _("An SFTP server is only spoken to if its key is known."))
        return cleaned


@admin.register(FeedSource)
class FeedSourceAdmin(ClosingAdmin, RunnerAdmin):
    """A place from which a worker takes files at intervals. `problem` says in words what went wrong."""

    form = SourceForm
    list_display = ("feed", "kind", "address", "active", "last_look", "next_look", "failures", "problem")
    list_filter = (OpenMatterFilter, "kind", "active", "feed")
    actions = ("close",)
    closes = ClosedKind.SOURCE
    list_select_related = ("feed",)
    autocomplete_fields = ("feed",)
    fields = (*SourceForm.Meta.fields, "last_look", "next_look", "failures", "problem", "last_run_page")
    readonly_fields = ("last_look", "next_look", "failures", "problem", "last_run_page")
    actions_detail = ("collect_now",)

    def open_matters(self, rows: QuerySet[FeedSource]) -> QuerySet[FeedSource]:
        return open_sources(rows)

    @admin.display(description=_("last run"))
    def last_run_page(self, source: FeedSource) -> str:
        return link_to(source.last_run)

    def has_delete_permission(self, request: HttpRequest, obj: FeedSource | None = None) -> bool:
        """Nothing else needs a source; its runs are kept."""
        return request.user.has_perm("datahub.delete_feedsource")

    def save_model(self, request: HttpRequest, obj: FeedSource, form: forms.ModelForm, change: bool) -> None:
        """A source with another place forgets what was seen; every changed source is due at once."""
        if _PLACE_FIELDS & set(form.changed_data):
            obj.etag = obj.last_modified = obj.last_sha256 = ""
            if change:
                obj.seen_files.all().delete()
        obj.next_look, obj.failures, obj.problem = clock.now(), 0, ""
        super().save_model(request, obj, form, change)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.collect_page)
        return [path("<int:pk>/look/", page, name="datahub_feedsource_look"), *super().get_urls()]

    @action(description=_("Look now"), permissions=["act"])
    def collect_now(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:datahub_feedsource_look", object_id)

    def collect_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.require_runner(request)
        source = get_object_or_404(FeedSource, pk=pk)
        page = reverse("admin:datahub_feedsource_change", args=[pk])
        if request.method == "POST":
            look_soon(source=source, at=clock.now())
            self.log_act(request, source, "asked for a look now")
            messages.success(request, _("A worker looks within a quarter of a minute."))
            return redirect(page)
        return ask(
            request,
            self.admin_site,
            title=_("Look now: %(source)s") % {"source": source},
            button=_("Look now"),
            back=page,
            text=_("A worker looks there soon, however long the source was to pause."),
        )
