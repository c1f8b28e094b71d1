"""The generation mix of a grant's contracts by local day or month, a page of whole series at a time. Decision 47."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import inf
from typing import NamedTuple

import numpy as np
from django.utils import timezone

from cdsc_portal.lib.http.paging import Position
from cdsc_portal.lib.time.ranges import Span, union
from consent.access import Access, AccessPart, contracts_of
from consent.resolution import Resolution
from datahub.answers.coverage import Coverage
from datahub.answers.page import Page, from_first_to_last
from datahub.bills.sections import supply_named
from datahub.mix.series_places import SERIES_OF, MixName, Places, mix_places, mix_standings
from datahub.mix.steps import Steps, loaded_between, mix_steps
from datahub.mix.sums import MixSum, Parts, Weighting, mix_sums, parts_of
from datahub.mix.weights import ContractUse, contracts_use
from datahub.models import MixSeries
from datahub.store.codec import Flags, Integers
from datahub.usage.counted_channels import inside
from datahub.usage.readings import seconds_of
from datahub.usage.sum_periods import By, Calendar, calendar

DAYS_A_PAGE = 5000  # of all its series together, about; a series is never parted
LABELS = {By.DAY: "%Y-%m-%d", By.MONTH: "%Y-%m"}
_DAY = 86_400
_Hull = tuple[int, int]  # [first, past) in epoch seconds


@dataclass(frozen=True, slots=True)
class MixPeriod:
    """A local day or month that begins on `first`. `start` and `end`: the part of it that links and window cover.

    `due_seconds` is how much time that is. `energy_wh` is how much came from each source, None where what was used is
    not shared.
    """

    first: date
    start: datetime
    end: datetime
    whole: bool
    due_seconds: int
    sum: MixSum
    energy_wh: Mapping[str, int] | None

    @property
    def values(self) -> int:
        return len(self.sum.shares)


@dataclass(frozen=True, slots=True)
class SummedMix:
    """The periods of one series: of a region for contracts served there at the same times, or of one contract.

    Periods of which nothing is known are left out. `tariff_codes` are in order of time, None if no supply scope opens
    the contract.
    """

    series: str
    contracts: frozenset[int]
    contract_numbers: tuple[str, ...]
    region: str
    tariff_codes: tuple[str, ...] | None
    by: By
    periods: tuple[MixPeriod, ...]

    @property
    def values(self) -> int:
        return sum(period.values for period in self.periods)

    @property
    def energies(self) -> int:
        """How many amounts of energy it has: those are usage."""
        return sum(len(period.energy_wh or ()) for period in self.periods)


class _Item(NamedTuple):
    """What becomes one `SummedMix`. `hull` is the time of which something may be known."""

    series: str
    label: str
    contracts: tuple[int, ...]
    spans: Mapping[MixName, Sequence[Span]]
    hull: _Hull

    @property
    def place(self) -> list[str]:
        return [self.series, self.label, str(min(self.contracts))]


def summed_mix(
    covered: Coverage, resource: str, *, access: Access, by: By, after: Position | None = None
) -> Page[SummedMix]:
    """The series that `resource` names, each with its days or months. Eight queries at most, however long and many.

    Consumption is weighed with what contracts used where `access` opens their usage too, else by time. Use that is not
    open is not even read.
    """
    places = mix_places(covered, SERIES_OF[resource])
    items = sorted(_items(places, loaded_between(places), covered), key=lambda item: item.place)
    page, resume = _page_of(items, after)
    steps = mix_steps(_places_of(page, places))
    summing = _Summing(covered, access, by, steps, _open_use(page, access))
    summed = [each for item in page if (each := summing.summed(item)) is not None]
    return Page(
        items=summed,
        standings=mix_standings(covered, places),
        contracts=frozenset().union(*(each.contracts for each in summed)),
        values=sum(each.values for each in summed),
        data=from_first_to_last((period.start, period.end) for each in summed for period in each.periods),
        resume=resume,
    )


def _items(
    places: Places, loaded: Mapping[MixName, tuple[datetime, datetime]], covered: Coverage
) -> Iterator[_Item]:
    """A region's contracts that were there at the same times are one, since they read the same."""
    numbers = {contract.key: contract.contract_number for contract in covered.open}
    own: dict[int, dict[MixName, list[Span]]] = defaultdict(dict)
    for name, own_places in places.items():
        by_contract: dict[int, list[Span]] = defaultdict(list)
        for place in own_places:
            by_contract[place.contract].append(place.span)
        alike: dict[tuple[Span, ...], list[int]] = defaultdict(list)
        for contract, spans in by_contract.items():
            alike[union(spans)].append(contract)
            own[contract][name] = spans
        if name.series != MixSeries.CONSUMPTION:
            for common_spans, contracts in alike.items():
                yield from _item(name.series, name.key, contracts, {name: common_spans}, loaded)
    for contract, names in own.items():
        tariffs = {name: union(each) for name, each in names.items() if name.series == MixSeries.CONSUMPTION}
        yield from _item(str(MixSeries.CONSUMPTION), numbers[contract], [contract], tariffs, loaded)


def _item(
    series: str,
    label: str,
    contracts: Iterable[int],
    spans: Mapping[MixName, Sequence[Span]],
    loaded: Mapping[MixName, tuple[datetime, datetime]],
) -> Iterator[_Item]:
    """Nothing where no share is loaded."""
    loaded_spans = [
        cut
        for name, each in spans.items()
        if name in loaded
        for span in each
        if (cut := span.intersect(Span(*loaded[name]))) is not None
    ]
    if loaded_spans:
        first = min(int(span.start.timestamp()) for span in loaded_spans if span.start)
        past = max(int(span.end.timestamp()) for span in loaded_spans if span.end)
        yield _Item(series, label, tuple(sorted(contracts)), spans, (first, past))


def _page_of(items: Sequence[_Item], after: Position | None) -> tuple[list[_Item], Position | None]:
    """The items of the page that begins at `after`, and where the next begins."""
    page: list[_Item] = []
    days = 0
    for item in items:
        if after is not None and item.place < [str(part) for part in after]:
            continue
        days += (item.hull[1] - item.hull[0]) // _DAY + 1
        if page and days > DAYS_A_PAGE:
            return page, list(item.place)
        page.append(item)
    return page, None


def _places_of(page: Sequence[_Item], places: Places) -> Places:
    names = {name for item in page for name in item.spans}
    contracts = {contract for item in page for contract in item.contracts}
    return {
        name: [place for place in own if place.contract in contracts]
        for name, own in places.items()
        if name in names
    }


def _open_use(page: Sequence[_Item], access: Access) -> dict[int, ContractUse]:
    """What the contracts of the page used whose usage the access opens for some time."""
    opened = contracts_of(_parts_with_all_readings(access))
    weighed = [item for item in page if item.series == MixSeries.CONSUMPTION and item.contracts[0] in opened]
    if not weighed:
        return {}
    hull = min(item.hull[0] for item in weighed), max(item.hull[1] for item in weighed)
    return contracts_use([item.contracts[0] for item in weighed], hull)


def _parts_with_all_readings(access: Access) -> list[AccessPart]:
    """Use weighs only where it is shared as it was read, of all meters: a weighted share tells when it was used."""
    parts = access.parts_for("usage_data")
    return [part for part in parts if part.resolution is Resolution.AS_READ and not part.meters]


class _Summing:
    """One page's items into sums."""

    def __init__(
        self,
        covered: Coverage,
        access: Access,
        by: By,
        steps: Mapping[MixName, Steps],
        use: Mapping[int, ContractUse],
    ) -> None:
        self.by, self.steps, self.use = by, steps, use
        self.numbers = {contract.key: contract.contract_number for contract in covered.open}
        self.named = supply_named(access)
        self.opened = _parts_with_all_readings(access)
        self.zone = timezone.get_default_timezone()

    def summed(self, item: _Item) -> SummedMix | None:
        days = calendar(self.by, item.hull[0], item.hull[1] - 1, self.zone)
        parts = parts_of(self.steps, item.spans, days.edges)
        if parts is None:
            return None
        is_consumption = item.series == MixSeries.CONSUMPTION
        return SummedMix(
            series=item.series,
            contracts=frozenset(item.contracts),
            contract_numbers=tuple(sorted(self.numbers[contract] for contract in item.contracts)),
            region="" if is_consumption else item.label,
            tariff_codes=_tariffs(item) if is_consumption and set(item.contracts) <= self.named else None,
            by=self.by,
            periods=tuple(self._periods(item, parts, days)),
        )

    def _periods(self, item: _Item, parts: Parts, days: Calendar) -> Iterator[MixPeriod]:
        intervals = union(span for spans in item.spans.values() for span in spans)
        begins, ends = days.edges[parts.filled], days.edges[parts.filled + 1]
        sums, energies = self._sums(item, parts, begins, ends)
        edges_of_buckets = zip(parts.filled.tolist(), begins.tolist(), ends.tolist(), strict=True)
        for (bucket, begin, end), mix, energy in zip(edges_of_buckets, sums, energies, strict=True):
            covered = [cut for span in intervals if (cut := span.intersect(_span(begin, end))) is not None]
            edges = [(cut.start, cut.end) for cut in covered if cut.start and cut.end]
            due = int(sum((past - first).total_seconds() for first, past in edges))
            yield MixPeriod(
                first=days.days[bucket],
                start=edges[0][0],
                end=edges[-1][1],
                whole=due == end - begin,
                due_seconds=due,
                sum=mix,
                energy_wh=energy,
            )

    def _sums(
        self, item: _Item, parts: Parts, begins: Integers, ends: Integers
    ) -> tuple[list[MixSum], list[dict[str, int] | None]]:
        """Of each bucket [begin, end), and what energy came from each source."""
        use = self.use.get(item.contracts[0]) if item.series == MixSeries.CONSUMPTION else None
        if use is None:
            sums = mix_sums(parts)
            return sums, [None] * len(sums)
        is_open = self._is_open(item.contracts[0], parts)
        sums = mix_sums(
            parts,
            used=use.during(parts.begins, parts.ends),
            used_moved=use.moved(begins, ends),
            may_weigh=is_open,
        )
        once = use.during(*parts.once)
        return sums, [
            mix.in_watt_hours(used, once.scale) if weighs and mix.weighting is Weighting.ENERGY else None
            for mix, weighs, used in zip(
                sums, is_open.tolist(), parts.by_bucket(np.add, once.values).tolist(), strict=True
            )
        ]

    def _is_open(self, contract: int, parts: Parts) -> Flags:
        """Whether the access opens all the readings that say what was used during the parts of each bucket."""
        readings = self.use[contract].hull_of_readings(
            parts.begins[parts.firsts], parts.by_bucket(np.maximum, parts.ends)
        )
        windows = union(part.window for part in self.opened if contract in part.contracts)
        return inside(*readings, tuple(map(seconds_of, windows)))


def _tariffs(item: _Item) -> tuple[str, ...]:
    """In order of time."""
    begun = sorted(
        (span.start.timestamp() if span.start else -inf, name.key)
        for name, spans in item.spans.items()
        for span in spans
    )
    return tuple(dict.fromkeys(code for _start, code in begun))


def _span(begin: int, end: int) -> Span:
    return Span(datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC))
