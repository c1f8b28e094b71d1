"""Which grants a user may look at, and which of their contracts are theirs to see or to stop."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)

from accounts.models import User
from accounts.queries.roles import shareable_accounts, shareable_contracts, visible_contracts
from consent.models import Disclosure, Grant, GrantEvent, GrantPart, Selection, TakenOut
from consent.transitions import ENDED, OPEN, GrantStatus

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class GrantTimes(TypedDict):
    """What `visible_grants` adds to a grant; instants in UTC.

    `reaches`: it still has a service of the user. `left_at`: when the last one of theirs was taken out.
    """

    reaches: bool
    left_at: datetime | None
    last_read: datetime | None
    ended_at: datetime | None
    ended_actor: str | None
    ended_by: int | None
    ended_change: str | None


if TYPE_CHECKING:
    SeenGrant = WithAnnotations[Grant, GrantTimes]


def visible_grants(*, user: User, at: datetime) -> "QuerySet[SeenGrant]":
    """Grants that open, or once opened, a contract `user` may see at `at`, newest first, with GrantTimes.

    So joint owners and viewers see what others shared from their accounts, and whoever lost the last role no
    longer does; the public receipt stays theirs. One query.
    """
    contracts = visible_contracts(user=user, at=at)
    chosen = Selection.objects.filter(part__grant=OuterRef("pk"), contract__in=contracts)
    to_come = GrantPart.future_accounts.through.objects.filter(
        grantpart__grant=OuterRef("pk"), billingaccount__contracts__in=contracts
    )
    left = TakenOut.objects.filter(grant=OuterRef("pk"), contract__in=contracts)
    left_at = left.order_by().values("grant").annotate(last=Max("at")).values("last")
    last_read = Disclosure.objects.filter(grant=OuterRef("pk")).order_by("-released_at").values("released_at")
    end = GrantEvent.objects.filter(grant=OuterRef("pk"), to_status__in=ENDED)
    return (
        Grant.objects.annotate(
            reaches=ExpressionWrapper(Q(Exists(chosen)) | Q(Exists(to_come)), output_field=BooleanField())
        )
        .filter(Q(reaches=True) | Exists(left))
        .select_related("client", "user")
        .annotate(
            left_at=Subquery(left_at, output_field=DateTimeField()),
            last_read=Subquery(last_read[:1], output_field=DateTimeField()),
            ended_at=Subquery(end.values("at")[:1], output_field=DateTimeField()),
            ended_actor=Subquery(end.values("actor")[:1], output_field=CharField()),
            ended_by=Subquery(end.values("by")[:1], output_field=BigIntegerField()),
            ended_change=Subquery(end.values("change")[:1], output_field=CharField()),
        )
    )


def open_at(at: datetime) -> Q:
    """Among `visible_grants`: those that open something of the user's, now or once it starts or resumes."""
    lasts = Q(access_ends__isnull=True) | Q(access_ends__gt=at)
    return Q(reaches=True, status__in=OPEN) & lasts


def status_at(grant: Grant, at: datetime) -> GrantStatus:
    """The grant's status as it is at `at`: the page does not wait for the task that records the end."""
    status = GrantStatus(grant.status)
    if status not in ENDED and grant.access_ends is not None and grant.access_ends <= at:
        return GrantStatus.EXPIRED
    return status


def is_open(grant: "SeenGrant", at: datetime) -> bool:
    """Whether one of `visible_grants` opens something of the user's, as `open_at` says it of rows."""
    return status_at(grant, at) not in ENDED and grant.reaches


def grants_user_may_stop(grants: Collection[Grant], *, user: User, at: datetime) -> set[int]:
    """Keys of those `grants` that share, now or later, something whose data `user` may share. One query."""
    contracts = shareable_contracts(user=user, at=at)
    accounts = shareable_accounts(user=user, at=at)
    parts = GrantPart.objects.filter(grant__in=grants)
    chosen = parts.filter(selections__contract__in=contracts).values_list("grant", flat=True)
    to_come = parts.filter(future_accounts__in=accounts).values_list("grant", flat=True)
    return set(chosen.union(to_come))
