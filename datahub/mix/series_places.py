"""Which generation series speaks of which contract, and when, by its tariff or its grid region; and how they stand."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from accounts.queries.labels import GridPlace, grid_places
from accounts.queries.supplies import tariff_terms
from cdsc_portal.lib.db.prepared import array, prepared_cursor, text_array
from cdsc_portal.lib.time.ranges import Span, difference, union
from datahub.answers.coverage import Coverage
from datahub.answers.page import Standing, series_standing
from datahub.models import MixSeries
from datahub.store.mix_blocks import SAME_SERIES

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
# for each place: whether its series has a step wholly inside, and how far and how freshly the series is loaded, which
# is to the end of the step that begins last
_STANDINGS = f"""
    SELECT name.contract, bool_or(EXISTS (
        SELECT 1 FROM datahub_mixshare share
        WHERE {SAME_SERIES}
          AND share.start >= coalesce(name.first, '-infinity') AND share.start < coalesce(name.last, 'infinity')
          AND share.start + make_interval(secs => share.seconds) <= coalesce(name.last, 'infinity')
    )), max(newest.synced), max(CASE WHEN loaded.until IS NOT NULL THEN least(loaded.until, name.last) END)
    FROM unnest(%(contracts)s::bigint[], %(series)s::text[], %(keys)s::text[],
                %(regions)s::text[], %(own)s::bigint[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
         AS name(contract, series, key, region, own, first, last)
    LEFT JOIN LATERAL (
        SELECT share.synced FROM datahub_mixshare share WHERE {SAME_SERIES} ORDER BY share.synced DESC LIMIT 1
    ) newest ON true
    LEFT JOIN LATERAL (
        SELECT share.start + make_interval(secs => share.seconds) AS until FROM datahub_mixshare share
        WHERE {SAME_SERIES} ORDER BY share.start DESC LIMIT 1
    ) loaded ON true
    GROUP BY name.contract
"""  # noqa: S608 - no part of it is input
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
        if name != MixSeries.CONSUMPTION:
            for place in regions:
                _put(places, MixName(str(name), place.region), place.contract_key, [place.span], covered)
            continue
        own = _own_spans(contracts)
        served: dict[int, list[GridPlace]] = defaultdict(list)
        for place in regions:
            served[place.contract_key].append(place)
        for term in tariff_terms(contracts):
            contract, tariff = term.contract_key, term.tariff_code
            _put(places, MixName(str(name), tariff), contract, [term.span], covered)
            by_region: dict[str, list[Span]] = defaultdict(list)
            for place in served[contract]:
                if (cut := place.span.intersect(term.span)) is not None:
                    by_region[place.region].append(cut)
            for region, spans in by_region.items():  # points of one region at once are one place
                mine = own.get((contract, tariff, region), ())
                others = difference(union(spans), mine)
                _put(places, MixName(str(name), tariff, region), contract, others, covered)
                _put(places, MixName(str(name), tariff, region, contract), contract, mine, covered)
    return places


def _own_spans(contracts: Collection[int]) -> dict[tuple[int, str, str], tuple[Span, ...]]:
    """When contracts have shares of their own, by contract, tariff and region: a span a UTC day, joined."""
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_OWN_DAYS, {"contracts": array(sorted(contracts))})
        days = cursor.fetchall()
    by_name: dict[tuple[int, str, str], list[Span]] = defaultdict(list)
    for contract, key, region, first, last, seconds in days:
        by_name[contract, key, region].append(Span(first, last + timedelta(seconds=seconds)))
    return {name: union(spans) for name, spans in by_name.items()}


def _put(places: Places, name: MixName, contract: int, spans: Sequence[Span], covered: Coverage) -> None:
    for span in spans:
        for window in covered.spans[contract]:
            cut = span.intersect(window)
            if cut is not None:
                places[name].append(MixPlace(contract, cut))


def mix_standings(covered: Coverage, places: Places) -> dict[int, Standing]:
    """By contract key. One statement; a contract without tariff or region has nothing loaded."""
    rows = [(place.contract, *name, place.span) for name, of_name in places.items() for place in of_name]
    parameters: dict[str, Any] = {
        "contracts": array(row[0] for row in rows),
        "series": text_array([row[1] for row in rows]),
        "keys": text_array([row[2] for row in rows]),
        "regions": text_array([row[3] for row in rows]),
        "own": array(row[4] for row in rows),
        "firsts": array(row[5].start for row in rows),
        "lasts": array(row[5].end for row in rows),
    }
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_STANDINGS, parameters)
        known: dict[int, tuple[bool, datetime | None, datetime | None]] = {
            contract: (has_data, synced, until) for contract, has_data, synced, until in cursor.fetchall()
        }
    return {
        contract: series_standing(has_data=has_data, synced=synced, loaded_until=until, spans=spans)
        for contract, spans in covered.spans.items()
        for has_data, synced, until in [known.get(contract, (False, None, None))]
    }
