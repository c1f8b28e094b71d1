"""Which grants a user may see, and which of them they may stop."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    DateTimeField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast

from accounts.models import User
from accounts.queries.roles import shareable_account_keys, visible_account_keys
from cdsc_portal.lib.db.compiled_query import Keys, compiled_query
from consent.models import Disclosure, Grant, GrantEvent, GrantPart, RemovedService, Selection
from consent.transitions import ENDED, OPEN, GrantStatus

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class GrantServices(TypedDict):
    """`has_services`: it opens a service of the user's now, or may one that is added later. `services_removed_at`: when
    the last one of theirs was removed (UTC).
    """

    has_services: bool
    services_removed_at: datetime | None


class GrantReads(TypedDict):
    """When it was last read (UTC)."""

    last_read: datetime | None


class GrantTimes(GrantServices, GrantReads):
    """What `visible_grants` adds to a grant; instants in UTC."""

    ended_at: datetime | None
    ended_actor: str | None
    ended_by: int | None
    ended_change: str | None


if TYPE_CHECKING:
    OpenGrant = WithAnnotations[Grant, GrantReads]
    AccountGrant = WithAnnotations[Grant, GrantServices]
    VisibleGrant = WithAnnotations[Grant, GrantTimes]


def visible_grants(*, user: User, at: datetime) -> "QuerySet[VisibleGrant]":
    """Grants that open, or once opened, a contract `user` may see at `at`, newest first, with GrantTimes.

    So joint owners and viewers see what others shared from their accounts, and whoever lost the last role no
    longer does; they still have the public receipt. Two queries.
    """
    return with_times(grants_of_accounts(user=user, at=at))


def grants_of_accounts(*, user: User, at: datetime) -> "QuerySet[AccountGrant]":
    """The same grants with their GrantServices alone: to count and to page them. Two queries, the first at once."""
    keys = grant_keys(user=user, at=at)
    removed_at = [When(pk=grant, then=Value(last)) for grant, last in keys.removals.items()]
    return Grant.objects.filter(pk__in=keys.current | keys.removals.keys()).annotate(
        has_services=Case(
            When(pk__in=keys.current, then=Value(True)), default=Value(False), output_field=BooleanField()
        ),
        services_removed_at=Case(*removed_at, default=None, output_field=DateTimeField()),
    )


def open_grants(*, user: User, at: datetime) -> "list[OpenGrant]":
    """Those of `visible_grants` that are `open_at`, newest first, with what a line about each says. Two queries."""
    current = grant_keys(user=user, at=at).current
    return _open_among(keys=Keys.of(current), at=at) if current else []


@dataclass(frozen=True, slots=True)
class GrantKeys:
    """Of grants that open something of a user's now, and when the last thing was removed from those that did."""

    current: frozenset[int]
    removals: Mapping[int, datetime]

    @property
    def every(self) -> Keys:
        return Keys.of(self.current | self.removals.keys())


def grant_keys(*, user: User, at: datetime) -> GrantKeys:
    """One query. It starts from the user's accounts: from the grants it would read every grant of the utility."""
    rows = _grants_with_removals(user=user, at=at)
    return GrantKeys(
        current=frozenset(grant for grant, removed_at in rows if removed_at is None),
        removals={grant: removed_at for grant, removed_at in rows if removed_at is not None},
    )


@compiled_query
def _grants_with_removals(*, user: User, at: datetime) -> "QuerySet[Any, tuple[int, datetime | None]]":
    """Keys of grants, each with None where it opens something now, and with when the last thing was removed."""
    accounts = visible_account_keys(user=user, at=at)
    never = Cast(Value(None), DateTimeField())
    chosen = Selection.objects.filter(contract__billing_account__in=accounts)
    later = GrantPart.future_accounts.through.objects.filter(billingaccount__in=accounts)
    removed = RemovedService.objects.filter(contract__billing_account__in=accounts).order_by()
    return chosen.values_list("part__grant", never).union(
        later.values_list("grantpart__grant", never), removed.values_list("grant", Max("at"))
    )


def listed_grants(keys: Collection[int], *, among: GrantKeys) -> "list[VisibleGrant]":
    """Those with `keys` as `visible_grants` has them, without what only a page about one shows. One query."""
    grants = _listed(keys=Keys.of(keys))
    for grant in grants:
        removed_at = among.removals.get(grant.pk)
        vars(grant).update(has_services=grant.pk in among.current, services_removed_at=removed_at)
    return grants


@compiled_query
def _listed(*, keys: Keys) -> "QuerySet[VisibleGrant]":
    people = ("client__name", "client__registration", "user__name", "user__email")
    own = ("public_id", "status", "created", "not_before", "access_ends")
    return with_times(Grant.objects.filter(pk__in=keys.rows)).only(*own, *people)


@compiled_query
def _open_among(*, keys: Keys, at: datetime) -> "QuerySet[OpenGrant]":
    grants = Grant.objects.filter(holds(at), pk__in=keys.rows).select_related("client")
    grants = grants.only(
        "public_id", "status", "created", "access_ends", "client__name", "client__registration"
    )
    return grants.annotate(last_read=_last_read())


def with_times(grants: "QuerySet[Any, Any]") -> "QuerySet[VisibleGrant]":
    """`grants` with client, user and all GrantTimes."""
    end = GrantEvent.objects.filter(grant=OuterRef("pk"), to_status__in=ENDED)
    timed: QuerySet[VisibleGrant] = grants.select_related("client", "user").annotate(
        last_read=_last_read(),
        ended_at=Subquery(end.values("at")[:1], output_field=DateTimeField()),
        ended_actor=Subquery(end.values("actor")[:1], output_field=CharField()),
        ended_by=Subquery(end.values("by")[:1], output_field=BigIntegerField()),
        ended_change=Subquery(end.values("change")[:1], output_field=CharField()),
    )
    return timed


def _last_read() -> Subquery:
    reads = Disclosure.objects.filter(grant=OuterRef("pk")).order_by("-released_at").values("released_at")
    return Subquery(reads[:1], output_field=DateTimeField())


def open_at(at: datetime) -> Q:
    """Among `visible_grants`: those that open something of the user's, now or once it starts or resumes."""
    return Q(has_services=True) & holds(at)


def holds(at: datetime) -> Q:
    """Grants that open something, whosever it is, now or once they start or resume."""
    return Q(status__in=OPEN) & (Q(access_ends__isnull=True) | Q(access_ends__gt=at))


def status_at(grant: Grant, at: datetime) -> GrantStatus:
    """The grant's status as it is at `at`: the page does not wait for the task that records the end."""
    status = GrantStatus(grant.status)
    if status not in ENDED and grant.access_ends is not None and grant.access_ends <= at:
        return GrantStatus.EXPIRED
    return status


def is_open(grant: "VisibleGrant", at: datetime) -> bool:
    """Whether one of `visible_grants` opens something of the user's, as `open_at` says it of rows."""
    return status_at(grant, at) not in ENDED and grant.has_services


def grants_user_may_stop(grants: Collection[Grant], *, user: User, at: datetime) -> set[int]:
    """Keys of those `grants` that share, now or later, something whose data `user` may share. One query."""
    return set(_stoppable(keys=Keys.of(grant.pk for grant in grants), user=user, at=at))


@compiled_query
def _stoppable(*, keys: Keys, user: User, at: datetime) -> "QuerySet[Any, int]":
    accounts = shareable_account_keys(user=user, at=at)
    parts = GrantPart.objects.filter(grant__in=keys.rows).order_by()
    chosen = parts.filter(selections__contract__billing_account__in=accounts).values_list("grant", flat=True)
    to_come = parts.filter(future_accounts__in=accounts).values_list("grant", flat=True)
    return chosen.union(to_come)
