"""The steps of a series as arrays: one statement packs the shares of a year, so that no row is read by itself."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cdsc_portal.lib.db.prepared import array, prepared_cursor, text_array
from cdsc_portal.lib.time.ranges import Span
from datahub.mix.arithmetic.amounts import ONE, UNKNOWN, apportion
from datahub.mix.series_places import MixName, Places
from datahub.store.codec import Flags, Integers
from datahub.store.mix_blocks import SAME_SERIES, SHARE_NUMBER, UNKNOWN_SHARE

Words = npt.NDArray[np.object_]
_MICROS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONG = 10**8  # seconds; no step lasts as long
_DAY_ZERO = 10_957 * 86_400  # from 1970-01-01 to 2000-01-01, where the database's binary form begins
_NAMES = """unnest(%(series)s::text[], %(keys)s::text[], %(regions)s::text[], %(own)s::bigint[],
        %(firsts)s::timestamptz[], %(lasts)s::timestamptz[]) WITH ORDINALITY
        AS name(series, key, region, own, first, last, place)"""
# Most sources tell of the same steps, which came at the same time: said once, null in the rows that follow.
_ONCE = """nullif(stored.starts, lag(stored.starts) OVER alike),
        nullif(stored.modified, lag(stored.modified) OVER alike)"""
_IN_ORDER = """WINDOW alike AS (
        PARTITION BY name.place, stored.seconds, stored.method, stored.provisional, stored.computed
        ORDER BY stored.source
    )
    ORDER BY name.place, stored.seconds, stored.method, stored.provisional, stored.computed, stored.source"""
# A row for all shares of a source that came about alike: what costs time is a row, not its bytes. Name by name, so that
# only their shares are read, whatever the planner thinks of how many these are.
_SHARES = f"""
    SELECT name.place, stored.source, stored.seconds, stored.method, stored.provisional, stored.computed,
        {_ONCE}, stored.shares, stored.amounts
    FROM {_NAMES}
    CROSS JOIN LATERAL (
        SELECT share.source, share.seconds, share.method, share.provisional, share.computed,
            string_agg(timestamptz_send(share.start), ''::bytea) AS starts,
            string_agg(timestamptz_send(share.modified), ''::bytea) AS modified,
            string_agg({SHARE_NUMBER}, ''::bytea) AS shares,
            string_agg(int8send(coalesce(share.quantity, {UNKNOWN_SHARE})), ''::bytea) AS amounts
        FROM datahub_mixshare share
        WHERE {SAME_SERIES} AND share.start >= coalesce(name.first, '-infinity')
            AND share.start < coalesce(name.last, 'infinity')
            AND share.start < coalesce(%(end)s::timestamptz, 'infinity')
            AND share.start > coalesce(%(start)s::timestamptz, '-infinity') - interval '366 days'
            AND share.start + make_interval(secs => share.seconds) > coalesce(%(start)s::timestamptz, '-infinity')
        GROUP BY 1, 2, 3, 4, 5
    ) stored
    {_IN_ORDER}
"""  # noqa: S608 - no part of it is input
# Of each name the days, or the rows where it is not packed, that hold the first rows of a page; watt-hours are not
# served by step. Of the first day some may be before the page, so that it does not count towards its rows.
_PAGE = f"""
    SELECT name.place, stored.source, stored.seconds, stored.method, stored.provisional, stored.computed,
        {_ONCE}, stored.shares
    FROM {_NAMES}
    LEFT JOIN datahub_mixload load ON {SAME_SERIES.replace("share.", "load.")}
    CROSS JOIN LATERAL (
        SELECT load.packed IS NOT NULL AND load.packed = load.at,
            coalesce(greatest(name.first, %(after)s::timestamptz), '-infinity'), coalesce(name.last, 'infinity')
    ) AS page(is_packed, first, past)
    LEFT JOIN LATERAL (
        SELECT reached.day FROM (
            SELECT share.day, sum(share.count) FILTER (WHERE share.day > (page.first AT TIME ZONE 'UTC')::date)
                OVER (ORDER BY share.day) AS shares
            FROM datahub_mixblock share
            WHERE page.is_packed AND {SAME_SERIES} AND share.day >= (page.first AT TIME ZONE 'UTC')::date
        ) reached WHERE reached.shares >= %(rows)s ORDER BY reached.day LIMIT 1
    ) enough ON true
    CROSS JOIN LATERAL (
        SELECT share.source, share.seconds, share.method, share.provisional, share.computed,
            string_agg(share.starts, ''::bytea ORDER BY share.day) AS starts,
            string_agg(share.modified, ''::bytea ORDER BY share.day) AS modified,
            string_agg(share.shares, ''::bytea ORDER BY share.day) AS shares
        FROM datahub_mixblock share
        WHERE page.is_packed AND {SAME_SERIES} AND share.day >= (page.first AT TIME ZONE 'UTC')::date
            AND share.day <= least(enough.day, (page.past AT TIME ZONE 'UTC')::date)
        GROUP BY 1, 2, 3, 4, 5
        UNION ALL
        SELECT share.source, share.seconds, share.method, share.provisional, share.computed,
            string_agg(timestamptz_send(share.start), ''::bytea),
            string_agg(timestamptz_send(share.modified), ''::bytea),
            string_agg({SHARE_NUMBER}, ''::bytea)
        FROM (
            SELECT share.source, share.seconds, share.method, share.provisional, share.computed, share.start,
                share.modified, share.share
            FROM datahub_mixshare share
            WHERE NOT page.is_packed AND {SAME_SERIES} AND share.start >= page.first AND share.start < page.past
            ORDER BY share.start LIMIT %(rows)s
        ) share
        GROUP BY 1, 2, 3, 4, 5
    ) stored
    {_IN_ORDER}
"""  # noqa: S608 - no part of it is input
_LOADED = f"""
    SELECT name.place, first.start, last.start + make_interval(secs => last.seconds)
    FROM {_NAMES}
    CROSS JOIN LATERAL (SELECT share.start FROM datahub_mixshare share
        WHERE {SAME_SERIES} AND share.start >= coalesce(name.first, '-infinity') ORDER BY share.start LIMIT 1) first
    CROSS JOIN LATERAL (SELECT share.start, share.seconds FROM datahub_mixshare share
        WHERE {SAME_SERIES} AND share.start < coalesce(name.last, 'infinity') ORDER BY share.start DESC LIMIT 1) last
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
    computed: Flags
    modified: Integers  # epoch microseconds

    @property
    def size(self) -> int:
        return len(self.starts)

    def where(self, keep: "Flags | npt.NDArray[np.intp] | slice") -> "Steps":
        kept = {each.name: getattr(self, each.name)[keep] for each in fields(self) if each.name != "sources"}
        return Steps(self.sources, **kept)

    def with_(self, other: "Steps") -> "Steps":
        """Both, of the same sources."""
        columns = [each.name for each in fields(self) if each.name != "sources"]
        return Steps(
            self.sources,
            **{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in columns},
        )


class _Alike(NamedTuple):
    """Shares of the same steps that came about alike: a row for each of `sources`. Instants in epoch microseconds.

    `modified` has a row for each time at which some of the sources came. No `amounts`: no step has any.
    """

    sources: list[str]
    seconds: int
    method: str
    provisional: bool
    computed: bool
    starts: Integers
    modified: Integers
    shares: Integers
    amounts: Integers | None

    @property
    def size(self) -> int:
        return self.shares.size

    def where(self, keep: Flags) -> "_Alike":
        modified, shares = self.modified[:, keep], self.shares[:, keep]
        amounts = None if self.amounts is None else self.amounts[:, keep]
        return self._replace(starts=self.starts[keep], modified=modified, shares=shares, amounts=amounts)


def mix_steps(
    places: Places, *, during: Span | None = None, named: Callable[[str], str] = str
) -> dict[MixName, Steps]:
    """By name, within the hull of its places, and only those that touch `during`; all with the same columns. One query,
    however long.

    `named` says what a source is called; those that are called alike are one. No step lasts longer than a year.
    """
    during = during or Span()
    rows = _rows(_SHARES, places, start=during.start, end=during.end) if places else []
    return _of_all(_alike(rows, places, named))


def page_of_steps(
    places: Places, *, after: datetime | None, rows: int
) -> tuple[dict[MixName, Steps], datetime | None]:
    """The steps that begin at `after` or later, by name, about `rows` shares of each; and where the next page begins.

    Pages are cut between two starts, at the same moment for all names. One query; one more where a single step has
    more shares than that.
    """
    stored = _alike(_rows(_PAGE, places, after=after, rows=rows) if places else [], places)
    shares: dict[MixName, list[_Alike]] = defaultdict(list)
    for name, each in stored.items():
        for alike in each:
            inside = _within(alike.starts, *_hull(places, name), after)
            if inside.any():
                shares[name].append(alike if inside.all() else alike.where(inside))
    ends = []
    for each in shares.values():
        if sum(alike.size for alike in each) >= rows:
            starts = np.concatenate([np.repeat(alike.starts, len(alike.sources)) for alike in each])
            ends.append(int(np.partition(starts, rows - 1)[rows - 1]) // _MICROS)
    steps = _of_all(shares)
    if not ends:
        return steps, None
    cut = min(ends)  # of that step there may be more
    if all(cut <= int(each.starts[0]) for each in steps.values()):
        return page_of_steps(places, after=after, rows=rows * 2)
    kept = {name: each.where(each.starts < cut) for name, each in steps.items()}
    return {name: each for name, each in kept.items() if each.size}, datetime.fromtimestamp(cut, UTC)


def _within(starts: Integers, first: datetime | None, last: datetime | None, after: datetime | None) -> Flags:
    """Which begin in [first, last) and not before `after`; blocks hold whole days."""
    inside: Flags = np.ones(len(starts), dtype=np.bool_)
    for moment in (first, after):
        if moment is not None:
            inside &= starts >= _micros(moment)
    if last is not None:
        inside &= starts < _micros(last)
    return inside


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _alike(
    rows: Sequence[tuple[Any, ...]], places: Places, named: Callable[[str], str] = str
) -> dict[MixName, list[_Alike]]:
    """The rows that differ in nothing but source and numbers are one: most sources tell of every step."""
    names = list(places)
    alike: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
    starts = modified = b""
    for row in rows:
        starts, modified = row[6] or starts, row[7] or modified
        alike[row[0], *row[2:6], starts].append((row[1], modified, *row[8:]))
    shares: dict[MixName, list[_Alike]] = defaultdict(list)
    for (place, seconds, method, provisional, computed, starts), of_sources in alike.items():
        sources, times, *columns = zip(*of_sources, strict=True)
        parts, *amounts = (_big(b"".join(column)).reshape(len(sources), -1) for column in columns)
        distinct_times = dict.fromkeys(times)
        shares[names[place - 1]].append(
            _Alike(
                [named(source) for source in sources],
                seconds,
                method,
                provisional,
                computed,
                _moments(starts),
                _moments(b"".join(distinct_times)).reshape(len(distinct_times), -1),
                parts,
                amounts[0] if amounts else None,
            )
        )
    return shares


def _of_all(shares: Mapping[MixName, Sequence[_Alike]]) -> dict[MixName, Steps]:
    """All with the same columns."""
    named = {source for each in shares.values() for alike in each for source in alike.sources}
    sources = (*sorted(named - {UNKNOWN}), UNKNOWN)
    return {name: _steps(sources, each) for name, each in shares.items()}


def loaded_between(places: Places) -> dict[MixName, tuple[datetime, datetime]]:
    """From when to when there are steps, by name; names without any are left out. One query."""
    names = list(places)
    return {names[place - 1]: (first, last) for place, first, last in _rows(_LOADED, places)} if names else {}


def _steps(sources: tuple[str, ...], shares_alike: Sequence[_Alike]) -> Steps:
    keys = [alike.starts // _MICROS * _LONG + alike.seconds for alike in shares_alike]
    places = keys[0] if len(keys) == 1 and np.all(np.diff(keys[0]) > 0) else np.unique(np.concatenate(keys))
    size = len(places)
    # column by column in memory: they are filled and added up by source
    shares, amounts = (np.zeros((size, len(sources)), dtype=np.int64, order="F") for _ in range(2))
    named, known = (np.zeros((size, len(sources)), dtype=np.bool_, order="F") for _ in range(2))
    has_amounts, computed = (np.ones(size, dtype=np.bool_) for _ in range(2))
    provisional, modified = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.int64)
    method = np.full(size, "", dtype=object)
    for alike, key in zip(shares_alike, keys, strict=True):
        # a slice is written faster than by places
        row = slice(None) if np.array_equal(key, places) else np.searchsorted(places, key)
        is_known = alike.shares != UNKNOWN_SHARE
        columns = [sources.index(source) for source in alike.sources]
        for place, column in enumerate(columns):
            named[row, column] = True
            known[row, column] |= is_known[place]
            shares[row, column] += np.maximum(alike.shares[place], 0)
        if alike.amounts is None:
            has_amounts[row] = False
        else:
            for place, column in enumerate(columns):
                amounts[row, column] += np.maximum(alike.amounts[place], 0)
            has_amounts[row] &= (alike.amounts != UNKNOWN_SHARE).all(axis=0)
        computed[row] &= alike.computed
        provisional[row] |= alike.provisional
        modified[row] = np.maximum(modified[row], alike.modified.max(axis=0))
        method[row] = alike.method
    return Steps(
        sources=sources,
        starts=places // _LONG,
        ends=places // _LONG + places % _LONG,
        shares=_whole(shares),
        named=named,
        known=known | computed[:, None],
        amounts=amounts,
        has_amounts=has_amounts,
        method=method,
        provisional=provisional,
        computed=computed,
        modified=modified,
    )


def _whole(shares: Integers) -> Integers:
    """As `datahub.mix.arithmetic.amounts.whole`: what is left open is unknown, what rounding makes too much is cut."""
    total = shares.sum(axis=1)
    shares[:, -1] += np.maximum(ONE - total, 0)
    for row in np.flatnonzero(total > ONE).tolist():
        shares[row] = apportion(ONE, shares[row].tolist())
    return shares


def _rows(statement: str, places: Places, **more: object) -> list[tuple[Any, ...]]:
    hulls = [_hull(places, name) for name in places]
    parameters: dict[str, Any] = {
        "series": text_array([name.series for name in places]),
        "keys": text_array([name.key for name in places]),
        "regions": text_array([name.region for name in places]),
        "own": array(name.contract for name in places),
        "firsts": array(first for first, _last in hulls),
        "lasts": array(last for _first, last in hulls),
        **more,
    }
    with prepared_cursor(binary=True) as cursor:
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


def _moments(instants: bytes) -> Integers:
    return _big(instants) + _DAY_ZERO * _MICROS
