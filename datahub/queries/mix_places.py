"""Which generation series speaks of which contract, and when: by its tariff, or by its grid region."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from accounts.queries.labels import grid_places
from accounts.queries.supplies import supplies
from cdsc_portal.lib.ranges import Span
from datahub.models import MixSeries
from datahub.queries.coverage import Coverage

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


Places = dict[tuple[str, str], list[MixPlace]]


def mix_places(covered: Coverage, series: Collection[MixSeries]) -> Places:
    """By (series, key): the contracts it is of, cut to the window. Two queries at most."""
    places: Places = defaultdict(list)
    if MixSeries.CONSUMPTION in series:
        for term in supplies(covered.spans.keys()):
            _put(places, MixSeries.CONSUMPTION, term.tariff_code, term.contract_key, term.span, covered)
    regional = [name for name in series if name != MixSeries.CONSUMPTION]
    for place in grid_places(covered.spans.keys()) if regional else []:
        for name in regional:
            _put(places, name, place.region, place.contract_key, place.span, covered)
    return places


def _put(places: Places, series: str, key: str, contract: int, span: Span, covered: Coverage) -> None:
    for window in covered.spans[contract]:
        cut = span.intersect(window)
        if cut is not None:
            places[(str(series), key)].append(MixPlace(contract, cut))
