"""Usage as it is written: JSON and CSV by columns, without an object a reading."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import orjson

from cdsc_portal.lib.json.encoder import instant
from cdsc_portal.lib.text.csv_cells import csv_cells
from cdsc_portal.lib.text.text_cells import Cells, decimal_cells, fixed_cells, instant_cells, text
from datahub.rows.usage import Quality
from datahub.store.codec import Codes
from datahub.usage.segments import MISSING, UsageSegment

QUALITY_NAMES = {code.value: code.name.lower() for code in Quality} | {MISSING: "missing"}


CSV_HEADER = (
    "contract_number", "service_point_id", "meter_number", "register", "direction", "kind", "unit",
    "start", "end", "value", "quality",
)  # fmt: skip
_WORDS = [QUALITY_NAMES.get(code, "") for code in range(MISSING + 1)]
_AT_ONCE = 4096  # readings of a table's lines: what they take stays in the processor's cache
_VALUES_AT_ONCE = 16_384  # values alone take less


def usage_object(segment: UsageSegment) -> dict[str, object]:
    """What `UsageSegmentShape` says of a segment, its values as ready JSON."""
    channel = segment.channel
    return {
        "contract_number": segment.contract_number,
        "service_point_id": segment.service_point_id,
        "meter_number": channel.meter_number,
        "register": channel.register or None,
        "service_type": channel.commodity,
        "direction": channel.direction,
        "kind": channel.kind,
        "unit": channel.unit,
        "interval_seconds": segment.interval_seconds,
        "start": instant(segment.start),
        "end": instant(segment.end),
        "values": orjson.Fragment(_values(segment)),
        "quality": quality_runs(segment.quality),
        "modified": instant(channel.modified),
        "verified": instant(segment.verified),
    }


def usage_csv(segments: Iterable[UsageSegment]) -> bytes:
    """One line a value, LF; an unknown value is an empty cell."""
    return b"".join([f"{','.join(CSV_HEADER)}\n".encode(), *_lines(segments)])


def _values(segment: UsageSegment) -> bytes:
    channel, rows = segment.channel, segment.rows
    parts = [
        text(
            decimal_cells(
                channel.values[part],
                channel.known[part],
                channel.scale,
                before=b'"',
                after=b'",',
                unknown=b"null,",
            )
        )
        for part in _parts(rows, _VALUES_AT_ONCE)
    ]
    last = parts.pop()[:-1] if parts else b""
    return b"".join((b"[", *parts, last, b"]"))


def _lines(segments: Iterable[UsageSegment]) -> Iterator[bytes]:
    for segment in segments:
        channel = segment.channel
        head = csv_cells(
            (
                segment.contract_number, segment.service_point_id, channel.meter_number, channel.register,
                channel.direction, channel.kind, channel.unit,
            )
        )  # fmt: skip
        for part in _parts(segment.rows, _AT_ONCE):
            starts, known = channel.starts[part], channel.known[part]
            codes = np.where(known, channel.quality[part], np.uint8(MISSING))
            columns = (
                _repeated(f"{head},".encode(), len(starts)),
                instant_cells(starts),
                _repeated(b",", len(starts)),
                instant_cells(starts + channel.durations[part]),
                decimal_cells(
                    channel.values[part], known, channel.scale, before=b",", after=b",", unknown=b",,"
                ),
                fixed_cells(_WORDS, codes),
                _repeated(b"\n", len(starts)),
            )
            yield text(np.hstack(columns))


def _parts(rows: slice, at_once: int) -> Iterator[slice]:
    for first in range(rows.start, rows.stop, at_once):
        yield slice(first, min(first + at_once, rows.stop))


def _repeated(word: bytes, rows: int) -> Cells:
    return np.broadcast_to(np.frombuffer(word, dtype=np.uint8), (rows, len(word)))


def quality_runs(codes: Codes) -> list[dict[str, object]]:
    """How many values in a row have the same quality."""
    edges = [0, *(np.flatnonzero(codes[1:] != codes[:-1]) + 1).tolist(), len(codes)]
    return [
        {"count": past - first, "quality": QUALITY_NAMES[int(codes[first])]}
        for first, past in pairwise(edges)
    ]
