"""Where electricity came from, as a customer reads it: of a tariff, of the grid, or of what nobody claims."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.queries.supplies import tariff_terms
from cdsc_portal.lib.json.encoder import exact
from cdsc_portal.lib.time.dates_in_words import end_in_words, last_day
from cdsc_portal.lib.time.ranges import Span
from consent.access import OwnerAccess
from datahub.answers.coverage import coverage
from datahub.charts.drawing import Chart
from datahub.charts.shapes import Layer, stacked_areas
from datahub.mix.pages.green import RENEWABLE, GreenHours, carbon_in_words, green_hours, green_window
from datahub.mix.pages.texts import (
    Source,
    finding,
    known_as,
    methods_in_words,
    part_note,
    percent,
    sources,
    under_the_chart,
    weighing_in_words,
)
from datahub.mix.series_places import MixName, Places, mix_places
from datahub.mix.steps import Steps, loaded_between, mix_steps
from datahub.mix.sums import MixSum, Parts, Weighting, mix_sums, parts_of, shares_of
from datahub.mix.weights import ContractUse, Used, contracts_use
from datahub.models import MixSeries
from datahub.usage.pages.periods import ShownPeriod, instants, part_in_words
from datahub.usage.pages.table import Cell, Row, Table
from datahub.usage.readings import seconds_of
from datahub.usage.sum_periods import By, Slots

RESOURCE = "generation_mix"
SERIES = {"tariff": MixSeries.CONSUMPTION, "grid": MixSeries.GENERATION, "residual": MixSeries.RESIDUAL}
_NAMES: dict[str, str | Promise] = {
    "tariff": gettext_lazy("Your tariff"),
    "grid": gettext_lazy("The grid"),
    "residual": gettext_lazy("Untracked"),
}
_HOUR = Slots(3600)
_LINES = (Decimal(0), Decimal("0.5"), Decimal(1))  # marked at the side of the chart


@dataclass(frozen=True, slots=True)
class MixLink:
    """A way to another view; all of them keep the service."""

    label: str | Promise
    url: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class MixPage:
    """All that the page says. `of` are the tariffs or regions that it speaks of.

    `is_loaded`: the series is loaded, if not in this period. The table ends with the average of all that is known,
    `weighing` says how its hours count, `methods` how the figures came about. `has_own_proofs`: certificates
    were cancelled for this contract alone during some of the time.
    """

    series: str
    period: str
    title: str
    switch: tuple[MixLink, ...]
    is_loaded: bool = False
    finding: str = ""
    of: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    up: MixLink | None = None
    chart: Chart | None = None
    table: Table | None = None
    weighing: str = ""
    has_own_proofs: bool = False
    data_until: str = ""
    methods: tuple[str, ...] = ()
    is_provisional: bool = False
    carbon: str = ""
    green: GreenHours | None = None


@dataclass(frozen=True, slots=True)
class _ShownMix:
    """`parts` by their place, those left out of which nothing is known; `whole` is all of them together."""

    parts: Mapping[int, MixSum]
    whole: MixSum


@dataclass(frozen=True, slots=True)
class _Part:
    """Instants [begin, end) in UTC; `first` is the day that it begins on, or for an hour the instant."""

    begin: datetime
    end: datetime
    first: date

    @property
    def seconds(self) -> int:
        return int((self.end - self.begin).total_seconds())


@dataclass(frozen=True, slots=True)
class _Links:
    """Addresses that keep the service; `contract` is its public id."""

    contract: str
    series: str

    def to(self, period: str, series: str = "") -> str:
        chosen = {"contract": self.contract, "series": series or self.series, "period": period}
        return f"?{urlencode({name: value for name, value in chosen.items() if value})}"

    def switch(self, period: str) -> tuple[MixLink, ...]:
        return tuple(
            MixLink(name, self.to(period, series), series == self.series) for series, name in _NAMES.items()
        )


def mix_page(
    contract: int, public_id: str, *, access: OwnerAccess, series: str, period: ShownPeriod | None
) -> MixPage:
    """The `series` ("tariff", "grid" or "residual") of a contract that `access` opens.

    Without a period: the newest month that is loaded. Ten queries at most, however long.
    """
    covered = coverage(OwnerAccess(access.user_id, access.contracts & {contract}), RESOURCE)
    kind = SERIES[series]
    places = mix_places(covered, (kind,))
    loaded = _loaded(places, kind)
    links = _Links(public_id, series)
    if loaded is None:
        text = period.text if period else ""
        return MixPage(series, text, period.title if period else "", links.switch(text))
    shown = period or ShownPeriod.parse(f"{last_day(loaded[1]):%Y-%m}")
    first, last = shown.span.start, shown.span.end
    page = MixPage(
        series=series,
        period=shown.text,
        title=shown.title,
        switch=links.switch(shown.text),
        is_loaded=True,
        before=links.to(shown.neighbour(-1)) if first and loaded[0] < first else "",
        after=links.to(shown.neighbour(1)) if last and loaded[1] > last else "",
        up=MixLink(ShownPeriod.parse(shown.up).title, links.to(shown.up)) if shown.by is By.DAY else None,
        data_until=end_in_words(loaded[1]),
    )
    parts = [part for part in _parts(shown) if part.begin < loaded[1] and part.end > loaded[0]]
    if not parts:
        return page
    read = _ReadMix.of(places, kind, Span(parts[0].begin, parts[-1].end))
    mix = read.by([*(part.begin for part in parts), parts[-1].end])
    if mix is None:
        return page
    during = {
        name
        for name, own in places.items()
        if name.series == kind and any(place.span.intersect(shown.span) for place in own)
    }
    bounds = green_window(shown.span, loaded[1]) if not shown.is_day else []
    return replace(
        _filled(page, shown, parts, mix, links),
        carbon=carbon_in_words(mix.whole),
        green=green_hours(bounds, read.shares_of(RENEWABLE, bounds)) if bounds else None,
        of=_names(kind, {name.key for name in during}, contract),
        has_own_proofs=any(name.contract is not None for name in during),
    )


def _parts(period: ShownPeriod) -> list[_Part]:
    """Hours of a day, days of a month, months of a year."""
    assert period.start is not None
    assert period.end is not None
    if not period.is_day:
        firsts = period.parts(period.start, period.end - timedelta(days=1))
        return [_Part(*instants(first, period.by), first) for first in firsts]
    begin, end = instants(period.start, By.DAY)
    hours = range(-(-int((end - begin).total_seconds()) // _HOUR.seconds))
    starts = [begin + timedelta(seconds=hour * _HOUR.seconds) for hour in hours]
    return [_Part(*instants(start, _HOUR), start) for start in starts]


def _names(series: MixSeries, keys: Collection[str], contract: int) -> tuple[str, ...]:
    """Tariffs of the contract by name, oldest first, or regions, of these keys."""
    if series != MixSeries.CONSUMPTION:
        return tuple(sorted(keys))
    names = {
        term.tariff_code: f"{term.tariff_name} ({term.tariff_code})" if term.tariff_name else term.tariff_code
        for term in tariff_terms([contract])
        if term.tariff_code in keys
    }
    return tuple(names.values())


def _filled(
    page: MixPage, shown: ShownPeriod, parts: Sequence[_Part], mix: _ShownMix, links: _Links
) -> MixPage:
    """The page with its finding, chart and table."""
    average = mix.whole
    columns = sources(
        source for each in mix.parts.values() for source, share in each.shares.items() if share is not None
    )
    sentence = finding(links.series, average, columns, shown)
    # an hour's own weight changes nothing in its row
    weightings = {average.weighting} | (
        set() if shown.is_day else {each.weighting for each in mix.parts.values()}
    )
    is_mixed = len(weightings) > 1
    rows = []
    for place, part in enumerate(parts):
        label = part_in_words(part.first, _HOUR if shown.is_day else shown.by)
        part_sum, address = mix.parts.get(place), shown.inside(part.first)
        if part_sum is None:
            rows.append(Row(label, notes=(_("No data"),), cells=(Cell(),) * len(columns)))
            continue
        note = _note(part_sum, part.seconds, is_mixed=is_mixed and not shown.is_day)
        url = links.to(address) if address else ""
        rows.append(Row(label, url, (note,) if note else (), _cells(part_sum, columns)))
    average_note = _note(average, average.known_seconds, is_mixed=is_mixed)
    return replace(
        page,
        finding=sentence,
        chart=stacked_areas(
            [
                Layer(
                    source.label,
                    source.color,
                    {place: each.share(source.key) or Decimal(0) for place, each in mix.parts.items()},
                    pattern=source.pattern,
                )
                for source in columns
            ],
            [under_the_chart(part.first, shown) for part in parts],
            title=sentence,
            name="mix",
            table="mix-table",
            lines=[(share, percent(share, decimals=0)) for share in _LINES],
        ),
        table=Table(
            _("Hour") if shown.is_day else _("Day") if shown.by is By.DAY else _("Month"),
            tuple(source.label for source in columns),
            tuple(rows),
            _cells(average, columns),
            Row(_("Average"), notes=(average_note,) if average_note else ()),
        ),
        weighing=weighing_in_words(links.series, weightings),
        methods=methods_in_words(average.methods),
        is_provisional=average.provisional,
    )


def _note(mix: MixSum, due: int, *, is_mixed: bool) -> str:
    """`is_mixed`: other figures of the table are weighed in another way."""
    counts_alike = is_mixed and mix.weighting is Weighting.TIME
    return part_note(mix.known_seconds, due, is_provisional=mix.provisional, counts_alike=counts_alike)


def _cells(mix: MixSum, columns: Sequence[Source]) -> tuple[Cell, ...]:
    """Shares in words and exact, 0 to 1; one that is not known is never 0."""
    cells = []
    for source in columns:
        share = mix.share(source.key)
        notes = (_("not known all the time"),) if source.key in mix.partly_known else ()
        cells.append(
            Cell(notes=(_("not known"),)) if share is None else Cell(percent(share), exact(share), notes)
        )
    return tuple(cells)


@dataclass(frozen=True, slots=True)
class _ReadMix:
    """Steps of one series while the contract was in its places, and what it used, where that weighs."""

    steps: Mapping[MixName, Steps]
    spans: Mapping[MixName, Sequence[Span]]
    use: ContractUse | None

    @classmethod
    def of(cls, places: Places, series: MixSeries, during: Span) -> "_ReadMix":
        """Three queries, however long."""
        of_series = {name: own for name, own in places.items() if name.series == series}
        steps = mix_steps(of_series, during=during, named=known_as)
        use = None
        if series == MixSeries.CONSUMPTION:
            (contract,) = {place.contract for own in of_series.values() for place in own}
            use = contracts_use([contract], seconds_of(during))[contract]
        return cls(steps, {name: [place.span for place in own] for name, own in of_series.items()}, use)

    def by(self, bounds: Sequence[datetime]) -> _ShownMix | None:
        """Each part begins at its bound and ends at the next; None where nothing is known."""
        parts = self._cut(bounds)
        if parts is None:
            return None
        used = self._used(parts)
        (whole,) = mix_sums(parts.as_one(), used=used)
        return _ShownMix(dict(zip(parts.filled.tolist(), mix_sums(parts, used=used), strict=True)), whole)

    def shares_of(self, sources: Collection[str], bounds: Sequence[datetime]) -> dict[int, Decimal]:
        """What these sources have together of each part, by its place; those of which nothing is known are left out."""
        parts = self._cut(bounds)
        if parts is None:
            return {}
        shares = shares_of(sources, parts, used=self._used(parts))
        return dict(zip(parts.filled.tolist(), shares, strict=True))

    def _cut(self, bounds: Sequence[datetime]) -> Parts | None:
        edges = np.array([int(bound.timestamp()) for bound in bounds], dtype=np.int64)
        return parts_of(self.steps, self.spans, edges)

    def _used(self, parts: Parts) -> Used | None:
        return self.use.during(parts.begins, parts.ends) if self.use else None


def _loaded(places: Places, series: MixSeries) -> tuple[datetime, datetime] | None:
    """From when to when the series holds shares of the contract's places; None for nothing. One query."""
    of_series = {name: own for name, own in places.items() if name.series == series}
    loaded = [
        cut
        for name, between in loaded_between(of_series).items()
        for place in of_series[name]
        if (cut := place.span.intersect(Span(*between))) is not None
    ]
    starts, ends = [cut.start for cut in loaded if cut.start], [cut.end for cut in loaded if cut.end]
    return (min(starts), max(ends)) if loaded else None
