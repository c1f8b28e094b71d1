"""All that an answer about usage needs beside its readings, in one statement, since each call reads it.

How far the readings of meters are loaded is what their channels keep; no reading is touched for it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.queries.labels import ContractLabel
from accounts.queries.links import MeteredSpan
from accounts.queries.relations import (
    BILLING_ACCOUNTS,
    CONTRACT_POINTS,
    CONTRACTS,
    METER_INSTALLATIONS,
    METERS,
    SERVICE_POINTS,
)
from cdsc_portal.lib.db.prepared import array, prepared_cursor
from cdsc_portal.lib.time.local_days import days
from cdsc_portal.lib.time.ranges import Span
from datahub.answers.coverage import Coverage
from datahub.answers.page import Standing, series_standing
from datahub.models import Direction
from datahub.usage.readings import ChannelFacts

_STATEMENT = f"""
    SELECT contract.id, contract.contract_number, contract.commodity, account.account_number,
        linked.start, linked.end, installed.start, installed.end,
        point.id, point.servicepoint_number, meter.id, meter.meter_number,
        channel.id, channel.register, channel.commodity, channel.unit, channel.direction, channel.kind,
        channel.synced, channel.first_start, channel.last_end, channel.longest,
        contract.start, contract.end
    FROM {CONTRACTS} contract
    JOIN {BILLING_ACCOUNTS} account ON account.id = contract.billing_account_id
    LEFT JOIN {CONTRACT_POINTS} linked ON linked.contract_id = contract.id
    LEFT JOIN {SERVICE_POINTS} point ON point.id = linked.service_point_id
    LEFT JOIN {METER_INSTALLATIONS} installed ON installed.service_point_id = point.id
        AND tstzrange(installed.start, installed.end) && tstzrange(linked.start, linked.end)
    LEFT JOIN {METERS} meter ON meter.id = installed.meter_id
    LEFT JOIN datahub_channel channel ON channel.meter_id = meter.id AND channel.direction <> %s
    WHERE contract.id = ANY(%s::bigint[])
    ORDER BY contract.contract_number, meter.meter_number, linked.start, installed.start, linked.id, installed.id,
        channel.id
"""  # noqa: S608 - no part of it is input


@dataclass(frozen=True, slots=True)
class MeterLoad:
    """Readings of a meter lie in [first, last) UTC, none longer than `longest`; `synced` when a load last saw it.

    They begin in `span`: one second more than they last, for a register read at the very end.
    """

    first: datetime
    last: datetime
    longest: timedelta
    synced: datetime
    span: Span


@dataclass(frozen=True, slots=True)
class UsageFacts:
    """`links` are all that ever were, cut to no window; channels are by meter; numbers by key."""

    contracts: tuple[ContractLabel, ...]
    links: tuple[MeteredSpan, ...]
    points: dict[int, str]
    meters: dict[int, str]
    channels: dict[int, tuple[ChannelFacts, ...]]
    loads: dict[int, MeterLoad]


def usage_facts(
    contract_ids: Collection[int],
    *,
    only: Collection[tuple[int, int]] = (),
    with_production: bool = False,
) -> UsageFacts:
    """What is on record of the contracts, their meters and channels. One statement.

    What a plant of the customer's makes is no use of the service, and no scope opens it: only `with_production` has it.
    `only`: pairs (contract, meter) of the contracts of which a customer left meters out; these are as if
    they were not.
    """
    parted = {contract for contract, _meter in only}
    with prepared_cursor(binary=True) as cursor:
        left_out = "" if with_production else Direction.PRODUCTION.value
        cursor.execute(_STATEMENT, [left_out, array(sorted(contract_ids))])
        rows = cursor.fetchall()
    contracts: dict[int, ContractLabel] = {}
    links: dict[MeteredSpan, None] = {}
    points: dict[int, str] = {}
    meters: dict[int, str] = {}
    channels: dict[int, dict[int, ChannelFacts]] = {}
    loaded: dict[int, list[tuple[datetime, datetime, int, datetime]]] = defaultdict(list)
    for row in rows:
        contracts[row[0]] = ContractLabel(*row[:4])
        point, point_number, meter, meter_number, channel = row[8:13]
        if meter is None or (row[0] in parted and (row[0], meter) not in only):
            continue
        linked = Span(*row[4:6]).intersect(Span(*row[6:8]))
        span = linked.intersect(days(*row[22:24])) if linked else None  # a contract's own days count too
        if span is None:
            continue
        points[point], meters[meter] = point_number, meter_number
        links[MeteredSpan(row[0], point, meter, span)] = None
        known = channels.setdefault(meter, {})
        if channel is None or channel in known:
            continue
        synced, first, last, longest = row[18:22]
        register, commodity, unit, direction, kind = row[13:18]
        known[channel] = ChannelFacts(
            channel, meter, meter_number, register, commodity, unit, direction, kind, synced, longest or 0
        )
        if first is not None:
            loaded[meter].append((first, last, longest, synced))
    loads = {}
    for meter, of_channels in loaded.items():
        firsts, lasts, lengths, syncs = zip(*of_channels, strict=True)
        span = Span(min(firsts), max(lasts) + timedelta(seconds=1))
        loads[meter] = MeterLoad(min(firsts), max(lasts), timedelta(seconds=max(lengths)), max(syncs), span)
    return UsageFacts(
        tuple(contracts.values()),
        tuple(links),
        points,
        meters,
        {meter: tuple(known.values()) for meter, known in channels.items()},
        loads,
    )


def loaded_until(links: Iterable[MeteredSpan], loads: Mapping[int, MeterLoad]) -> datetime | None:
    """The end of the newest reading inside the links; `loads` are by meter key."""
    ends = [
        load.last if link.span.end is None else min(load.last, link.span.end)
        for link in links
        if (load := loads.get(link.meter_id)) is not None and link.span.intersect(load.span)
    ]
    return max(ends, default=None)


def usage_standings(
    covered: Coverage,
    links: Iterable[MeteredSpan],
    loads: Mapping[int, MeterLoad],
    *,
    with_readings: frozenset[int],
) -> dict[int, Standing]:
    """How usage stands for each contract of an answer, by key; of those `with_readings` some is known.

    `links` are all that ever were, so that freshness does not depend on the window, and what a meter measured for
    someone else counts as nothing.
    """
    loaded: dict[int, list[MeteredSpan]] = defaultdict(list)
    for link in links:
        if link.meter_id in loads and link.span.intersect(loads[link.meter_id].span):
            loaded[link.contract_id].append(link)
    return {
        contract.key: series_standing(
            has_data=contract.key in with_readings,
            synced=max((loads[link.meter_id].synced for link in loaded[contract.key]), default=None),
            loaded_until=loaded_until(loaded[contract.key], loads),
            spans=contract.spans,
        )
        for contract in covered.contracts
        if contract.spans
    }
