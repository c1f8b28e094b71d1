"""What the contracts of each tariff used in a region, step by step, out of the interval store."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, product
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection

from accounts.queries.relations import (
    CONTRACT_POINTS,
    CONTRACTS,
    GRID_PLACEMENTS,
    METER_INSTALLATIONS,
    SUPPLY_TERMS,
)
from datahub.mix.arithmetic.amounts import apportion
from datahub.models import ChannelKind
from datahub.store.codec import DAY_SECONDS, Integers, unpacked
from datahub.store.columns import LONGEST_IN_A_BLOCK
from datahub.usage.counted_channels import Rank, rank_of

# Which contracts were served in the region on which tariff and by which meter, during what of their time; `alone` are
# those with certificates of their own. `begins` and `ends` stand where the days that are read do not lie wholly in it.
_FORGET = "DROP TABLE IF EXISTS pg_temp.mix_served"
_LOOK_UP = f"""
    CREATE TEMPORARY TABLE mix_served ON COMMIT DROP AS
    SELECT CASE WHEN contract.id = ANY(%(own)s) THEN contract.id END AS alone, term.tariff_code AS tariff,
        installed.meter_id AS meter, span.first, span.last,
        CASE WHEN span.first > %(first)s - interval '1 day' THEN span.first END AS begins,
        CASE WHEN span.last < %(past)s + interval '1 day' THEN span.last END AS ends
    FROM {GRID_PLACEMENTS} placed
    JOIN {CONTRACT_POINTS} linked ON linked.service_point_id = placed.service_point_id
    JOIN {CONTRACTS} contract ON contract.id = linked.contract_id
    JOIN {SUPPLY_TERMS} term ON term.contract_id = contract.id
    LEFT JOIN {METER_INSTALLATIONS} installed ON installed.service_point_id = placed.service_point_id
        AND tstzrange(installed.start, installed.end) && tstzrange(%(first)s, %(past)s)
    CROSS JOIN LATERAL (SELECT
        greatest(placed.start, linked.start, installed.start, contract.start::timestamp AT TIME ZONE %(zone)s,
                 term.start::timestamp AT TIME ZONE %(zone)s) AS first,
        least(placed.end, linked.end, installed.end, contract.end::timestamp AT TIME ZONE %(zone)s,
              term.end::timestamp AT TIME ZONE %(zone)s) AS last) span
    WHERE placed.region = %(region)s AND span.first < coalesce(span.last, 'infinity')
        AND span.first < %(past)s AND coalesce(span.last, 'infinity') > %(first)s
"""  # noqa: S608 - no part of it is input
_ANALYZE = "ANALYZE mix_served"
_TARIFFS = """
    SELECT tariff, greatest(min(first), %(first)s), max(least(last, %(past)s))
    FROM mix_served GROUP BY tariff ORDER BY tariff
"""
_ALONE = """
    SELECT DISTINCT alone, tariff, greatest(first, %(first)s), least(last, %(past)s)
    FROM mix_served WHERE alone IS NOT NULL ORDER BY 1, 2, 3, 4
"""
# Meters with several channels that could count: those of a higher rank give way to those of lower ones, see _YIELDING
_SEVERAL = """
    SELECT array_agg(channel.id), array_agg(channel.register), array_agg(coalesce(channel.longest, 0))
    FROM datahub_channel channel
    WHERE channel.kind = 'interval' AND channel.direction = 'import' AND channel.commodity = 'electricity'
        AND channel.unit = 'Wh' AND channel.meter_id IN (SELECT meter FROM mix_served)
    GROUP BY channel.meter_id HAVING count(*) > 1
"""
# A day of a channel counts only if no channel before it has a reading of that day: to the reading it is cut where a
# contract's own use is shown; here the first channel counts on a day on which a feed changes its names.
_YIELDING = """ AND NOT EXISTS (
        SELECT FROM unnest(%(yields)s::bigint[], %(before_it)s::bigint[]) AS pair (channel, first)
        JOIN interval_block other ON other.channel_id = pair.first AND other.known > 0
            AND other.day BETWEEN ({begins} AT TIME ZONE 'UTC')::date AND ({ends} AT TIME ZONE 'UTC')::date
        WHERE pair.channel = channel.id
    ) AND NOT EXISTS (
        SELECT FROM unnest(%(yields)s::bigint[], %(before_it)s::bigint[]) AS pair (channel, first)
        JOIN datahub_periodreading other ON other.channel_id = pair.first AND other.value IS NOT NULL
            AND other.start < {past} AND other.end > {begins}
        WHERE pair.channel = channel.id
    )"""
_OF_BLOCK = {
    "begins": "block.day::timestamp AT TIME ZONE 'UTC'",
    "ends": "block.day::timestamp AT TIME ZONE 'UTC'",
    "past": "(block.day + 1)::timestamp AT TIME ZONE 'UTC'",
}
_OF_PERIOD = {"begins": "reading.start", "ends": "(reading.end - interval '1 second')", "past": "reading.end"}
# Blocks are joined by tariff, apart where they do not lie wholly in their span. One that does not begin at midnight
# reaches into the next day. All blocks of a day are few groups, which the planner cannot know: it would sort them.
_UNSORTED, _AS_EVER = "SET LOCAL enable_sort = off", "SET LOCAL enable_sort = on"
_BLOCKS = """
    SELECT served.tariff, served.alone, block.day, block.step, block.phase, block.scale, octet_length(block.vals),
        served.begins, served.ends, string_agg(block.vals, '')
    FROM mix_served served
    JOIN datahub_channel channel ON channel.meter_id = served.meter AND channel.kind = 'interval'
        AND channel.direction = 'import' AND channel.commodity = 'electricity' AND channel.unit = 'Wh'
    JOIN interval_block block ON block.channel_id = channel.id AND block.day = ANY(%(reaching)s)
        AND (block.phase > 0 OR block.day > %(before)s)
    WHERE served.tariff = ANY(%(tariffs)s){yielding}
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""
# Daily and longer readings, which are in no block; where a channel has blocks of the same days, those count.
_PERIODS = f"""
    SELECT served.tariff, served.alone, extract(epoch FROM reading.start)::bigint,
        extract(epoch FROM reading.end)::bigint, reading.scale, sum(reading.value)::bigint
    FROM mix_served served
    JOIN datahub_channel channel ON channel.meter_id = served.meter AND channel.kind = 'interval'
        AND channel.direction = 'import' AND channel.commodity = 'electricity' AND channel.unit = 'Wh'
        AND channel.longest > {LONGEST_IN_A_BLOCK}
    JOIN datahub_periodreading reading ON reading.channel_id = channel.id AND NOT reading.overlapping
        AND reading.value IS NOT NULL AND reading.end > reading.start
        AND reading.start < %(past)s AND reading.end > %(first)s
        AND reading.start >= %(first)s - make_interval(secs => channel.longest)
        AND reading.start >= served.first AND reading.end <= coalesce(served.last, 'infinity')
    WHERE served.tariff = ANY(%(tariffs)s) AND NOT EXISTS (
        SELECT FROM interval_block block WHERE block.channel_id = channel.id
            AND block.day >= (reading.start AT TIME ZONE 'UTC')::date
            AND block.day < (reading.end AT TIME ZONE 'UTC' + interval '23:59:59')::date
    ){{yielding}}
    GROUP BY 1, 2, 3, 4, 5
"""  # noqa: S608 - no part of it is input


@dataclass(frozen=True, slots=True)
class Served:
    """A contract on a tariff in the region during [first, last), in epoch seconds."""

    contract: int
    tariff: str
    first: int
    last: int


class Use:
    """Whole watt-hours by step: of all contracts of a tariff, and of single contracts."""

    def __init__(self) -> None:
        self._exact: dict[tuple[str, int | None, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))

    def add(self, tariff: str, contract: int | None, scale: int, starts: Integers, values: Integers) -> None:
        """Readings that began at `starts`, in units of 10**-scale Wh."""
        for start, value in zip(starts.tolist(), values.tolist(), strict=True):
            if value:
                self._exact[tariff, None, start][scale] += value
                if contract is not None:
                    self._exact[tariff, contract, start][scale] += value

    def of(self, tariff: str, start: int, contract: int | None = None) -> int:
        """Rounded to whole watt-hours once everything is added up; never below 0."""
        parts = self._exact.get((tariff, contract, start), {})
        if not parts:
            return 0
        most = max(0, *parts)
        total = sum(value * 10 ** (most - scale) for scale, value in parts.items())
        return int(max(0, (2 * total + 10**most) // (2 * 10**most)))


class ServedContracts:
    """The contracts of a region during [first, past), looked up once in the caller's transaction; four statements.

    `own` are those with certificates of their own.
    """

    def __init__(self, region: str, first: datetime, past: datetime, *, own: Collection[int]) -> None:
        self._facts: dict[str, Any] = {"first": first, "past": past}
        facts = {**self._facts, "region": region, "own": list(own), "zone": settings.TIME_ZONE}
        with connection.cursor() as cursor:
            cursor.execute(_FORGET)
            cursor.execute(_LOOK_UP, facts)
            cursor.execute(_ANALYZE)
        # channels that count only while another has no reading, each with each such other
        self._yields: list[tuple[int, int]] = []
        for several in self._rows(_SEVERAL):
            by_rank: dict[Rank, list[int]] = defaultdict(list)
            for channel, register, longest in zip(*several, strict=True):
                place = rank_of(register, kind=ChannelKind.INTERVAL, unit="Wh", longest=longest)
                if place is not None:
                    by_rank[place].append(channel)
            for before, place in combinations(sorted(by_rank), 2):
                self._yields += product(by_rank[place], by_rank[before])

    def tariffs(self) -> dict[str, tuple[int, int]]:
        """Each with the hull of its time, in epoch seconds. One query."""
        return {
            tariff: (int(start.timestamp()), int(end.timestamp()))
            for tariff, start, end in self._rows(_TARIFFS)
        }

    def alone(self) -> list[Served]:
        """When the contracts with certificates of their own were on which tariff. One query."""
        return [
            Served(contract, tariff, int(start.timestamp()), int(end.timestamp()))
            for contract, tariff, start, end in self._rows(_ALONE)
        ]

    def use(self, days: Sequence[date], tariffs: Collection[str], *, seconds: int) -> Use:
        """What was used on these tariffs, known readings only, in steps of so many seconds. Four statements."""
        use = Use()
        if not tariffs:
            return use
        before = min(days) - timedelta(days=1)
        more: dict[str, Any] = {"reaching": [before, *days], "before": before, "tariffs": sorted(tariffs)}
        if self._yields:
            more["yields"], more["before_it"] = (list(side) for side in zip(*self._yields, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(_UNSORTED)
            blocks = self._rows(self._with_yielding(_BLOCKS, _OF_BLOCK), **more)
            cursor.execute(_AS_EVER)
        for tariff, alone, *block in blocks:
            starts, values, scale, step = _readings(*block)
            use.add(tariff, alone, scale, *_in_steps(starts, values, step, seconds))
        for tariff, alone, begin, end, scale, value in self._rows(
            self._with_yielding(_PERIODS, _OF_PERIOD), **more
        ):
            use.add(tariff, alone, scale, *_over_steps(begin, end, value, seconds))
        return use

    def _with_yielding(self, statement: str, of: dict[str, str]) -> str:
        return statement.format(yielding=_YIELDING.format(**of) if self._yields else "")

    def _rows(self, statement: str, **more: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, {**self._facts, **more})
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _readings(
    day: date,
    step: int,
    phase: int,
    scale: int,
    size: int,
    begins: datetime | None,
    ends: datetime | None,
    joined: bytes,
) -> tuple[Integers, Integers, int, int]:
    """The readings of blocks of `size` bytes, added up: starts, values, their scale and length in seconds.

    What is not known adds nothing.
    """
    slots = DAY_SECONDS // step
    values: Integers = unpacked(bytes(joined), size // slots, slots)[0].sum(axis=0)
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    starts = midnight + phase + np.arange(slots, dtype=np.int64) * step
    if begins is not None:
        values = np.where(starts >= begins.timestamp(), values, 0)
    if ends is not None:
        values = np.where(starts + step <= ends.timestamp(), values, 0)
    return starts, values, scale, step


def _in_steps(starts: Integers, values: Integers, step: int, seconds: int) -> tuple[Integers, Integers]:
    """Readings by the steps of the mix: shorter ones added up, longer ones in equal parts."""
    if step > seconds:
        parts = step // seconds
        place = np.tile(np.arange(parts, dtype=np.int64), len(values))
        base, left = np.divmod(np.repeat(values, parts), parts)
        starts, values = np.repeat(starts, parts) + place * seconds, base + (place < left)
    begun, where = np.unique(starts - starts % seconds, return_inverse=True)
    totals = np.zeros(len(begun), dtype=np.int64)
    np.add.at(totals, where, values)
    return begun, totals


def _over_steps(begin: int, end: int, value: int, seconds: int) -> tuple[Integers, Integers]:
    """A long reading by the steps of the mix, in proportion to the time that each has of it."""
    starts = np.arange(begin - begin % seconds, end, seconds, dtype=np.int64)
    lengths = np.minimum(starts + seconds, end) - np.maximum(starts, begin)
    return starts, np.array(apportion(value, lengths.tolist()), dtype=np.int64)
