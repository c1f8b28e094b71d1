"""The staff's first page: what needs people, each figure a link, each block by permission."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.current_user import current_user
from accounts.queries.contacts import codes_to_hand_out
from cdsc_portal.background import DOWNLOADS, FEEDS, INTERACTIVE, MAIL, MIX, UPKEEP
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from cdsc_portal.web import health
from consent.pages.staff_figures import (
    GrantFigures,
    grant_figures,
    mail_figures,
    messages_to_answer,
    waiting_records,
    waiting_requests,
    waiting_reviews,
)
from datahub.feeds.runs.feed_status import FeedStanding, RunInProgress, runs_in_progress, standing_feeds
from datahub.feeds.runs.open_matters import open_matters

_FEEDS, _RUNS = 8, 5


@dataclass(frozen=True, slots=True)
class Due:
    """A count of things that wait for somebody, and where they are."""

    words: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class WorkerSign:
    """When a worker last served a queue, in words; `tone` as of a feed's state."""

    words: str
    last: str
    tone: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What this person may see; None = not theirs to see. At most 14 queries."""

    due: tuple[Due, ...]
    feeds: tuple[FeedStanding, ...] | None
    runs: tuple[RunInProgress, ...] | None
    grants: GrantFigures | None
    workers: tuple[WorkerSign, ...] | None


def add_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Called by the admin's theme for its first page."""
    at, may = clock.now(), request.user.has_perm
    workers = None
    if may("datahub.view_feed") or may("accounts.view_outgoingmail"):
        words = {
            INTERACTIVE: _("Codes, links and invitations"),
            MAIL: _("Other mail"),
            FEEDS: _("Files of feeds"),
            DOWNLOADS: _("Downloads of customers"),
            MIX: _("Energy sources and sums"),
            UPKEEP: _("Ends, reminders and clearing up"),
        }
        workers = tuple(
            WorkerSign(
                words[served.queue],
                moment_in_words(served.last) if served.last else _("No sign in two days"),
                "bad" if served.silent else "ok",
            )
            for served in health.served_queues(at=at)
        )
    context["dashboard"] = Dashboard(
        due=tuple(_due(request)),
        feeds=standing_feeds(at=at, limit=_FEEDS) if may("datahub.view_feed") else None,
        runs=runs_in_progress(limit=_RUNS) if may("datahub.view_feedrun") else None,
        grants=grant_figures(at=at) if may("consent.view_grant") else None,
        workers=workers,
    )
    return context


def _due(request: HttpRequest) -> list[Due]:
    at, may = clock.now(), request.user.has_perm
    due = []
    if may("accounts.hand_out_activation_code"):
        count = codes_to_hand_out(by_id=current_user(request).pk, at=at)
        url = _list("accounts_activationcode", "handed_out_at__isempty=1")
        due.append(Due(_("Codes for first logins to hand out"), count, url))
    if may("consent.confirm_recordedconsent"):
        count = waiting_records(by_id=current_user(request).pk)
        due.append(
            Due(_("Consents to confirm"), count, _list("consent_recordedconsent", "status__exact=waiting"))
        )
    if may("accounts.view_outgoingmail"):
        mail = mail_figures(at=at)
        unsent = _list("accounts_outgoingmail", "open=yes")
        due.append(Due(_("Mails that could not be sent"), mail.failed, unsent))
        due.append(
            Due(_("Mails that wait"), mail.waiting, _list("accounts_outgoingmail", "outstanding=waiting"))
        )
    if may("datahub.view_feed"):
        of_feeds = open_matters(at=at)
        for words, count, name in (
            (_("Files that were refused or failed"), of_feeds.runs, "datahub_feedrun"),
            (_("Sources that fail"), of_feeds.sources, "datahub_feedsource"),
            (_("Feeds later than their rhythm, or short"), of_feeds.feeds, "datahub_feed"),
            (_("Meters with parked readings"), of_feeds.meters, "datahub_parkedreadings"),
        ):
            due.append(Due(words, count, _list(name, "open=yes")))
    if may("consent.view_message"):
        url = _list("consent_message", "status__exact=pending")
        due.append(Due(_("Messages of third parties to answer"), messages_to_answer(), url))
    if may("consent.change_review"):
        due.append(
            Due(
                _("Reviews of third parties"),
                waiting_reviews(),
                _list("consent_review", "status__exact=waiting"),
            )
        )
    if may("consent.view_consentrequest"):
        count = waiting_requests(at=at)
        due.append(
            Due(
                _("Requests waiting for customers"),
                count,
                _list("consent_consentrequest", "status__exact=waiting"),
            )
        )
    return due


def _list(name: str, query: str) -> str:
    return f"{reverse(f'admin:{name}_changelist')}?{query}"
