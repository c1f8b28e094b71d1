"""Generation mix as CSV, one share of one source a line.

Columns: series, start, source, share (0 to 1, empty = unknown); region, or for consumption_breakdown tariff_code;
resolution_seconds where it is not an hour; provisional (yes or no). residual_mix is a published one,
consumption_breakdown what a supplier declares.
"""

from collections import defaultdict
from collections.abc import Hashable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from datahub.feeds.formats.cells import decimal_or_none, needed, one_of, whole_number, yes_or_no
from datahub.feeds.formats.local_time import moment, unused_pass
from datahub.feeds.formats.table import Table, header_of, row_by_line
from datahub.rows.base import NO_SETTINGS, Cells, Parsed, Rejection, Settings
from datahub.rows.mix import MixRow

NAME = "generation_mix_csv"
KIND = "generation_mix"
SUFFIXES = (".csv",)
BY_LINE = True

_NEEDED = ("series", "start", "source", "share")
_ROUNDING = Decimal("0.01")  # by which the sum of rounded shares may exceed 1


def sniff(content: bytes) -> bool:
    return set(_NEEDED) <= set(header_of(content)[0])


def parse(content: bytes, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Parsed[MixRow]:
    """One row a line. A repeated share is rejected, and so are all shares of a time that add up to more than one.

    Raises FeedStructureError: what `Table` refuses.
    """
    table = Table(content, _NEEDED, ("region", "tariff_code", "resolution_seconds", "provisional"))
    parsed = row_by_line(table, partial(_row, zone=zone, lines={}))
    totals: dict[tuple[str, str, datetime], Decimal] = defaultdict(Decimal)
    for row in parsed.rows:
        totals[row.series, row.key, row.start] += row.share or 0
    kept, rejected = [], list(parsed.rejected)
    for row in parsed.rows:
        total = totals[row.series, row.key, row.start]
        if total > 1 + _ROUNDING:
            rejected.append(Rejection(row.line, f"the shares of this time come to {total}, more than 1"))
        else:
            kept.append(row)
    return Parsed(kept, sorted(rejected, key=lambda rejection: rejection.line))


def _row(line: int, cells: Cells, *, zone: ZoneInfo, lines: dict[tuple[Hashable, int], int]) -> MixRow:
    series = one_of(
        cells["series"], "series", "generation_breakdown", "consumption_breakdown", "residual_mix"
    )
    key_name = "tariff_code" if series == "consumption_breakdown" else "region"
    key = needed(cells.get(key_name, ""), key_name, 50)
    source = needed(cells["source"], "source", 50)
    share = decimal_or_none(cells["share"], "share", decimals=10)
    if share is not None and not 0 <= share <= 1:
        raise ValueError(f"share {share} is not between 0 and 1")
    share_name = f"the share of {source}"
    start = unused_pass(lines, (series, key, source), moment(cells["start"], zone), line, share_name)
    resolution = whole_number(cells.get("resolution_seconds") or "3600", "resolution_seconds")
    provisional = yes_or_no(cells.get("provisional", ""), "provisional")
    begin = datetime.fromtimestamp(start, UTC)
    return MixRow(line, series, key, begin, resolution, source, share, provisional)
