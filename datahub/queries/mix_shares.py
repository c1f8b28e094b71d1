"""A series of the generation mix by parts of a period: what came from each source, averaged over the time known."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from cdsc_portal.lib.ranges import Span
from datahub.mix.amounts import UNKNOWN
from datahub.models import MixSeries
from datahub.queries.mix_places import MixName, MixPlace, Places
from datahub.queries.mix_sources import known_as

# Steps that lie wholly in a place and in the window, each in the part that it begins in. A part's row without a source
# is how long its steps last.
_STATEMENT = """
    WITH step AS MATERIALIZED (
        SELECT DISTINCT width_bucket(share.start, %(bounds)s::timestamptz[]) AS part,
               share.key, share.region, share.start, share.seconds, share.source, share.share,
               share.method, share.provisional
        FROM unnest(%(keys)s::text[], %(regions)s::text[], %(own)s::bigint[], %(firsts)s::timestamptz[],
                    %(lasts)s::timestamptz[]) AS place(key, region, own, first, last)
        JOIN datahub_mixshare share ON share.series = %(series)s AND share.key = place.key
         AND share.region = place.region AND share.contract_id IS NOT DISTINCT FROM place.own
         AND share.start >= greatest(place.first, %(start)s::timestamptz)
         AND share.start + make_interval(secs => share.seconds) <= least(place.last, %(end)s::timestamptz)
    )
    SELECT part, source, sum(share * seconds), sum(seconds) FILTER (WHERE share IS NOT NULL),
           array_agg(DISTINCT method), bool_or(provisional)
    FROM step GROUP BY part, source
    UNION ALL
    SELECT part, NULL, NULL, sum(seconds), NULL, NULL
    FROM (SELECT DISTINCT part, key, region, start, seconds FROM step) AS one GROUP BY part
"""
_LOADED = """
    SELECT min(share.start), max(share.start + make_interval(secs => share.seconds))
    FROM unnest(%(keys)s::text[], %(regions)s::text[], %(own)s::bigint[], %(firsts)s::timestamptz[],
                %(lasts)s::timestamptz[]) AS place(key, region, own, first, last)
    JOIN datahub_mixshare share ON share.series = %(series)s AND share.key = place.key
     AND share.region = place.region AND share.contract_id IS NOT DISTINCT FROM place.own
     AND share.start >= coalesce(place.first, '-infinity')
     AND share.start + make_interval(secs => share.seconds) <= coalesce(place.last, 'infinity')
"""


@dataclass(slots=True)
class PartShares:
    """One part. `seconds` is the time that the series tells of; `known` the weight of each source, share x seconds, and
    `told` for how many seconds its share was known. `methods` are how the shares came about; what is
    provisional may change.
    """

    seconds: int = 0
    known: dict[str, Decimal] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    methods: set[str] = field(default_factory=set)
    is_provisional: bool = False

    def share(self, source: str) -> Decimal | None:
        """0 to 1 of all electricity of the part, None where it is never told; of `unknown`: what no source explains."""
        if source == UNKNOWN:
            explained = sum(self.known.values(), Decimal(0)) / self.seconds
            return max(1 - explained, Decimal(0))
        return self.known[source] / self.seconds if source in self.known else None

    def add(self, other: "PartShares") -> None:
        """Take in another part."""
        self.seconds += other.seconds
        self.methods |= other.methods
        self.is_provisional = self.is_provisional or other.is_provisional
        for source, weight in other.known.items():
            self.known[source] = self.known.get(source, Decimal(0)) + weight
            self.told[source] = self.told.get(source, 0) + other.told[source]

    def is_partly_told(self, source: str) -> bool:
        return source in self.known and self.told[source] < self.seconds


def mix_shares(places: Places, series: MixSeries, bounds: Sequence[datetime]) -> dict[int, PartShares]:
    """By place of the part, which begins at its bound and ends at the next; parts with no step are left out.

    Shares are averaged over time, not weighed with anybody's usage. One query, however long.
    """
    span = Span(bounds[0], bounds[-1])
    parts: dict[int, PartShares] = defaultdict(PartShares)
    rows = _rows(_STATEMENT, places, series, start=span.start, end=span.end, bounds=list(bounds))
    for bucket, source, weight, seconds, methods, is_provisional in rows:
        part = parts[bucket - 1]
        if source is None:
            part.seconds = int(seconds)
            continue
        part.methods |= set(methods)
        part.is_provisional = part.is_provisional or is_provisional
        if weight is not None and known_as(source) != UNKNOWN:
            key = known_as(source)
            part.known[key] = part.known.get(key, Decimal(0)) + weight
            part.told[key] = max(part.told.get(key, 0), int(seconds))
    return dict(parts)


def mix_loaded(places: Places, series: MixSeries) -> tuple[datetime, datetime] | None:
    """From when to when the series tells of the contract's places; None for nothing. One query."""
    ((first, last),) = _rows(_LOADED, places, series)
    return None if first is None else (first, last)


def _rows(statement: str, places: Places, series: MixSeries, **more: object) -> list[tuple[Any, ...]]:
    found: list[tuple[MixName, MixPlace]] = [
        (name, place) for name, each in places.items() if name.series == series for place in each
    ]
    parameters: dict[str, Any] = {
        "series": str(series),
        "keys": [name.key for name, _place in found],
        "regions": [name.region for name, _place in found],
        "own": [name.contract for name, _place in found],
        "firsts": [place.span.start for _name, place in found],
        "lasts": [place.span.end for _name, place in found],
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
