"""Supply terms as CSV: who supplied a contract on which tariff, from `start` to before `end` (local dates).

Columns: contract_number, supplier, tariff_code, tariff_name, start; where known end (empty = still so) and
supplier_contract_number.
"""

from zoneinfo import ZoneInfo

from accounts.feed_rows import SupplyTermRow
from datahub.feeds.formats.cells import at_most, is_before, iso_date, iso_date_or_none, needed
from datahub.feeds.formats.periods import without_overlap
from datahub.feeds.formats.table import Table, header_of, row_by_line
from datahub.rows.base import NO_SETTINGS, Cells, Parsed, Settings

NAME = "supply_terms_csv"
KIND = "supply_terms"
SUFFIXES = (".csv",)
BY_LINE = True

_NEEDED = ("contract_number", "supplier", "tariff_code", "tariff_name", "start")


def sniff(content: bytes) -> bool:
    columns = set(header_of(content)[0])
    return set(_NEEDED) <= columns and "record" not in columns


def parse(content: bytes, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Parsed[SupplyTermRow]:
    """One row a line; of two terms of a contract that meet, the later line is rejected.

    Raises FeedStructureError: what `Table` refuses.
    """
    table = Table(content, _NEEDED, ("end", "supplier_contract_number"))
    parsed = row_by_line(table, _row)
    kept, clashes = without_overlap(parsed.rows, lambda row: row.contract_number)
    return Parsed(kept, sorted([*parsed.rejected, *clashes], key=lambda rejection: rejection.line))


def _row(line: int, cells: Cells) -> SupplyTermRow:
    start, end = iso_date(cells["start"]), iso_date_or_none(cells.get("end", ""))
    is_before(start, end)
    return SupplyTermRow(
        line,
        contract_number=needed(cells["contract_number"], "contract_number", 50),
        supplier=needed(cells["supplier"], "supplier", 150),
        supplier_contract_number=at_most(
            cells.get("supplier_contract_number", ""), "supplier_contract_number", 50
        ),
        tariff_code=needed(cells["tariff_code"], "tariff_code", 50),
        tariff_name=needed(cells["tariff_name"], "tariff_name", 150),
        start=start,
        end=end,
    )
