"""Usage as CSV (RFC 4180, but LF): a line a reading, in UTC and on the utility's clock."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from django.utils import timezone

from cdsc_portal.lib.text.csv_cells import csv_cells
from cdsc_portal.lib.text.text_cells import Cells, decimal_cells, fixed_cells, instant_cells, text
from datahub.store.codec import DAY_SECONDS, Integers
from datahub.usage.exports.base import UsageFile
from datahub.usage.render import QUALITY_NAMES
from datahub.usage.segments import MISSING, UsageSegment

HEADER = (
    "contract_number", "service_point_id", "meter_number", "register", "direction", "kind", "unit",
    "local_start", "start", "seconds", "value", "quality",
)  # fmt: skip
_WORDS = [QUALITY_NAMES.get(code, "") for code in range(MISSING + 1)]
_AT_ONCE = 4096  # readings
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
            rows = segment.rows
            for first in range(rows.start, rows.stop, _AT_ONCE):
                yield _lines(segment, slice(first, min(first + _AT_ONCE, rows.stop)), zone)
            self.lines += rows.stop - rows.start

    def end(self) -> bytes:
        return f"# complete: {self.lines} lines\n".encode()


def _lines(segment: UsageSegment, part: slice, zone: ZoneInfo) -> bytes:
    channel = segment.channel
    head = csv_cells(
        (
            segment.contract_number, segment.service_point_id, channel.meter_number, channel.register,
            channel.direction, channel.kind, channel.unit,
        )
    )  # fmt: skip
    starts, known = channel.starts[part], channel.known[part]
    codes = np.where(known, channel.quality[part], np.uint8(MISSING))
    offsets, ahead = np.unique(utc_offsets(starts, zone), return_inverse=True)
    told = [_offset(offset) for offset in offsets.tolist()]
    columns = (
        _repeated(f"{head},", len(starts)),
        instant_cells(starts + offsets[ahead])[:, :_DATE_AND_TIME],
        fixed_cells(told, ahead.astype(np.uint8)),
        instant_cells(starts),
        _repeated(f",{segment.interval_seconds},", len(starts)),
        decimal_cells(channel.values[part], known, channel.scale, after=b",", unknown=b","),
        fixed_cells(_WORDS, codes),
        _repeated("\n", len(starts)),
    )
    return text(np.hstack(columns))


def utc_offsets(moments: Integers, zone: ZoneInfo) -> Integers:
    """How many seconds the clocks of `zone` are ahead of UTC at each of `moments`, which are in order."""
    days, place = np.unique(moments // DAY_SECONDS, return_inverse=True)
    edges = [(day * DAY_SECONDS, (day + 1) * DAY_SECONDS) for day in days.tolist()]
    begin = np.array([_ahead(first, zone) for first, _ in edges], dtype=np.int64)
    end = np.array([_ahead(past, zone) for _, past in edges], dtype=np.int64)
    found = begin[place]
    changing = np.flatnonzero((begin != end)[place])
    found[changing] = [_ahead(moment, zone) for moment in moments[changing].tolist()]
    return found


def _ahead(moment: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(moment, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _offset(seconds: int) -> str:
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02d}:{minutes:02d},"


def _repeated(word: str, rows: int) -> Cells:
    written = np.frombuffer(word.encode(), dtype=np.uint8)
    return np.broadcast_to(written, (rows, len(written)))
