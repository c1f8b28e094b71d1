"""Which generation series speaks of which contract, and when: by its tariff, or by its grid region."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from accounts.queries.labels import GridPlace, grid_places
from accounts.queries.supplies import TariffTerm, tariff_terms
from cdsc_portal.lib.db.prepared import array, prepared_cursor
from cdsc_portal.lib.time.ranges import Span, difference, union
from datahub.answers.coverage import Coverage
from datahub.models import MixSeries

SERIES_OF = {
    "generation_mix": (MixSeries.CONSUMPTION, MixSeries.GENERATION, MixSeries.RESIDUAL),
    "generation_breakdown": (MixSeries.GENERATION,),
    "consumption_breakdown": (MixSeries.CONSUMPTION,),
    "residual_mix": (MixSeries.RESIDUAL,),
}


@dataclass(frozen=True, slots=True)
class MixPlace:
    """`contract` was on this tariff, or in this region, during `span`."""

    contract: int
    span: Span


class MixName(NamedTuple):
    """Whose shares: `key` is a tariff code or a region. A tariff's that were worked out are of one `region`, and of one
    `contract` where that has certificates of its own.
    """

    series: str
    key: str
    region: str = ""
    contract: int | None = None


_OWN_DAYS = """
    SELECT contract_id, key, region, min(start), max(start), max(seconds) FROM datahub_mixshare
    WHERE contract_id = ANY(%(contracts)s::bigint[]) GROUP BY 1, 2, 3, date_trunc('day', start, 'UTC')
"""
Places = dict[MixName, list[MixPlace]]


def mix_places(covered: Coverage, series: Collection[MixSeries]) -> Places:
    """By name: the contracts it is of, cut to the window. Three queries at most.

    A contract reads shares of its own where it has any, else its tariff's in its region; where a supplier declares a
    mix, neither of them is there.
    """
    contracts = covered.spans.keys()
    places: Places = defaultdict(list)
    regions = grid_places(contracts) if series else []
    for name in series:
        if name == MixSeries.CONSUMPTION:
            _put_tariffs(places, tariff_terms(contracts), regions, covered)
            continue
        for place in regions:
            _put(places, MixName(str(name), place.region), place.contract_key, [place.span], covered)
    return places


def _put_tariffs(
    places: Places, terms: Sequence[TariffTerm], regions: Sequence[GridPlace], covered: Coverage
) -> None:
    own = _own_spans(covered.spans.keys())
    served: dict[int, list[GridPlace]] = defaultdict(list)
    for place in regions:
        served[place.contract_key].append(place)
    series = str(MixSeries.CONSUMPTION)
    for term in terms:
        contract = term.contract_key
        _put(places, MixName(series, term.tariff_code), contract, [term.span], covered)
        for region, spans in _by_region(served[contract], term.span).items():
            mine = own.get((contract, term.tariff_code, region), ())
            _put(
                places, MixName(series, term.tariff_code, region), contract, difference(spans, mine), covered
            )
            _put(places, MixName(series, term.tariff_code, region, contract), contract, mine, covered)


def _by_region(served: Sequence[GridPlace], term: Span) -> dict[str, tuple[Span, ...]]:
    """Points of one region at once are one place."""
    found: dict[str, list[Span]] = defaultdict(list)
    for place in served:
        cut = place.span.intersect(term)
        if cut is not None:
            found[place.region].append(cut)
    return {region: union(spans) for region, spans in found.items()}


def _own_spans(contracts: Collection[int]) -> dict[tuple[int, str, str], tuple[Span, ...]]:
    """When contracts have shares of their own, by contract, tariff and region: a span a UTC day, joined."""
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_OWN_DAYS, {"contracts": array(sorted(contracts))})
        days = cursor.fetchall()
    found: dict[tuple[int, str, str], list[Span]] = defaultdict(list)
    for contract, key, region, first, last, seconds in days:
        found[contract, key, region].append(Span(first, last + timedelta(seconds=seconds)))
    return {name: union(spans) for name, spans in found.items()}


def _put(places: Places, name: MixName, contract: int, spans: Sequence[Span], covered: Coverage) -> None:
    for span in spans:
        for window in covered.spans[contract]:
            cut = span.intersect(window)
            if cut is not None:
                places[name].append(MixPlace(contract, cut))
