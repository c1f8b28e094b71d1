"""How far the readings of meters and contracts are loaded, as channels keep it; no reading is touched for it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span
from datahub.answers.coverage import Coverage
from datahub.answers.loaded_until import Standing, series_standing


@dataclass(frozen=True, slots=True)
class MeterLoad:
    """Readings of a meter lie in [first, last) UTC, none longer than `longest`; `synced` when a load last saw it."""

    first: datetime
    last: datetime
    longest: timedelta
    synced: datetime

    def reaches(self, span: Span) -> bool:
        """Whether some of `span` lies among the readings."""
        return span.intersect(self.span) is not None

    @property
    def span(self) -> Span:
        """Where readings begin: one second more than they last, for a register read at the very end."""
        return Span(self.first, self.last + timedelta(seconds=1))

    def joined(self, other: "MeterLoad") -> "MeterLoad":
        """Of two channels of one meter."""
        return MeterLoad(
            min(self.first, other.first),
            max(self.last, other.last),
            max(self.longest, other.longest),
            max(self.synced, other.synced),
        )


def loaded_until(links: Iterable[MeteredSpan], loads: Mapping[int, MeterLoad]) -> datetime | None:
    """The end of the newest reading inside the links; `loads` are by meter key."""
    ends = [
        load.last if link.span.end is None else min(load.last, link.span.end)
        for link in links
        if (load := loads.get(link.meter_id)) is not None and load.reaches(link.span)
    ]
    return max(ends, default=None)


def usage_standings(
    covered: Coverage,
    links: Iterable[MeteredSpan],
    loads: Mapping[int, MeterLoad],
    *,
    found: frozenset[int],
) -> dict[int, Standing]:
    """How usage stands for each contract of an answer, by key; `found` are those that some reading is known of.

    `links` are all that ever were, so that freshness does not hang on the window, and what a meter measured for
    someone else counts as nothing.
    """
    loaded: dict[int, list[MeteredSpan]] = defaultdict(list)
    for link in links:
        if link.meter_id in loads and loads[link.meter_id].reaches(link.span):
            loaded[link.contract_id].append(link)
    return {
        contract: series_standing(
            found=contract in found,
            synced=max((loads[link.meter_id].synced for link in loaded[contract]), default=None),
            loaded_until=loaded_until(loaded[contract], loads),
            spans=spans,
        )
        for contract, spans in covered.spans.items()
    }
