"""How usage stands for each contract of an answer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.prepared import array, prepared_cursor
from datahub.answers.coverage import Coverage
from datahub.answers.loaded_until import Standing, series_standing
from datahub.usage.meter_loads import MeterLoad
from datahub.usage.plan import ReadInterval

_HOLDING = """
    SELECT DISTINCT asked.contract
    FROM unnest(%(contracts)s::bigint[], %(meters)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
         AS asked(contract, meter, first, last)
    JOIN datahub_channel channel ON channel.meter_id = asked.meter
    WHERE EXISTS (
        SELECT 1 FROM interval_block block
        WHERE block.channel_id = channel.id AND block.known > 0
          AND block.day BETWEEN (%(first)s::timestamptz AT TIME ZONE 'UTC')::date
                            AND (%(last)s::timestamptz AT TIME ZONE 'UTC')::date
          AND block.day BETWEEN (asked.first AT TIME ZONE 'UTC')::date
                            AND ((asked.last AT TIME ZONE 'UTC') - interval '1 microsecond')::date
    ) OR EXISTS (
        SELECT 1 FROM datahub_periodreading reading
        WHERE reading.channel_id = channel.id AND reading.value IS NOT NULL
          AND reading.start >= asked.first AND reading."end" <= asked.last
    )
"""


def usage_standings(
    covered: Coverage,
    links: Iterable[MeteredSpan],
    loads: Mapping[int, MeterLoad],
    *,
    found: frozenset[int],
) -> dict[int, Standing]:
    """By contract key; `links` are all stretches ever, so that freshness does not hang on the window, and
    what a meter measured for someone else counts as nothing.
    """
    known: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for link in links:
        load = loads.get(link.meter_id)
        if load is not None and load.reaches(link.span):
            until = load.last if link.span.end is None else min(load.last, link.span.end)
            known[link.contract_id].append((load.synced, until))
    return {
        contract: series_standing(
            found=contract in found,
            synced=max((synced for synced, _ in known[contract]), default=None),
            loaded_until=max((until for _, until in known[contract]), default=None),
            spans=spans,
        )
        for contract, spans in covered.spans.items()
    }


def contracts_with_readings(plan: Sequence[ReadInterval]) -> frozenset[int]:
    """Contracts for which some reading of a stretch is on record, to the day. One statement."""
    if not plan:
        return frozenset()
    parameters = {
        "contracts": array(stretch.contract for stretch in plan),
        "meters": array(stretch.meter for stretch in plan),
        "starts": array(stretch.start.isoformat() for stretch in plan),
        "ends": array(stretch.end.isoformat() for stretch in plan),
        "first": min(stretch.start for stretch in plan).isoformat(),
        "last": max(stretch.end for stretch in plan).isoformat(),
    }
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_HOLDING, parameters)
        return frozenset(contract for (contract,) in cursor.fetchall())
