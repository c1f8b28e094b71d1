"""Where electricity came from, as a customer reads it: of a tariff, of the grid, or of what nobody claims."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.queries.supplies import supplies
from cdsc_portal.lib.json.encoder import exact
from cdsc_portal.lib.time.dates_in_words import last_day, moment_in_words
from consent.access import OwnerAccess
from datahub.answers.coverage import coverage
from datahub.mix.pages.chart import MixChart, mix_chart
from datahub.mix.pages.shown import ShownMix, mix_loaded, shown_mix
from datahub.mix.pages.source_names import Source, sources
from datahub.mix.pages.texts import (
    finding,
    methods_in_words,
    part_note,
    percent,
    under_the_chart,
    weighing_in_words,
)
from datahub.mix.series_places import Places, mix_places
from datahub.mix.sums import MixSum, Weighting
from datahub.models import MixSeries
from datahub.usage.pages.periods import ShownPeriod, instants, part_in_words
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
_Loaded = tuple[datetime, datetime]  # from when to when a series is told (UTC)


@dataclass(frozen=True, slots=True)
class MixCell:
    """The share of one source: `share` in words, `exact` 0 to 1, both "" where it is not known, never 0."""

    share: str
    exact: str
    note: str


@dataclass(frozen=True, slots=True)
class MixRow:
    """One part of the period; `url` opens it, "" for none. Without cells nothing is told of it."""

    label: str
    url: str
    cells: tuple[MixCell, ...]
    note: str


@dataclass(frozen=True, slots=True)
class MixLink:
    """A way to another view; all of them keep the service."""

    label: str | Promise
    url: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class MixPage:
    """All that the page says. `of` are the tariffs or regions that it speaks of, `by` what a row is.

    `is_loaded`: the series is told at all, if not in this period. `average` is of all that is told, `weighing` says how
    its hours count, `methods` how the figures came about. `has_own_proofs`: certificates were cancelled for this
    contract alone during some of the time.
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
    by: str = ""
    chart: MixChart | None = None
    sources: tuple[Source, ...] = ()
    rows: tuple[MixRow, ...] = ()
    average: tuple[MixCell, ...] = ()
    average_note: str = ""
    weighing: str = ""
    has_own_proofs: bool = False
    data_until: str = ""
    methods: tuple[str, ...] = ()
    is_provisional: bool = False


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

    Without a period: the newest month that is told. Nine queries at most, however long.
    """
    covered = coverage(OwnerAccess(access.user_id, access.contracts & {contract}), RESOURCE)
    kind = SERIES[series]
    places = mix_places(covered, (kind,))
    loaded = mix_loaded(places, kind)
    links = _Links(public_id, series)
    if loaded is None:
        kept = period.text if period else ""
        return MixPage(series, kept, period.title if period else "", links.switch(kept))
    shown = period or ShownPeriod.parse(f"{last_day(loaded[1]):%Y-%m}")
    parts = [part for part in _parts(shown) if part.begin < loaded[1] and part.end > loaded[0]]
    told = shown_mix(places, kind, [*(part.begin for part in parts), parts[-1].end]) if parts else None
    page = _page(shown, links, loaded)
    if told is None:
        return page
    of = _of(places, kind, shown, covered.spans.keys())
    return replace(
        _filled(page, shown, parts, told, links, of), has_own_proofs=_has_own_proofs(places, kind, shown)
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


def _of(places: Places, series: MixSeries, shown: ShownPeriod, contracts: Collection[int]) -> tuple[str, ...]:
    """Tariffs by name, oldest first, or regions, that the contract had during the period."""
    keys = {
        name.key
        for name, found in places.items()
        if name.series == series and any(place.span.intersect(shown.span) for place in found)
    }
    if series != MixSeries.CONSUMPTION:
        return tuple(sorted(keys))
    terms = [term for term in supplies(contracts) if term.tariff_code in keys]
    names = {
        term.tariff_code: f"{term.tariff_name} ({term.tariff_code})" if term.tariff_name else term.tariff_code
        for term in sorted(terms, key=lambda term: term.start)
    }
    return tuple(names.values())


def _has_own_proofs(places: Places, series: MixSeries, shown: ShownPeriod) -> bool:
    return any(
        name.series == series and name.contract is not None and place.span.intersect(shown.span)
        for name, found in places.items()
        for place in found
    )


def _page(shown: ShownPeriod, links: _Links, loaded: _Loaded) -> MixPage:
    """A period of which nothing is told."""
    first, last = shown.span.start, shown.span.end
    return MixPage(
        series=links.series,
        period=shown.text,
        title=shown.title,
        switch=links.switch(shown.text),
        is_loaded=True,
        before=links.to(shown.neighbour(-1)) if first and loaded[0] < first else "",
        after=links.to(shown.neighbour(1)) if last and loaded[1] > last else "",
        up=MixLink(ShownPeriod.parse(shown.up).title, links.to(shown.up)) if shown.by is By.DAY else None,
        by=_("Hour") if shown.is_day else _("Day") if shown.by is By.DAY else _("Month"),
        data_until=moment_in_words(loaded[1]),
    )


def _filled(
    page: MixPage,
    shown: ShownPeriod,
    parts: Sequence[_Part],
    told: ShownMix,
    links: _Links,
    of: tuple[str, ...],
) -> MixPage:
    average = told.whole
    columns = sources(
        source for each in told.parts.values() for source, share in each.shares.items() if share is not None
    )
    found = finding(links.series, average, columns, shown)
    # an hour's own weight changes nothing in its row
    rows_by = set() if shown.is_day else {each.weighting for each in told.parts.values()}
    weightings = {average.weighting} | rows_by
    apart = len(weightings) > 1
    return replace(
        page,
        finding=found,
        of=of,
        chart=_chart(found, parts, told.parts, columns, shown),
        sources=columns,
        rows=tuple(
            _row(part, told.parts.get(place), columns, shown, links, apart=apart and not shown.is_day)
            for place, part in enumerate(parts)
        ),
        average=_cells(average, columns),
        average_note=_note(average, average.known_seconds, apart=apart),
        weighing=weighing_in_words(links.series, weightings),
        methods=methods_in_words(average.methods),
        is_provisional=average.provisional,
    )


def _chart(
    title: str,
    parts: Sequence[_Part],
    told: Mapping[int, MixSum],
    columns: Sequence[Source],
    shown: ShownPeriod,
) -> MixChart:
    return mix_chart(
        title,
        told,
        columns,
        ticks=[under_the_chart(part.first, shown) for part in parts],
        lines=[(share, percent(share, decimals=0)) for share in _LINES],
    )


def _row(
    part: _Part,
    told: MixSum | None,
    columns: Sequence[Source],
    shown: ShownPeriod,
    links: _Links,
    *,
    apart: bool,
) -> MixRow:
    label = part_in_words(part.first, _HOUR if shown.is_day else shown.by)
    if told is None:
        return MixRow(label, "", (), _("No data"))
    address = shown.inside(part.first)
    return MixRow(
        label=label,
        url=links.to(address) if address else "",
        cells=_cells(told, columns),
        note=_note(told, part.seconds, apart=apart),
    )


def _note(told: MixSum, due: int, *, apart: bool) -> str:
    """`apart`: other figures of the table are weighed in another way."""
    counts_alike = apart and told.weighting is Weighting.TIME
    return part_note(told.known_seconds, due, is_provisional=told.provisional, counts_alike=counts_alike)


def _cells(told: MixSum, columns: Sequence[Source]) -> tuple[MixCell, ...]:
    return tuple(_cell(told, source, told.share(source.key)) for source in columns)


def _cell(told: MixSum, source: Source, share: Decimal | None) -> MixCell:
    if share is None:
        return MixCell("", "", _("not known"))
    note = _("not known all the time") if source.key in told.partly_known else ""
    return MixCell(percent(share), exact(share), note)
