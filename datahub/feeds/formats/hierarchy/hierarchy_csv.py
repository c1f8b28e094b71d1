"""The hierarchy as CSV: a column `record` names the kind, the other columns are the fields of all kinds.

One line `record=file` says `mode` (full or changes) and `as_of`; settings of these names stand in for it.
"""

from collections.abc import Iterator
from typing import BinaryIO
from zoneinfo import ZoneInfo

from accounts.feed_rows import Hierarchy
from datahub.feeds.formats.hierarchy.records import FIELDS, MOST_BYTES, MOST_RECORDS, collect
from datahub.feeds.formats.limits import size_within
from datahub.feeds.formats.table import Ragged, Table, header_of
from datahub.rows.base import NO_SETTINGS, Cells, FeedStructureError, Part, Settings

NAME = "hierarchy_csv"
KIND = "hierarchy"
SUFFIXES = (".csv",)


def sniff(content: bytes) -> bool:
    columns = set(header_of(content)[0])
    return (
        "record" in columns
        and bool(columns & {"customer_number", "contract_number", "meter_number"})
        and ("statement_number" not in columns)
    )


def read(source: BinaryIO, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Iterator[Part[Hierarchy]]:
    """Exactly one `Hierarchy`. Raises FeedStructureError: what `Table` refuses, no `mode` or `as_of`."""
    size = size_within(source, MOST_BYTES)
    about = dict(settings)
    hierarchy, rejected = collect(_records(source, about), about=about, zone=zone)
    yield Part([hierarchy], rejected, size)


def _records(source: BinaryIO, about: dict[str, str]) -> Iterator[tuple[int, str, Cells]]:
    """All but the description of the file, which goes to `about`."""
    described = False
    for line, cells in Table(source, ("record",), ("mode", "as_of", *FIELDS), most=MOST_RECORDS):
        if isinstance(cells, Ragged):
            yield line, "", cells
        elif cells["record"] == "file":
            if described:
                raise FeedStructureError(f"line {line}: the file is described twice")
            described = True
            about.clear()
            about.update(cells)
        else:
            yield line, cells["record"], {name: cells[name] for name in cells if name != "record"}
