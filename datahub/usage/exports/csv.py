"""Usage as CSV (RFC 4180, but LF): a line a reading, in UTC and on the utility's clock."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from django.utils import timezone

from cdsc_portal.lib.text.text_cells import decimal_cells, fixed_cells, instant_cells, text
from datahub.store.codec import DAY_SECONDS, Integers
from datahub.usage.exports.base import UsageFile
from datahub.usage.segments import (
    LINES_AT_ONCE,
    MISSING,
    QUALITY_WORDS,
    UsageSegment,
    csv_head,
    repeated,
    row_slices,
)

HEADER = (
    "contract_number", "service_point_id", "meter_number", "register", "direction", "kind", "unit",
    "local_start", "start", "seconds", "value", "quality",
)  # fmt: skip
_DATE_AND_TIME = len("2026-03-01T08:00:00")


class UsageCsv(UsageFile):
    """An unknown value is an empty cell. The last line counts the readings; it begins with `#`."""

    media_type = "text/csv"
    suffix = "csv"
    lines = 0

    def begin(self) -> bytes:
        return f"{','.join(HEADER)}\n".encode()

    def chunk(self, segments: Sequence[UsageSegment]) -> Iterator[bytes]:
        zone = timezone.get_default_timezone()
        for segment in segments:
            channel, head = segment.channel, csv_head(segment)
            seconds = f",{segment.interval_seconds},".encode()
            for part in row_slices(segment.rows, LINES_AT_ONCE):
                starts, known = channel.starts[part], channel.known[part]
                offsets, place = np.unique(utc_offsets(starts, zone), return_inverse=True)
                offset_words = [_offset_cell(offset) for offset in offsets.tolist()]
                columns = (
                    repeated(head, len(starts)),
                    instant_cells(starts + offsets[place])[:, :_DATE_AND_TIME],
                    fixed_cells(offset_words, place.astype(np.uint8)),
                    instant_cells(starts),
                    repeated(seconds, len(starts)),
                    decimal_cells(channel.values[part], known, channel.scale, after=b",", unknown=b","),
                    fixed_cells(QUALITY_WORDS, np.where(known, channel.quality[part], np.uint8(MISSING))),
                    repeated(b"\n", len(starts)),
                )
                yield text(np.hstack(columns))
            self.lines += segment.size

    def end(self) -> bytes:
        return f"# complete: {self.lines} lines\n".encode()


def utc_offsets(moments: Integers, zone: ZoneInfo) -> Integers:
    """How many seconds the clocks of `zone` are ahead of UTC at each of `moments`, which are in order."""
    days, place = np.unique(moments // DAY_SECONDS, return_inverse=True)
    edges = [(day * DAY_SECONDS, (day + 1) * DAY_SECONDS) for day in days.tolist()]
    begin = np.array([_ahead(first, zone) for first, _ in edges], dtype=np.int64)
    end = np.array([_ahead(past, zone) for _, past in edges], dtype=np.int64)
    offsets = begin[place]
    changing = np.flatnonzero((begin != end)[place])
    offsets[changing] = [_ahead(moment, zone) for moment in moments[changing].tolist()]
    return offsets


def _ahead(moment: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(moment, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _offset_cell(seconds: int) -> str:
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02d}:{minutes:02d},"
