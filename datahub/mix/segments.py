"""Where electricity came from, as segments of consecutive steps, by columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from cdsc_portal.lib.http.paging import Position
from cdsc_portal.lib.time.ranges import Span
from consent.access import Access
from datahub.answers.coverage import Coverage
from datahub.answers.page import Page
from datahub.bills.sections import supply_named
from datahub.mix.arithmetic.amounts import UNKNOWN
from datahub.mix.series_places import SERIES_OF, MixName, MixPlace, Places, mix_places, mix_standings
from datahub.mix.steps import Steps, page_of_steps
from datahub.models import MixSeries
from datahub.store.codec import Flags, Integers

SHARES_A_PAGE = 24_000  # a month of three series with ten sources each
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class SourceShares:
    """One source through a segment: a share a step, in parts of `ONE`; null where it is not `known`."""

    source: str
    shares: Integers
    known: Flags


@dataclass(frozen=True, slots=True, eq=False)
class MixSegment:
    """Consecutive steps of one series for the same contracts. `key` is the tariff code or the grid region.

    Shares of a step sum to 1: what no source explains is the source `unknown`. A computed step has every source.
    """

    series: str
    key: str
    contracts: frozenset[int]
    contract_numbers: tuple[str, ...]
    names_tariff: bool
    steps: Steps

    @property
    def tariff_code(self) -> str:
        """Empty where no supply scope opens all of the contracts."""
        return self.key if self.series == MixSeries.CONSUMPTION and self.names_tariff else ""

    @property
    def region(self) -> str:
        return self.key if self.series != MixSeries.CONSUMPTION else ""

    @property
    def interval_seconds(self) -> int:
        return int(self.steps.ends[0] - self.steps.starts[0])

    @property
    def start(self) -> datetime:
        return datetime.fromtimestamp(int(self.steps.starts[0]), UTC)

    @property
    def end(self) -> datetime:
        return datetime.fromtimestamp(int(self.steps.ends[-1]), UTC)

    @property
    def method(self) -> str:
        return str(self.steps.method[0])

    @property
    def provisional(self) -> bool:
        return bool(self.steps.provisional[0])

    @property
    def origin(self) -> str:
        """Whether a file reported the shares or this server computed them."""
        return "computed" if self.steps.computed[0] else "reported"

    @property
    def modified(self) -> datetime:
        return _EPOCH + timedelta(microseconds=int(self.steps.modified.max()))

    @property
    def sources(self) -> list[SourceShares]:
        """Those that some step names, what is unknown last. A source that a step does not name has no part in it where
        it was computed; else its part is not known.
        """
        steps = self.steps
        known = np.where(steps.named, steps.known, steps.computed[:, None])
        known[:, -1] |= ~steps.named[:, -1] | (steps.shares[:, -1] > 0)
        return [
            SourceShares(source, steps.shares[:, column], known[:, column])
            for column, (source, is_named) in enumerate(
                zip(steps.sources, np.any(self._named, axis=0).tolist(), strict=True)
            )
            if is_named
        ]

    @property
    def values(self) -> int:
        return int(self._named.sum())

    @property
    def _named(self) -> Flags:
        """Which sources each step names; what is unknown, where something is."""
        named = self.steps.named.copy()
        named[:, self.steps.sources.index(UNKNOWN)] |= self.steps.shares[:, -1] > 0
        return named


def generation_mix(
    covered: Coverage, resource: str, *, access: Access, after: Position | None = None
) -> Page[MixSegment]:
    """The series that `resource` names, oldest first. Five queries at most, however many steps.

    A page ends between two steps; `after` is the first start of the page.
    """
    places = mix_places(covered, SERIES_OF[resource])
    rows = max(1, SHARES_A_PAGE // max(1, len(places)))
    steps, resume = page_of_steps(places, after=_moment(after), rows=rows)
    named = supply_named(access)
    numbers = {contract.key: contract.contract_number for contract in covered.open}
    segments = [
        MixSegment(
            name.series,
            name.key,
            contracts,
            tuple(sorted(numbers[contract] for contract in contracts)),
            contracts <= named,
            consecutive,
        )
        for name in sorted(steps, key=lambda name: (name.series, name.key, name.region, name.contract or 0))
        for contracts, consecutive in _consecutive(steps[name], places[name])
    ]
    return Page(
        items=segments,
        standings=mix_standings(covered, places),
        contracts=frozenset().union(*(segment.contracts for segment in segments)),
        values=sum(segment.values for segment in segments),
        resume=_position(resume),
    )


def _consecutive(steps: Steps, places: Sequence[MixPlace]) -> Iterator[tuple[frozenset[int], Steps]]:
    """Steps that follow on each other, last equally long, came about alike and are of the same contracts: those for
    whom the whole of each lies inside their place.
    """
    inside = np.ones((len(places), steps.size), dtype=np.bool_)
    for row, place in enumerate(places):
        if place.span.start is not None:
            inside[row] &= steps.starts >= place.span.start.timestamp()
        if place.span.end is not None:
            inside[row] &= steps.ends <= place.span.end.timestamp()
    parted = steps.ends[:-1] != steps.starts[1:]
    for facts in (steps.ends - steps.starts, steps.method, steps.provisional, steps.computed, *inside):
        parted |= facts[:-1] != facts[1:]
    edges = [0, *(np.flatnonzero(parted) + 1).tolist(), steps.size]
    for first, past in zip(edges, edges[1:], strict=False):
        contracts = frozenset(places[row].contract for row in np.flatnonzero(inside[:, first]).tolist())
        if contracts:
            yield contracts, steps.where(slice(first, past))


def _moment(after: Position | None) -> datetime | None:
    return datetime.fromisoformat(str(after[0])) if after else None


def _position(resume: datetime | None) -> Position | None:
    return [resume.isoformat()] if resume else None


def grid_series(
    series: MixSeries, region: str, window: Span, after: Position | None = None
) -> Page[MixSegment]:
    """What is reported or computed of the region during `window`, of no contract, oldest first. One query.

    Raises ValueError for a series that speaks of tariffs.
    """
    if series == MixSeries.CONSUMPTION:
        raise ValueError(f"{series} is not of a region")
    name = MixName(str(series), region)
    places: Places = {name: [MixPlace(0, window)]}
    steps, resume = page_of_steps(places, after=_moment(after), rows=SHARES_A_PAGE)
    segments = [
        MixSegment(name.series, name.key, frozenset(), (), names_tariff=False, steps=consecutive)
        for steps_of_name in steps.values()
        for _, consecutive in _consecutive(steps_of_name, places[name])
    ]
    return Page(
        items=segments,
        standings={},
        contracts=frozenset(),
        values=sum(segment.values for segment in segments),
        resume=_position(resume),
    )
