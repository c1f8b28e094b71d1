"""What each of very many services used in a period and a year before: the figures of a portfolio, without its words."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from cdsc_portal.lib.time.ranges import Span
from datahub.usage.facts import UsageFacts
from datahub.usage.readings import seconds_of
from datahub.usage.sum_periods import By
from datahub.usage.summed_usage import service_sums

USED = "import"
_NEARLY_WHOLE = Decimal("0.98")


@dataclass(frozen=True, slots=True)
class ServiceUse:
    """`value` in `unit` as fed, of [start, end) in epoch seconds; `known` of `due` readings are there."""

    unit: str
    value: Decimal
    start: int
    end: int
    known: int
    due: int

    def is_nearly_whole(self, span: Span) -> bool:
        """Whether it is of all of `span`, but for 2% of its readings: only then can it be compared."""
        start, end = seconds_of(span)
        return self.start <= start and end <= self.end and self.known >= _NEARLY_WHOLE * self.due


def use_by_contract(facts: UsageFacts, spans: Sequence[Span], by: By) -> dict[int, Mapping[date, ServiceUse]]:
    """All that each contract used, by decision 39, by the first day of each of its periods that lie in `spans`.

    Of a contract that is measured in several units, the first that it is measured in. Four statements at most,
    however many contracts.
    """
    links = [
        replace(link, span=cut)
        for link in facts.links
        for span in spans
        if (cut := link.span.intersect(span)) is not None
    ]
    (sums,) = service_sums(links, facts.channels, (by,))
    uses: dict[int, dict[date, ServiceUse]] = defaultdict(dict)
    for each in sums.counted:
        if each.channel.direction != USED:
            continue
        own, unit = uses[each.contract_id], each.channel.unit
        columns = (each.starts.tolist(), each.ends.tolist(), each.known.tolist(), each.due.tolist())
        for day, total, start, end, known, due in zip(each.days, each.totals, *columns, strict=True):
            value, before = Decimal(total).scaleb(-each.scale), own.get(day)
            if before is None:
                own[day] = ServiceUse(unit, value, start, end, known, due)
            elif before.unit == unit:
                own[day] = ServiceUse(
                    unit, before.value + value, min(before.start, start), max(before.end, end),
                    before.known + known, before.due + due,
                )  # fmt: skip
    return dict(uses)
