"""Which meter measured which contract, from when to when."""

from dataclasses import dataclass

from cdsc_portal.lib.time.ranges import Span


@dataclass(frozen=True, slots=True)
class MeteredSpan:
    """One meter measured one contract through one point during `span`. Keys are database keys.

    A former occupant's readings lie outside these spans, so they never show.
    """

    contract_id: int
    service_point_id: int
    meter_id: int
    span: Span
