"""What the contracts of each tariff used in a region, step by step, out of the interval store."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection

from datahub.feeds.store.codec import DAY_SECONDS, Integers, unpacked
from datahub.feeds.store.columns import LONGEST_IN_A_BLOCK
from datahub.mix.amounts import apportion

# Which contracts were served in the region on which tariff and by which meter, during what of their time.
_SERVED = """
    WITH served AS MATERIALIZED (
        SELECT contract.id AS contract, term.tariff_code AS tariff, installed.meter_id AS meter, span.first, span.last
        FROM accounts_gridplacement placed
        JOIN accounts_contractservicepoint linked ON linked.service_point_id = placed.service_point_id
        JOIN accounts_servicecontract contract ON contract.id = linked.contract_id
        JOIN accounts_supplyterm term ON term.contract_id = contract.id
        LEFT JOIN accounts_meterinstallation installed ON installed.service_point_id = placed.service_point_id
            AND tstzrange(installed.start, installed.end) && tstzrange(%(first)s, %(past)s)
        CROSS JOIN LATERAL (SELECT
            greatest(placed.start, linked.start, installed.start, contract.start::timestamp AT TIME ZONE %(zone)s,
                     term.start::timestamp AT TIME ZONE %(zone)s) AS first,
            least(placed.end, linked.end, installed.end, contract.end::timestamp AT TIME ZONE %(zone)s,
                  term.end::timestamp AT TIME ZONE %(zone)s) AS last) span
        WHERE placed.region = %(region)s AND span.first < coalesce(span.last, 'infinity')
            AND span.first < %(past)s AND coalesce(span.last, 'infinity') > %(first)s
    )
"""
_TARIFFS = f"""{_SERVED}
    SELECT tariff, greatest(min(first), %(first)s), max(least(last, %(past)s))
    FROM served GROUP BY tariff ORDER BY tariff
"""  # noqa: S608 - no part of it is input
_CONTRACTS = f"""{_SERVED}
    SELECT DISTINCT contract, tariff, greatest(first, %(first)s), least(last, %(past)s)
    FROM served WHERE contract = ANY(%(own)s) ORDER BY 1, 2, 3, 4
"""  # noqa: S608 - no part of it is input
# Blocks that lie wholly in their span are joined by tariff; others come with it. One that does not begin at midnight
# reaches into the next day.
_BLOCKS = f"""{_SERVED}
    SELECT served.tariff, CASE WHEN served.contract = ANY(%(own)s) THEN served.contract END, block.day, block.step,
        block.phase, block.scale, octet_length(block.vals),
        CASE WHEN partial THEN served.first END, CASE WHEN partial THEN served.last END, string_agg(block.vals, '')
    FROM served
    JOIN datahub_channel channel ON channel.meter_id = served.meter AND channel.kind = 'interval'
        AND channel.direction = 'import' AND channel.commodity = 'electricity' AND channel.unit = 'Wh'
    JOIN interval_block block ON block.channel_id = channel.id AND block.day = ANY(%(reaching)s)
        AND (block.phase > 0 OR block.day > %(before)s)
    CROSS JOIN LATERAL (SELECT served.first > block.day::timestamp AT TIME ZONE 'UTC'
        OR served.last < (block.day + 1)::timestamp AT TIME ZONE 'UTC' + make_interval(secs => block.phase)
        AS partial) whole
    WHERE served.tariff = ANY(%(tariffs)s)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""  # noqa: S608 - no part of it is input

# Daily and longer readings, which are in no block; where a channel has blocks of the same days, those count.
_PERIODS = f"""{_SERVED}
    SELECT served.tariff, CASE WHEN served.contract = ANY(%(own)s) THEN served.contract END,
        extract(epoch FROM reading.start)::bigint, extract(epoch FROM reading.end)::bigint, reading.scale,
        sum(reading.value)::bigint
    FROM served
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
    )
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
    """Whole watt-hours by step: of all contracts of a tariff, and of those asked for alone."""

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


def tariffs_in(region: str, first: datetime, past: datetime) -> dict[str, tuple[int, int]]:
    """The tariffs of the region's contracts, each with the hull of its time, in epoch seconds. One query."""
    rows = _rows(_TARIFFS, region, first, past)
    return {tariff: (int(start.timestamp()), int(end.timestamp())) for tariff, start, end in rows}


def served(region: str, contracts: Collection[int], first: datetime, past: datetime) -> list[Served]:
    """When these contracts were on which tariff in the region. One query."""
    rows = _rows(_CONTRACTS, region, first, past, own=list(contracts)) if contracts else []
    return [
        Served(contract, tariff, int(start.timestamp()), int(end.timestamp()))
        for contract, tariff, start, end in rows
    ]


def use_of(
    region: str,
    days: Sequence[date],
    span: tuple[datetime, datetime],
    *,
    tariffs: Collection[str],
    own: Collection[int],
    seconds: int,
) -> Use:
    """What was used on these tariffs, known readings only; `own` are contracts to be told alone too. Two queries."""
    use = Use()
    if tariffs:
        before = min(days) - timedelta(days=1)
        more: dict[str, Any] = {
            "reaching": [before, *days],
            "before": before,
            "tariffs": sorted(tariffs),
            "own": list(own),
        }
        for tariff, contract, day, step, phase, scale, size, first, last, packed in _rows(
            _BLOCKS, region, *span, **more
        ):
            slots = DAY_SECONDS // step
            values = _values(bytes(packed), size // slots, slots)
            midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
            starts = midnight + phase + np.arange(slots, dtype=np.int64) * step
            if first is not None:
                past = np.inf if last is None else last.timestamp()
                inside = (starts >= first.timestamp()) & (starts + step <= past)
                values = np.where(inside, values, 0)
            use.add(tariff, contract, scale, *_in_steps(starts, values, step, seconds))
        for tariff, contract, begin, end, scale, value in _rows(_PERIODS, region, *span, **more):
            use.add(tariff, contract, scale, *_over_steps(begin, end, value, seconds))
    return use


def _values(packed: bytes, width: int, slots: int) -> Integers:
    """Added up over the blocks; what is not known adds nothing."""
    values: Integers = unpacked(packed, width, slots)[0].sum(axis=0)
    return values


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


def _rows(statement: str, region: str, first: datetime, past: datetime, **more: Any) -> list[tuple[Any, ...]]:
    parameters: dict[str, Any] = {
        "region": region,
        "first": first,
        "past": past,
        "zone": settings.TIME_ZONE,
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
