"""The steps of a series as arrays: who is asked for shares of a year asks for one statement, not for its rows."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from cdsc_portal.lib.ranges import Span
from datahub.feeds.store.codec import Flags, Integers
from datahub.mix.amounts import ONE, UNKNOWN, apportion
from datahub.queries.mix_places import MixName, Places

Words = npt.NDArray[np.object_]
_MICROS = 1_000_000
_NOT_TOLD = -1
_BETWEEN = "\x1f"  # stands in no name
_NAMES = """unnest(%(series)s::text[], %(keys)s::text[], %(regions)s::text[], %(own)s::bigint[],
        %(firsts)s::timestamptz[], %(lasts)s::timestamptz[]) WITH ORDINALITY
        AS name(series, key, region, own, first, last, place)"""
_SAME = """share.series = name.series AND share.key = name.key AND share.region = name.region
        AND share.contract_id IS NOT DISTINCT FROM name.own"""
# A row for all steps of a name that have the same sources and came about alike: what costs time is a row, not bytes.
_STEPS = f"""
    SELECT place, seconds, sources, method, provisional, worked_out,
        string_agg(int8send(start), ''::bytea), string_agg(shares, ''::bytea), string_agg(amounts, ''::bytea),
        string_agg(int8send(modified), ''::bytea)
    FROM (
        SELECT name.place, share.seconds, min(share.method) AS method, bool_or(share.provisional) AS provisional,
            bool_and(share.worked_out) AS worked_out, extract(epoch FROM share.start)::bigint AS start,
            (extract(epoch FROM max(share.modified)) * {_MICROS})::bigint AS modified,
            string_agg(share.source, '{_BETWEEN}' ORDER BY share.source) AS sources,
            string_agg(int8send(coalesce((share.share * {ONE})::bigint, {_NOT_TOLD})), ''::bytea ORDER BY share.source)
                AS shares,
            string_agg(int8send(coalesce(share.quantity, {_NOT_TOLD})), ''::bytea ORDER BY share.source) AS amounts
        FROM {_NAMES}
        JOIN datahub_mixshare share ON {_SAME} AND share.start >= coalesce(name.first, '-infinity')
         AND share.start < coalesce(name.last, 'infinity')
         AND share.start < coalesce(%(end)s::timestamptz, 'infinity')
         AND share.start > coalesce(%(start)s::timestamptz, '-infinity') - interval '366 days'
         AND share.start + make_interval(secs => share.seconds) > coalesce(%(start)s::timestamptz, '-infinity')
        GROUP BY name.place, share.start, share.seconds
    ) step
    GROUP BY place, seconds, sources, method, provisional, worked_out
"""  # noqa: S608 - no part of it is input
_TOLD = f"""
    SELECT name.place, first.start, last.start + make_interval(secs => last.seconds)
    FROM {_NAMES}
    CROSS JOIN LATERAL (SELECT share.start FROM datahub_mixshare share
        WHERE {_SAME} AND share.start >= coalesce(name.first, '-infinity') ORDER BY share.start LIMIT 1) first
    CROSS JOIN LATERAL (SELECT share.start, share.seconds FROM datahub_mixshare share
        WHERE {_SAME} AND share.start < coalesce(name.last, 'infinity') ORDER BY share.start DESC LIMIT 1) last
"""  # noqa: S608 - no part of it is input


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """An element a step, by start; `shares` and `known` have a column for each of `sources`.

    Step i lasts [starts[i], ends[i]) in epoch seconds. Its shares, in parts of `ONE`, sum to `ONE`: what no source
    explains is the source `unknown`. What a step speaks of is `named`; a share that is not `known` is 0. `amounts` are
    watt-hours by source where the step `has_amounts`.
    """

    sources: tuple[str, ...]
    starts: Integers
    ends: Integers
    shares: Integers
    named: Flags
    known: Flags
    amounts: Integers
    has_amounts: Flags
    method: Words
    provisional: Flags
    worked_out: Flags
    modified: Integers  # epoch microseconds

    @property
    def size(self) -> int:
        return len(self.starts)

    def where(self, keep: "Flags | npt.NDArray[np.intp]") -> "Steps":
        kept = {each.name: getattr(self, each.name)[keep] for each in fields(self) if each.name != "sources"}
        return Steps(self.sources, **kept)

    def with_(self, other: "Steps") -> "Steps":
        """Both, of the same sources."""
        columns = [each.name for each in fields(self) if each.name != "sources"]
        return Steps(
            self.sources,
            **{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in columns},
        )


def mix_steps(
    places: Places, *, during: Span | None = None, named: Callable[[str], str] = str
) -> dict[MixName, Steps]:
    """By name, within the hull of its places, and only those that touch `during`; all with the same columns. One query,
    however long.

    `named` says what a source is called; those that are called alike are one. No step lasts longer than a year.
    """
    names = list(places)
    during = during or Span()
    rows = _rows(_STEPS, places, start=during.start, end=during.end) if names else []
    told = {source: named(source) for row in rows for source in row[2].split(_BETWEEN)}
    sources = (*sorted(set(told.values()) - {UNKNOWN}), UNKNOWN)
    column = {source: sources.index(name) for source, name in told.items()}
    parts: dict[MixName, list[Steps]] = defaultdict(list)
    for row in rows:
        parts[names[row[0] - 1]].append(_steps(sources, column, *row[1:]))
    found = {}
    for name, each in parts.items():
        joined = each[0]
        for other in each[1:]:
            joined = joined.with_(other)
        found[name] = joined.where(np.argsort(joined.starts, kind="stable"))
    return found


def told_between(places: Places) -> dict[MixName, tuple[datetime, datetime]]:
    """From when to when steps are told, by name; names of which nothing is told are left out. One query."""
    names = list(places)
    return {names[place - 1]: (first, last) for place, first, last in _rows(_TOLD, places)} if names else {}


def _steps(
    sources: tuple[str, ...],
    column: Mapping[str, int],
    seconds: int,
    told: str,
    method: str,
    provisional: bool,
    worked_out: bool,
    starts: bytes,
    shares: bytes,
    amounts: bytes,
    modified: bytes,
) -> Steps:
    begin = _big(starts)
    size, columns = len(begin), [column[source] for source in told.split(_BETWEEN)]
    named: Flags = np.zeros((size, len(sources)), dtype=np.bool_)
    named[:, columns] = True
    of_share, known = _by_source(_big(shares).reshape(size, -1), columns, len(sources))
    of_amount, _known = _by_source(_big(amounts).reshape(size, -1), columns, len(sources))
    return Steps(
        sources=sources,
        starts=begin,
        ends=begin + seconds,
        shares=_whole(of_share),
        named=named,
        known=known | worked_out,
        amounts=of_amount,
        has_amounts=np.all(_big(amounts).reshape(size, -1) != _NOT_TOLD, axis=1),
        method=np.full(size, method, dtype=object),
        provisional=np.full(size, provisional),
        worked_out=np.full(size, worked_out),
        modified=_big(modified),
    )


def _by_source(values: Integers, columns: Sequence[int], size: int) -> tuple[Integers, Flags]:
    """Columns of one name added up, and which of them are known."""
    added = np.zeros((len(values), size), dtype=np.int64)
    known: Flags = np.zeros((len(values), size), dtype=np.bool_)
    for place, column in enumerate(columns):
        added[:, column] += np.maximum(values[:, place], 0)
        known[:, column] |= values[:, place] != _NOT_TOLD
    return added, known


def _whole(shares: Integers) -> Integers:
    """As `datahub.mix.amounts.whole`: what is left open is unknown, what rounding makes too much is cut."""
    total = shares.sum(axis=1)
    shares[:, -1] += np.maximum(ONE - total, 0)
    for row in np.flatnonzero(total > ONE).tolist():
        shares[row] = apportion(ONE, shares[row].tolist())
    return shares


def _rows(statement: str, places: Places, **more: object) -> list[tuple[Any, ...]]:
    hulls = [_hull(places, name) for name in places]
    parameters: dict[str, Any] = {
        "series": [name.series for name in places],
        "keys": [name.key for name in places],
        "regions": [name.region for name in places],
        "own": [name.contract for name in places],
        "firsts": [first for first, _last in hulls],
        "lasts": [last for _first, last in hulls],
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _hull(places: Places, name: MixName) -> tuple[datetime | None, datetime | None]:
    starts = [place.span.start for place in places[name]]
    ends = [place.span.end for place in places[name]]
    first = None if None in starts else min(moment for moment in starts if moment is not None)
    last = None if None in ends else max(moment for moment in ends if moment is not None)
    return first, last


def _big(numbers: bytes) -> Integers:
    return np.frombuffer(numbers, ">i8").astype(np.int64)
