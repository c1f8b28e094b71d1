"""Which grants a user may see, and which of them they may stop."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict, cast

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


class GrantTimes(GrantServices):
    """What `visible_grants` adds to a grant; instants in UTC."""

    last_read: datetime | None
    ended_at: datetime | None
    ended_actor: str | None
    ended_by: int | None
    ended_change: str | None


if TYPE_CHECKING:
    AccountGrant = WithAnnotations[Grant, GrantServices]
    VisibleGrant = WithAnnotations[Grant, GrantTimes]


def visible_grants(*, user: User, at: datetime) -> "QuerySet[VisibleGrant]":
    """Grants that open, or once opened, a contract `user` may see at `at`, newest first, with GrantTimes.

    So joint owners and viewers see what others shared from their accounts, and whoever lost the last role no
    longer does; they still have the public receipt. Two queries.
    """
    return with_times(grants_of_accounts(user=user, at=at))


def grants_of_accounts(*, user: User, at: datetime) -> "QuerySet[AccountGrant]":
    """The same grants with their GrantServices alone: to count and to page them. Two queries, the first at once.

    The first starts from the user's accounts: from the grants it would read every grant of the utility.
    """
    accounts = visible_account_keys(user=user, at=at)
    never = Cast(Value(None), DateTimeField())
    chosen = Selection.objects.filter(contract__billing_account__in=accounts)
    later = GrantPart.future_accounts.through.objects.filter(billingaccount__in=accounts)
    removed = RemovedService.objects.filter(contract__billing_account__in=accounts).order_by()
    union = chosen.values_list("part__grant", never).union(
        later.values_list("grantpart__grant", never), removed.values_list("grant", Max("at"))
    )
    rows = cast(list[tuple[int, datetime | None]], list(union))
    current = {grant for grant, removed_at in rows if removed_at is None}
    removals = {grant: removed_at for grant, removed_at in rows if removed_at is not None}
    removed_at = [When(pk=grant, then=Value(last)) for grant, last in removals.items()]
    return Grant.objects.filter(pk__in=current | removals.keys()).annotate(
        has_services=Case(
            When(pk__in=current, then=Value(True)), default=Value(False), output_field=BooleanField()
        ),
        services_removed_at=Case(*removed_at, default=None, output_field=DateTimeField()),
    )


def with_times(grants: "QuerySet[AccountGrant]") -> "QuerySet[VisibleGrant]":
    """`grants` with client, user and all GrantTimes."""
    last_read = Disclosure.objects.filter(grant=OuterRef("pk")).order_by("-released_at").values("released_at")
    end = GrantEvent.objects.filter(grant=OuterRef("pk"), to_status__in=ENDED)
    return grants.select_related("client", "user").annotate(
        last_read=Subquery(last_read[:1], output_field=DateTimeField()),
        ended_at=Subquery(end.values("at")[:1], output_field=DateTimeField()),
        ended_actor=Subquery(end.values("actor")[:1], output_field=CharField()),
        ended_by=Subquery(end.values("by")[:1], output_field=BigIntegerField()),
        ended_change=Subquery(end.values("change")[:1], output_field=CharField()),
    )


def open_at(at: datetime) -> Q:
    """Among `visible_grants`: those that open something of the user's, now or once it starts or resumes."""
    lasts = Q(access_ends__isnull=True) | Q(access_ends__gt=at)
    return Q(has_services=True, status__in=OPEN) & lasts


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
    accounts = shareable_account_keys(user=user, at=at)
    parts = GrantPart.objects.filter(grant__in=[grant.pk for grant in grants]).order_by()
    chosen = parts.filter(selections__contract__billing_account__in=accounts).values_list("grant", flat=True)
    to_come = parts.filter(future_accounts__in=accounts).values_list("grant", flat=True)
    return set(chosen.union(to_come))
