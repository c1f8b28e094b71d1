"""Sessions in which the utility's support viewed a customer's pages, and why (P-23)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from accounts.models import SupportSession

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session; `at` in UTC, `reason` as the agent gave it for the customer to read. No agent is named."""

    customer_id: int
    at: datetime
    reason: str


def support_sessions_of(*, customer_ids: Collection[int]) -> tuple[SessionRecord, ...]:
    """The newest 50 sessions of these customers (database keys), newest first. One query."""
    rows = SupportSession.objects.filter(customer__in=customer_ids).values_list("customer_id", "at", "reason")
    return tuple(SessionRecord(customer, at, reason) for customer, at, reason in rows[:_SHOWN])


def support_sessions_within(
    *, customer_ids: Collection[int], start: datetime, end: datetime
) -> tuple[SessionRecord, ...]:
    """The sessions of these customers that began in [start, end), newest first. One query."""
    rows = SupportSession.objects.filter(customer__in=customer_ids, at__gte=start, at__lt=end)
    return tuple(SessionRecord(*row) for row in rows.values_list("customer_id", "at", "reason"))


def open_visit(*, visit: str, by_id: int, at: datetime) -> SupportSession | None:
    """The first session of a visit that is still open for the agent with key `by_id`. One query."""
    return (
        SupportSession.objects.filter(visit=visit, by=by_id, at__lte=at, ends__gt=at)
        .select_related("person", "customer")
        .order_by("pk")
        .first()
    )
