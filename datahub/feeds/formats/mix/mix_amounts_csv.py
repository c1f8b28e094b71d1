"""Generation, certificates and consumption as quantities in CSV, one amount a line.

Columns: kind (generated, issued, expired, tracked, cancelled, consumed, attribute), region, source (empty of what is
consumed), start, quantity; unit (Wh, kWh, MWh; MWh where there is none); the length as end, so that a month is given by
its first instants, or as resolution_seconds, else an hour; tariff_code or contract_number of what is cancelled;
provisional (yes or no). Times without offset are local.
"""

from collections.abc import Hashable
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from datahub.feeds.formats.cells import at_most, decimal, needed, one_of, whole_number, yes_or_no
from datahub.feeds.formats.local_time import moment, unused_pass
from datahub.feeds.formats.table import Table, header_of, row_by_line
from datahub.rows.base import NO_SETTINGS, Cells, Parsed, Settings
from datahub.rows.mix import AmountRow

NAME = "mix_amounts_csv"
KIND = "generation_mix"
SUFFIXES = (".csv",)
BY_LINE = True

_NEEDED = ("kind", "region", "source", "start", "quantity")
_KINDS = ("generated", "issued", "expired", "tracked", "cancelled", "consumed", "attribute")
_WATT_HOURS = {"Wh": 1, "kWh": 1_000, "MWh": 1_000_000}
_LONGEST = 366 * 86_400  # seconds


def sniff(content: bytes) -> bool:
    return set(_NEEDED) <= set(header_of(content)[0])


def parse(content: bytes, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Parsed[AmountRow]:
    """One row a line; a repeated amount is rejected.

    Raises FeedStructureError: what `Table` refuses.
    """
    optional = ("unit", "end", "resolution_seconds", "tariff_code", "contract_number", "provisional")
    return row_by_line(Table(content, _NEEDED, optional), partial(_row, zone=zone, lines={}))


def _row(line: int, cells: Cells, *, zone: ZoneInfo, lines: dict[tuple[Hashable, int], int]) -> AmountRow:
    kind = one_of(cells["kind"], "kind", *_KINDS)
    region = needed(cells["region"], "region", 50)
    source = cells["source"] if kind == "consumed" else needed(cells["source"], "source", 50)
    if kind == "consumed" and source:
        raise ValueError("what is consumed has no source")
    tariff = at_most(cells.get("tariff_code", ""), "tariff_code", 50)
    contract = at_most(cells.get("contract_number", ""), "contract_number", 100)
    if kind == "cancelled" and bool(tariff) == bool(contract):
        raise ValueError("certificates are cancelled for a tariff_code or for a contract_number")
    if kind != "cancelled" and (tariff or contract):
        raise ValueError(f"what is {kind} is not for a tariff or a contract")
    instants = moment(cells["start"], zone)
    seconds = _seconds(cells, instants[0], zone)
    key = (kind, region, source, tariff, contract, seconds)
    start = unused_pass(lines, key, instants, line, "this amount")
    unit = one_of(cells.get("unit") or "MWh", "unit", *_WATT_HOURS)
    watt_hours = decimal(cells["quantity"], "quantity", decimals=9) * _WATT_HOURS[unit]
    if watt_hours < 0 or watt_hours != watt_hours.to_integral_value():
        raise ValueError(f"{cells['quantity']} {unit} is below 0 or no whole number of watt-hours")
    return AmountRow(
        line, kind, region, source, datetime.fromtimestamp(start, UTC), seconds, int(watt_hours), tariff,
        contract, yes_or_no(cells.get("provisional", ""), "provisional"),
    )  # fmt: skip


def _seconds(cells: Cells, first: int, zone: ZoneInfo) -> int:
    if cells.get("end"):
        if cells.get("resolution_seconds"):
            raise ValueError("end and resolution_seconds both tell the length")
        seconds = moment(cells["end"], zone)[0] - first
    else:
        seconds = whole_number(cells.get("resolution_seconds") or "3600", "resolution_seconds")
    if not 0 < seconds <= _LONGEST:
        raise ValueError("an amount lasts longer than nothing and at most a year")
    return seconds
