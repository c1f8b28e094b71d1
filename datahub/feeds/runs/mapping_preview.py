"""The first rows of a CSV as a mapping reads them, before anything is loaded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from itertools import islice
from zoneinfo import ZoneInfo

from datahub.feeds.formats.csv.mapping_json import mapping_of
from datahub.feeds.formats.registry import formats
from datahub.models import Feed
from datahub.rows.base import FeedStructureError, Part
from datahub.rows.usage import Quality, UsageRows, columns_of

ROWS = 20


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A reading, or why a line is none."""

    line: int
    reason: str = ""
    meter: str = ""
    register: str = ""
    direction: str = ""
    start: datetime | None = None  # UTC
    local: datetime | None = None
    seconds: int = 0
    value: Decimal | None = None  # None: unknown
    unit: str = ""
    quality: str = ""

    @property
    def start_text(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M:%S}" if self.start else ""

    @property
    def local_text(self) -> str:
        return f"{self.local:%Y-%m-%d %H:%M:%S %z}" if self.local else ""

    @property
    def value_text(self) -> str:
        return "" if self.value is None else f"{self.value:f}"


@dataclass(frozen=True, slots=True)
class Preview:
    """`refused` says why the file as a whole cannot be read; the counts are those of all of the sample."""

    rows: tuple[PreviewRow, ...] = ()
    accepted: int = 0
    rejected: int = 0
    refused: str = ""


def preview(*, feed: Feed, mapping: Mapping[str, object], sample: bytes) -> Preview:
    """What `feed` would read from `sample`, the beginning of a file, by `mapping`; {}: its format's own layout."""
    try:
        layout = mapping_of(mapping) if mapping else None
        zone = (layout.zone if layout else None) or ZoneInfo(feed.time_zone)
        file_format = formats()[f"usage_csv_{layout.shape}" if layout else feed.format]
        parts = list(file_format.read(BytesIO(sample), zone=zone, settings=feed.settings, mapping=mapping))
    except FeedStructureError as error:
        return Preview(refused=str(error))
    rows = [row for part in parts for row in _rows(part, zone)]
    return Preview(
        tuple(sorted(rows, key=lambda row: (row.line, row.start or datetime.min.replace(tzinfo=UTC)))[:ROWS]),
        sum(part.accepted for part in parts),
        sum(len(part.rejected) for part in parts),
    )


def _rows(part: Part[UsageRows], zone: ZoneInfo) -> Iterator[PreviewRow]:
    for rejection in islice(part.rejected, ROWS):
        yield PreviewRow(rejection.line, rejection.reason)
    for rows in part.rows:
        columns = columns_of(rows)
        first = columns.lines.argsort(kind="stable")[: ROWS * 100].tolist()
        for place in first:
            key = columns.channels[int(columns.channel[place])]
            start = datetime.fromtimestamp(int(columns.starts[place]), UTC)
            value = Decimal(int(columns.values[place])).scaleb(-int(columns.scale[columns.channel[place]]))
            yield PreviewRow(
                int(columns.lines[place]), "", key.meter_number, key.register, key.direction, start,
                start.astimezone(zone), int(columns.durations[place]),
                value if columns.known[place] else None, key.unit, Quality(int(columns.quality[place])).name.lower(),
            )  # fmt: skip
