"""Generation mix as CSV, one share of one source a line.

Columns: series, start, source, share (0 to 1, empty = unknown); region, or for consumption_breakdown tariff_code;
resolution_seconds where it is not an hour; provisional (yes or no). residual_mix is a published one,
consumption_breakdown what a supplier declares.
"""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from datahub.feeds.formats.cells import decimal_or_none, needed, one_of, whole_number, yes_or_no
from datahub.feeds.formats.local_time import moment
from datahub.feeds.formats.table import Table, header_of, row_by_line
from datahub.rows.base import NO_SETTINGS, Cells, Parsed, Rejection, Settings
from datahub.rows.mix import MixRow

NAME = "generation_mix_csv"
KIND = "generation_mix"
SUFFIXES = (".csv",)
BY_LINE = True

_NEEDED = ("series", "start", "source", "share")
_ROUNDING = Decimal("0.01")  # what rounded shares may make together, above 1


def sniff(content: bytes) -> bool:
    return set(_NEEDED) <= set(header_of(content)[0])


def parse(content: bytes, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Parsed[MixRow]:
    """One row a line. A share told twice is rejected, and so are all of a time that come to more than one.

    Raises FeedStructureError: what `Table` refuses.
    """
    table = Table(content, _NEEDED, ("region", "tariff_code", "resolution_seconds", "provisional"))
    passes: dict[tuple[str, str, str, int], int] = {}
    parsed = row_by_line(table, partial(_row, zone=zone, passes=passes))
    return _without_excess(parsed)


def _row(line: int, cells: Cells, *, zone: ZoneInfo, passes: dict[tuple[str, str, str, int], int]) -> MixRow:
    series = one_of(
        cells["series"], "series", "generation_breakdown", "consumption_breakdown", "residual_mix"
    )
    key_name = "tariff_code" if series == "consumption_breakdown" else "region"
    key = needed(cells.get(key_name, ""), key_name, 50)
    source = needed(cells["source"], "source", 50)
    share = decimal_or_none(cells["share"], "share", decimals=10)
    if share is not None and not 0 <= share <= 1:
        raise ValueError(f"share {share} is not between 0 and 1")
    first, shift = moment(cells["start"], zone)
    place = (series, key, source, first)
    earlier = passes.setdefault(place, line)
    if earlier != line:
        # the second time that a repeated hour is told, it is the second pass
        first, place = first + shift, (series, key, source, first + shift)
        if not shift or passes.setdefault(place, line) != line:
            raise ValueError(f"the share of {source} is already in line {earlier}")
    resolution = whole_number(cells.get("resolution_seconds") or "3600", "resolution_seconds")
    provisional = yes_or_no(cells.get("provisional", ""), "provisional")
    begin = datetime.fromtimestamp(first, UTC)
    return MixRow(line, series, key, begin, resolution, source, share, provisional)


def _without_excess(parsed: Parsed[MixRow]) -> Parsed[MixRow]:
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
