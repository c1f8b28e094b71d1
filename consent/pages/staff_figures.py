"""Figures about sharing for the staff's first page."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import ClosedKind, OutgoingMail
from accounts.queries.closed_matters import is_closed
from consent.models import (
    ConsentRequest,
    Disclosure,
    Grant,
    GrantKind,
    Message,
    MessageStatus,
    RecordedConsent,
    RecordedStatus,
    RequestStatus,
    Review,
    ReviewStatus,
)
from consent.transitions import OPEN, GrantStatus

ENDS_SOON = timedelta(days=30)
STAFF_WORDS: dict[GrantStatus, str | Promise] = {
    GrantStatus.ACTIVE: _("active"),
    GrantStatus.FUTURE: _("not started"),
    GrantStatus.PENDING: _("getting ready"),
    GrantStatus.PARTIAL: _("partial"),
    GrantStatus.NEEDS_AUTHORIZATION: _("needs a decision"),
    GrantStatus.NEEDS_SUB_GRANTS: _("waits for others"),
    GrantStatus.DISABLED: _("ended by us"),
    GrantStatus.SUSPENDED: _("paused"),
    GrantStatus.REVOKED: _("stopped"),
    GrantStatus.CLOSED: _("ended by the company"),
    GrantStatus.EXPIRED: _("over"),
    GrantStatus.DELAYED: _("data late"),
    GrantStatus.STOPPED: _("no new data"),
    GrantStatus.ERRORED: _("problem on our side"),
}


@dataclass(frozen=True, slots=True)
class StatusCount:
    """Grants in one status; `percent` of all grants, for a bar."""

    status: str
    words: str
    count: int
    percent: int


@dataclass(frozen=True, slots=True)
class GrantFigures:
    by_status: tuple[StatusCount, ...]
    ending_soon: int
    never_read: int


@dataclass(frozen=True, slots=True)
class MailFigures:
    """`failed`: tried, not sent, and closed by nobody; `waiting`: not tried yet, older than two minutes."""

    failed: int
    waiting: int


def grant_figures(*, at: datetime) -> GrantFigures:
    """Grants by status, those that end within 30 days, and open ones that nobody ever read. Two queries."""
    given = Grant.objects.filter(kind=GrantKind.CUSTOMER)
    counted = dict(given.order_by().values_list("status").annotate(Count("pk")))
    total = sum(counted.values())
    read = Disclosure.objects.filter(grant=OuterRef("pk"))
    of_open = given.filter(status__in=OPEN).aggregate(
        soon=Count("pk", filter=Q(access_ends__gt=at, access_ends__lt=at + ENDS_SOON)),
        unread=Count("pk", filter=~Exists(read)),
    )
    rows = tuple(
        StatusCount(status, str(words), counted[status], round(100 * counted[status] / total))
        for status, words in STAFF_WORDS.items()
        if counted.get(status)
    )
    return GrantFigures(rows, of_open["soon"], of_open["unread"])


def waiting_requests(*, at: datetime) -> int:
    """Requests that wait for a customer's decision. One query."""
    return ConsentRequest.objects.filter(status=RequestStatus.WAITING, expires__gt=at).count()


def waiting_records(*, by_id: int) -> int:
    """Consents by phone or paper that another person recorded, so that this one can confirm them. One query."""
    waiting = RecordedConsent.objects.filter(status=RecordedStatus.WAITING)
    return waiting.exclude(recorded_by=by_id).exclude(user=by_id).count()


def messages_to_answer() -> int:
    """Messages of third parties in which it is the utility's turn (R-98). One query."""
    return Message.objects.filter(status=MessageStatus.PENDING).count()


def waiting_reviews() -> int:
    """What third parties wait for staff to decide. One query."""
    return Review.objects.filter(status=ReviewStatus.WAITING).count()


def open_mails(mails: QuerySet[OutgoingMail]) -> QuerySet[OutgoingMail]:
    """Those that could not be sent and that nobody has closed."""
    return mails.filter(~is_closed(ClosedKind.MAIL), sent_at=None, attempts__gt=0)


def mail_figures(*, at: datetime) -> MailFigures:
    """Mail that is outstanding. One query, by the index of what is to be sent."""
    unsent = OutgoingMail.objects.filter(sent_at=None, opens_login=False).aggregate(
        failed=Count("pk", filter=Q(~is_closed(ClosedKind.MAIL), attempts__gt=0)),
        waiting=Count("pk", filter=Q(attempts=0, created__lt=at - timedelta(minutes=2))),
    )
    return MailFigures(unsent["failed"], unsent["waiting"])
