"""Which grants a user may look at, and which of their contracts are theirs to see or to stop."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from django.db.models import BigIntegerField, CharField, DateTimeField, Exists, OuterRef, QuerySet, Subquery

from accounts.models import User
from accounts.queries.roles import visible_contracts
from consent.models import Disclosure, Grant, GrantEvent, GrantPart, Selection
from consent.transitions import ENDED, GrantStatus

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class GrantTimes(TypedDict):
    """What `visible_grants` adds to a grant, in UTC."""

    last_read: datetime | None
    ended_at: datetime | None
    ended_actor: str | None
    ended_by: int | None


if TYPE_CHECKING:
    SeenGrant = WithAnnotations[Grant, GrantTimes]


def visible_grants(*, user: User, at: datetime) -> "QuerySet[SeenGrant]":
    """Grants that open a contract `user` may see at `at`, newest first, with `last_read` and `ended_at`
    (instants or None) and who ended it (`ended_actor`, `ended_by`).

    So joint owners and viewers see what others shared from their accounts, and whoever lost the last role no
    longer does; the public receipt stays theirs. One query.
    """
    contracts = visible_contracts(user=user, at=at)
    chosen = Selection.objects.filter(part__grant=OuterRef("pk"), contract__in=contracts)
    to_come = GrantPart.future_accounts.through.objects.filter(
        grantpart__grant=OuterRef("pk"), billingaccount__contracts__in=contracts
    )
    last_read = Disclosure.objects.filter(grant=OuterRef("pk")).order_by("-released_at").values("released_at")
    end = GrantEvent.objects.filter(grant=OuterRef("pk"), to_status__in=ENDED)
    return (
        Grant.objects.filter(Exists(chosen) | Exists(to_come))
        .select_related("client", "user")
        .annotate(
            last_read=Subquery(last_read[:1], output_field=DateTimeField()),
            ended_at=Subquery(end.values("at")[:1], output_field=DateTimeField()),
            ended_actor=Subquery(end.values("actor")[:1], output_field=CharField()),
            ended_by=Subquery(end.values("by")[:1], output_field=BigIntegerField()),
        )
    )


def status_at(grant: Grant, at: datetime) -> GrantStatus:
    """The grant's status as it is at `at`: the page does not wait for the task that records the end."""
    status = GrantStatus(grant.status)
    if status not in ENDED and grant.access_ends is not None and grant.access_ends <= at:
        return GrantStatus.EXPIRED
    return status


def account_numbers_of(grants: Collection[Grant], *, user: User, at: datetime) -> dict[int, tuple[str, ...]]:
    """By grant key: the printed numbers of its billing accounts, only those `user` may see. One query."""
    numbers: dict[int, list[str]] = defaultdict(list)
    rows = (
        Selection.objects.filter(part__grant__in=grants, contract__in=visible_contracts(user=user, at=at))
        .values_list("part__grant", "contract__billing_account__account_number")
        .distinct()
        .order_by("part__grant", "contract__billing_account__account_number")
    )
    for grant, number in rows:
        numbers[grant].append(number)
    return {grant: tuple(found) for grant, found in numbers.items()}
