"""The hierarchy as CSV: a column `record` names the kind, the other columns are the fields of all kinds.

One line `record=file` says `mode` (full or changes) and `as_of`; settings of these names stand in for it.
"""

from zoneinfo import ZoneInfo

from accounts.feed_rows import Hierarchy
from datahub.feeds.formats.hierarchy.records import FIELDS, collect
from datahub.feeds.formats.table import Ragged, Table, header_of
from datahub.rows.base import NO_SETTINGS, Cells, FeedStructureError, Parsed, Settings

NAME = "hierarchy_csv"
KIND = "hierarchy"
SUFFIXES = (".csv",)
MOST_BYTES = 256 << 20  # a full one cannot be sent in parts


def sniff(content: bytes) -> bool:
    columns = set(header_of(content)[0])
    return (
        "record" in columns
        and bool(columns & {"customer_number", "contract_number", "meter_number"})
        and ("statement_number" not in columns)
    )


def parse(content: bytes, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Parsed[Hierarchy]:
    """Exactly one `Hierarchy`. Raises FeedStructureError: what `Table` refuses, no `mode` or `as_of`."""
    about: Cells = settings
    records: list[tuple[int, str, Cells]] = []
    for line, cells in Table(content, ("record",), ("mode", "as_of", *FIELDS)):
        if isinstance(cells, Ragged):
            records.append((line, "", cells))
        elif cells["record"] == "file":
            if about is not settings:
                raise FeedStructureError(f"line {line}: the file is described twice")
            about = cells
        else:
            records.append((line, cells["record"], {name: cells[name] for name in cells if name != "record"}))
    return collect(records, mode=about.get("mode", ""), as_of=about.get("as_of", ""), zone=zone)
