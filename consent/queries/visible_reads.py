"""What left, as the people of an account may see it (P-14)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import BooleanField, Count, Exists, F, Func, Max, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.models import ServiceContract, User
from accounts.queries.roles import visible_contracts
from cdsc_portal.lib.db.compiled_query import Keys, compiled_query
from consent.models import Disclosure, GrantPart, RemovedService, Selection

MOST_DAYS = 501


@dataclass(frozen=True, slots=True)
class ReadsOfDay:
    """All reads of one kind of data through one grant (its key) on one local day.

    `last` is the last of them (UTC), `times` how many, `values` how many left; [data_start, data_end) spans what they
    speak of (UTC; None where none of them recorded it).
    """

    day: date
    last: datetime
    grant: int
    scope: str
    times: int
    values: int
    data_start: datetime | None
    data_end: datetime | None


def visible_reads(*, user: User, at: datetime) -> QuerySet[Disclosure]:
    """Disclosures that `user` may see at `at`, newest first; narrow it to grants that they see. One query.

    Whoever sees all that a grant opens or ever opened sees all its reads, empty answers too; everyone else the reads
    of what they see.
    """
    visible = visible_contracts(user=user, at=at)
    others = Selection.objects.filter(part__grant=OuterRef("grant")).exclude(contract__in=visible)
    removed = RemovedService.objects.filter(grant=OuterRef("grant")).exclude(contract__in=visible)
    foreign = ServiceContract.objects.filter(billing_account=OuterRef("billingaccount")).exclude(
        pk__in=visible
    )
    future = GrantPart.future_accounts.through.objects.filter(
        Exists(foreign), grantpart__grant=OuterRef("grant")
    )
    is_named = Func(
        F("pk"),
        OuterRef("contracts"),
        template="%(expressions)s)",
        arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )
    of_visible = visible.filter(is_named)
    sees_all = ~Exists(others) & ~Exists(removed) & ~Exists(future)
    return Disclosure.objects.filter(sees_all | Q(Exists(of_visible)))


def reads_by_day(
    *, user: User, at: datetime, grants: Iterable[int], start: datetime, end: datetime
) -> Iterable[ReadsOfDay]:
    """`visible_reads` of `grants` (their keys) in [start, end), summed by local day, grant and kind of data; the newest
    MOST_DAYS of these. One query.
    """
    for row in _summed_by_day(user=user, at=at, grants=Keys.of(grants), start=start, end=end):
        yield ReadsOfDay(
            day=row["day"],
            last=row["last"],
            grant=row["grant"],
            scope=row["scope"],
            times=row["times"],
            values=row["values_left"],
            data_start=row["first_data"],
            data_end=row["last_data"],
        )


@compiled_query
def _summed_by_day(
    *, user: User, at: datetime, grants: Keys, start: datetime, end: datetime
) -> QuerySet[Any, Any]:
    reads = visible_reads(user=user, at=at).filter(
        grants.match("grant_id"), released_at__gte=start, released_at__lt=end
    )
    days = reads.order_by().annotate(day=TruncDate("released_at", tzinfo=timezone.get_default_timezone()))
    sums = days.values("day", "grant", "scope").annotate(
        last=Max("released_at"),
        times=Count("pk"),
        values_left=Sum("value_count"),
        first_data=Min("data_start"),
        last_data=Max("data_end"),
    )
    return sums.order_by("-last")[:MOST_DAYS]
