"""Where electricity came from, as segments of consecutive steps."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import Q

from cdsc_portal.lib.json import exact
from cdsc_portal.lib.paging import Position
from cdsc_portal.lib.ranges import Span
from consent.access import Access
from datahub.mix.amounts import UNKNOWN, whole
from datahub.models import MixSeries, MixShare
from datahub.queries.bill_sections import supply_named
from datahub.queries.coverage import Coverage
from datahub.queries.mix_places import SERIES_OF, MixName, MixPlace, Places, mix_places
from datahub.queries.mix_standings import mix_standings
from datahub.queries.paged import Page, from_first_to_last

STEPS_A_PAGE = 3000


@dataclass(frozen=True, slots=True)
class MixStep:
    """The shares of one series during [start, start + seconds), by source; None = unknown.

    They sum to 1: what no source explains is the source `unknown`. A step that was worked out tells of every source.
    """

    start: datetime
    seconds: int
    shares: dict[str, Decimal | None]
    modified: datetime
    method: str
    provisional: bool
    worked_out: bool

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)

    def share(self, source: str) -> str | None:
        """Exact; a source that is not there is unknown, or nothing where all sources are."""
        if source in self.shares:
            share = self.shares[source]
            return None if share is None else exact(share)
        return "0" if self.worked_out or source == UNKNOWN else None

    def goes_on_as(self, other: "MixStep") -> bool:
        """Whether `other` is the next step of the same segment."""
        facts = (self.seconds, self.method, self.provisional, self.worked_out)
        others = (other.seconds, other.method, other.provisional, other.worked_out)
        return self.end == other.start and facts == others


@dataclass(frozen=True, slots=True)
class SourceShares:
    """One source through a segment: a share 0 to 1 a step, exact; None = unknown."""

    source: str
    shares: list[str | None]


@dataclass(slots=True)
class MixSegment:
    """Consecutive steps of one series for the same contracts. `key` is the tariff code or the grid region."""

    series: str
    key: str
    contracts: frozenset[int]
    contract_numbers: tuple[str, ...]
    names_tariff: bool
    steps: list[MixStep] = field(default_factory=list)

    @property
    def tariff_code(self) -> str:
        """Empty where no supply scope opens all of the contracts."""
        return self.key if self.series == MixSeries.CONSUMPTION and self.names_tariff else ""

    @property
    def region(self) -> str:
        return self.key if self.series != MixSeries.CONSUMPTION else ""

    @property
    def interval_seconds(self) -> int:
        return self.steps[0].seconds

    @property
    def start(self) -> datetime:
        return self.steps[0].start

    @property
    def end(self) -> datetime:
        return self.steps[-1].end

    @property
    def method(self) -> str:
        return self.steps[0].method

    @property
    def provisional(self) -> bool:
        return self.steps[0].provisional

    @property
    def origin(self) -> str:
        """Whether a file told the shares or they were worked out here."""
        return "worked_out" if self.steps[0].worked_out else "told"

    @property
    def modified(self) -> datetime:
        return max(step.modified for step in self.steps)

    @property
    def sources(self) -> list[SourceShares]:
        told = {source for step in self.steps for source in step.shares}
        names = sorted(told, key=lambda source: (source == UNKNOWN, source))
        return [SourceShares(name, [step.share(name) for step in self.steps]) for name in names]

    @property
    def values(self) -> int:
        return sum(len(step.shares) for step in self.steps)


def generation_mix(
    covered: Coverage, resource: str, *, access: Access, after: Position | None = None
) -> Page[MixSegment]:
    """The series that `resource` names, oldest first. Five queries at most, however many steps.

    A page ends between two steps; `after` is the first start of the page.
    """
    places = mix_places(covered, SERIES_OF[resource])
    start = datetime.fromisoformat(str(after[0])) if after else None
    starts = _starts(places, start)
    steps = _steps(places, starts[:-1] if len(starts) > _page_size(places) else starts)
    segments = _all_segments(covered, places, steps, named=supply_named(access))
    return Page(
        items=segments,
        standings=mix_standings(covered, places),
        contracts=frozenset().union(*(segment.contracts for segment in segments)),
        values=sum(segment.values for segment in segments),
        data=from_first_to_last((segment.start, segment.end) for segment in segments),
        resume=[starts[-1].isoformat()] if len(starts) > _page_size(places) else None,
    )


def _page_size(places: Places) -> int:
    return max(1, STEPS_A_PAGE // max(1, len(places)))


def _starts(places: Places, after: datetime | None) -> list[datetime]:
    """The starts of a page's steps and, if there is more, the first of the next page."""
    shares = MixShare.objects.filter(_inside(places))
    if after is not None:
        shares = shares.filter(start__gte=after)
    return list(shares.order_by("start").values_list("start", flat=True).distinct()[: _page_size(places) + 1])


def _inside(places: Places) -> Q:
    """The series, each within the hull of its places; which steps count is decided step by step."""
    inside = Q(pk__in=[])
    for name, found in places.items():
        hull = Q(**name._asdict())
        starts = [place.span.start for place in found if place.span.start is not None]
        ends = [place.span.end for place in found if place.span.end is not None]
        if len(starts) == len(found):
            hull &= Q(start__gte=min(starts))
        if len(ends) == len(found):
            hull &= Q(start__lt=max(ends))
        inside |= hull
    return inside


def _steps(places: Places, starts: Sequence[datetime]) -> dict[MixName, list[MixStep]]:
    steps: dict[MixName, list[MixStep]] = defaultdict(list)
    if not starts:
        return steps
    rows = (
        MixShare.objects.filter(_inside(places), start__gte=starts[0], start__lte=starts[-1])
        .order_by("series", "key", "region", "contract", "start", "seconds", "source")
        .values_list(
            "series",
            "key",
            "region",
            "contract",
            "start",
            "seconds",
            "source",
            "share",
            "modified",
            "method",
            "provisional",
            "worked_out",
        )
    )
    for (*name, start, seconds), shares in groupby(rows.iterator(), key=lambda row: row[:6]):
        known = list(shares)
        steps[MixName(*name)].append(_step(start, seconds, known))
    return steps


def _step(start: datetime, seconds: int, rows: Sequence[tuple[Any, ...]]) -> MixStep:
    """Of rows that say source, share, modified, method, provisional and worked out, from the seventh column on."""
    return MixStep(
        start,
        seconds,
        whole({row[6]: row[7] for row in rows}),
        modified=max(row[8] for row in rows),
        method=rows[0][9],
        provisional=any(row[10] for row in rows),
        worked_out=all(row[11] for row in rows),
    )


def _all_segments(
    covered: Coverage,
    places: Places,
    steps: dict[MixName, list[MixStep]],
    *,
    named: frozenset[int],
) -> list[MixSegment]:
    numbers = {contract.key: contract.contract_number for contract in covered.open}
    return [
        MixSegment(
            name.series,
            name.key,
            contracts,
            tuple(sorted(numbers[k] for k in contracts)),
            contracts <= named,
            list(found),
        )
        for name in sorted(places, key=lambda name: (name.series, name.key, name.region, name.contract or 0))
        for contracts, found in _runs(steps[name], places[name])
    ]


def _runs(steps: Sequence[MixStep], places: list[MixPlace]) -> Iterator[tuple[frozenset[int], list[MixStep]]]:
    """Steps that follow on each other, last equally long and are of the same contracts."""
    run: list[MixStep] = []
    of: frozenset[int] = frozenset()
    for step in steps:
        contracts = _contracts_of(step, places)
        follows = run and run[-1].goes_on_as(step)
        if run and not (follows and contracts == of):
            yield of, run
            run = []
        if contracts:
            of = contracts
            run.append(step)
    if run:
        yield of, run


def _contracts_of(step: MixStep, places: list[MixPlace]) -> frozenset[int]:
    """Whom the step is of: those for whom its whole length lies inside."""
    return frozenset(
        place.contract
        for place in places
        if (place.span.start is None or place.span.start <= step.start)
        and (place.span.end is None or step.end <= place.span.end)
    )


@dataclass(frozen=True, slots=True)
class GridSeries:
    """A page of a region's own series; `resume` is where the next one begins."""

    segments: list[MixSegment]
    resume: Position | None

    @property
    def values(self) -> int:
        return sum(segment.values for segment in self.segments)


def grid_series(series: MixSeries, region: str, window: Span, *, after: Position | None = None) -> GridSeries:
    """What is told or worked out of the region during `window`, of no contract, oldest first. Two queries.

    Raises ValueError for a series that speaks of tariffs.
    """
    if series == MixSeries.CONSUMPTION:
        raise ValueError(f"{series} is not of a region")
    name = MixName(str(series), region)
    places: Places = {name: [MixPlace(0, window)]}
    starts = _starts(places, datetime.fromisoformat(str(after[0])) if after else None)
    steps = _steps(places, starts[:STEPS_A_PAGE])[name]
    return GridSeries(
        [
            MixSegment(name.series, name.key, frozenset(), (), names_tariff=False, steps=list(run))
            for _, run in _runs(steps, places[name])
        ],
        [starts[-1].isoformat()] if len(starts) > STEPS_A_PAGE else None,
    )
