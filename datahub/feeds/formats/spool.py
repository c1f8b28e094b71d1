"""Readings of a file that is taken or refused as a whole: kept until its end, in memory and in a temporary file.

A format adds readings to numbered slots while it reads the file, and at the end says of which channel each slot is.
Memory is one buffer of readings, one part, and 12 bytes for each slot in each buffer that was spilled, whatever the
size of the file. A channel that is larger than a part is cut by days; its readings may come in any order.
"""

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, NamedTuple

import numpy as np
import numpy.typing as npt

from datahub.feeds.formats.reading_records import READING, Records, as_text, columns_of_records
from datahub.rows.base import MOST_INT64, FeedStructureError, Integers, Part, Rejection
from datahub.rows.usage import ChannelKey, Flags, Quality, UsageColumns

_DAY = 86_400
_NO_CHANNEL = -1  # of a slot with a fault
_EARLIEST, _LATEST = -MOST_INT64 - 1, MOST_INT64
_BUFFER = (32 << 20) // READING.itemsize  # readings in memory
_PART = 400_000  # readings; 16 MB
_MOST_A_DAY = 2_000_000  # readings of one channel; there are 86,400 seconds
_REJECTIONS = 10_000  # in memory, and in a part

Column = npt.NDArray[np.generic] | Sequence[int] | int


class SlotChannel(NamedTuple):
    """The channel of a slot, and what its readings leave open. Slots of one key are one channel, in their order.

    `exponent` is added to each reading's own; `interval_seconds` is the duration of those with 0, `quality` that of
    those that are UNSTATED. `ends`: the times of the readings are their ends. `mean_power`: the values are power in the
    unit of `key` per hour, and become the energy of the interval. `fault`: why none can be taken, whatever `key` is.
    """

    key: ChannelKey
    exponent: int = 0
    interval_seconds: int = 0
    quality: Quality = Quality.UNSTATED
    ends: bool = False
    mean_power: bool = False
    fault: str = ""


@dataclass(slots=True)
class _SortedBuffer:
    """A buffer that was full, in order of slot; `file` is None for the last one, which stays in memory."""

    slots: npt.NDArray[np.int32]  # each once
    edges: Integers  # where each slot begins, and the end
    span: tuple[int, int]  # the first start, and the one past the last
    records: Records
    file: IO[bytes] | None = None
    offset: int = 0

    def take(self, of_slots: Flags, first: int = _EARLIEST, past: int = _LATEST) -> Records:
        """The readings of the slots for which `of_slots` is true, as far as they start in [first, past)."""
        hits = np.flatnonzero(of_slots[self.slots])
        if not len(hits) or self.span[0] >= past or self.span[1] <= first:
            return np.empty(0, READING)
        breaks = np.flatnonzero(np.diff(hits) != 1)
        begins = self.edges[hits[np.append(0, breaks + 1)]].tolist()
        ends = self.edges[hits[np.append(breaks, len(hits) - 1)] + 1].tolist()
        records = _joined([self._read(*piece) for piece in zip(begins, ends, strict=True)])
        if first <= self.span[0] and self.span[1] <= past:
            return records
        return records[(records["start"] >= first) & (records["start"] < past)]

    def _read(self, begin: int, end: int) -> Records:
        if self.file is None:
            return self.records[begin:end]
        self.file.seek(self.offset + begin * READING.itemsize)
        return np.frombuffer(bytearray(self.file.read((end - begin) * READING.itemsize)), READING)


@dataclass(slots=True)
class Spool:
    """Readings and rejections of a file that is still being read."""

    _buffer: Records = field(default_factory=lambda: np.empty(_BUFFER, READING))
    _filled: int = 0
    _buffers: list[_SortedBuffer] = field(default_factory=list)
    _file: IO[bytes] | None = None
    _rejected: list[Rejection] = field(default_factory=list)
    _rejection_file: IO[bytes] | None = None

    def add(
        self,
        slot: Column,
        *,
        lines: Column,
        starts: Column,
        durations: Column,
        digits: Column,
        exponents: Column = 0,
        known: Column = 1,
        quality: Column = Quality.UNSTATED,
        shifts: Column = 0,
    ) -> None:
        """Readings in the order of the file: each column has an element a reading, or is one number for all.

        The fields are those of `reading_records.READING`; digits are 0 where a value is not known.
        """
        columns = (starts, durations, digits, slot, lines, shifts, exponents, quality, known)
        size = max(len(column) if hasattr(column, "__len__") else 1 for column in columns)
        rows = self._room(size)
        for name, column in zip(READING.names or (), columns, strict=True):
            rows[name] = column

    def append(self, slot: int, readings: Records) -> None:
        """The same readings as `add` takes, as an array of `READING`; the slots in them do not count."""
        rows = self._room(len(readings))
        rows[:] = readings
        rows["slot"] = slot

    def reject(self, line: int, reason: str, text: str = "") -> None:
        """A reading that cannot be taken; it comes out again in `parts`."""
        if len(self._rejected) >= _REJECTIONS:
            self._rejection_file = self._rejection_file or TemporaryFile()  # noqa: SIM115  lives as long as we
            pickle.dump(self._rejected, self._rejection_file)
            self._rejected = []
        self._rejected.append(Rejection(line, reason, text))

    def parts(self, channels: Sequence[SlotChannel], *, size: int) -> Iterator[Part[UsageColumns]]:
        """All readings, once: `channels[slot]` says what a slot is, `size` is that of the file in bytes.

        First the rejections of the file, then its readings in parts of whole channels, where they fit. At least one
        part. Raises FeedStructureError, before the first part, if a channel has absurdly many readings for a day.
        """
        self._buffers.append(self._sorted())
        self._buffer, self._filled = self._buffer[:0], 0
        plan = _PartPlan(self._buffers, channels)
        cuts = list(plan.cuts())
        faulty = np.array([bool(channel.fault) for channel in channels], np.bool_)
        for record in (record for buffer in self._buffers for record in buffer.take(faulty)):
            text = as_text(record, int(record["start"]))
            self.reject(int(record["line"]), channels[record["slot"]].fault, text)
        if self._rejection_file is not None:
            end = self._rejection_file.tell()
            self._rejection_file.seek(0)
            while self._rejection_file.tell() < end:
                yield Part([], pickle.load(self._rejection_file), 0)  # noqa: S301  written above, in a file without name
        if self._rejected:
            yield Part([], self._rejected, 0)
        done = 0
        for cut in cuts:
            records, channel, keys = plan.gather(cut)
            done += len(records)
            columns, rejected = columns_of_records(records, channel, keys, plan.mean_powers[records["slot"]])
            offset = size * done // plan.total
            yield Part([columns] if columns.size else [], rejected[:_REJECTIONS], offset)
            for begin in range(_REJECTIONS, len(rejected), _REJECTIONS):
                yield Part([], rejected[begin : begin + _REJECTIONS], offset)
        if not plan.total:
            yield Part([], [], size)

    def _room(self, size: int) -> Records:
        if size > len(self._buffer) - self._filled:
            buffer = self._sorted()
            self._file = self._file or TemporaryFile()  # noqa: SIM115  lives as long as we
            buffer.file, buffer.offset = self._file, self._file.seek(0, 2)
            buffer.file.write(buffer.records.data)
            buffer.records = np.empty(0, READING)
            self._buffers.append(buffer)
            self._filled = 0
        if size > len(self._buffer):
            raise ValueError(f"at most {len(self._buffer)} readings at a time")
        self._filled += size
        return self._buffer[self._filled - size : self._filled]

    def _sorted(self) -> _SortedBuffer:
        records = self._buffer[: self._filled]
        slots = records["slot"]
        if (np.diff(slots) < 0).any():
            records = records[np.argsort(slots, kind="stable")]
        slots = np.ascontiguousarray(records["slot"])
        firsts = np.flatnonzero(np.append(len(slots) > 0, slots[1:] != slots[:-1])[: len(slots)])
        starts = records["start"]
        span = (int(starts.min()), int(starts.max()) + 1) if len(starts) else (_LATEST, _EARLIEST)
        return _SortedBuffer(slots[firsts], np.append(firsts, len(records)), span, records)


def _joined(pieces: Sequence[Records]) -> Records:
    """Joined to one array; a single filled piece is not copied."""
    filled = [piece for piece in pieces if len(piece)]
    return filled[0] if len(filled) == 1 else np.concatenate([*filled, np.empty(0, READING)])


_Cut = tuple[
    Flags, int, int
]  # by slot whether it is in the part; of its readings those that start in [first, past)


class _PartPlan:
    """Which readings go into which part."""

    def __init__(self, buffers: Sequence[_SortedBuffer], channels: Sequence[SlotChannel]) -> None:
        self._buffers = buffers
        numbers: dict[ChannelKey, int] = {}
        self._channel = np.array(
            [
                _NO_CHANNEL if channel.fault else numbers.setdefault(channel.key, len(numbers))
                for channel in channels
            ],
            np.int64,
        )
        self._keys = list(numbers)
        self._exponents = np.array([channel.exponent for channel in channels], np.int8)
        self._seconds = np.array([channel.interval_seconds for channel in channels], np.int64)
        self._qualities = np.array([channel.quality for channel in channels], np.uint8)
        self._ends = np.array([channel.ends for channel in channels], bool)
        self.mean_powers = np.array([channel.mean_power for channel in channels], bool)
        self._sizes = np.zeros(len(numbers), np.int64)
        for buffer in buffers:
            channel = self._channel[buffer.slots]
            np.add.at(self._sizes, channel[channel >= 0], np.diff(buffer.edges)[channel >= 0])
        self.total = int(self._sizes.sum())

    def cuts(self) -> Iterator[_Cut]:
        """Whole channels up to _PART readings; a larger one by days."""
        ends = np.cumsum(self._sizes)
        number = 0
        while number < len(ends):
            before = int(ends[number] - self._sizes[number])
            past = max(int(np.searchsorted(ends, before + _PART, side="right")), number + 1)
            of_slots = (self._channel >= number) & (self._channel < past)
            if self._sizes[number] > _PART:
                for first, last in self._days(of_slots):
                    yield of_slots, first, last
            elif ends[past - 1] > before:
                yield of_slots, _EARLIEST, _LATEST
            number = past

    def gather(self, cut: _Cut) -> tuple[Records, Integers, list[ChannelKey]]:
        """(readings of a part with what they left open, number of the key of each, keys)."""
        records = _joined([buffer.take(*cut) for buffer in self._buffers])
        slots = records["slot"]
        records["exponent"] += np.where(records["digits"] != 0, self._exponents[slots], np.int8(0))
        without = records["duration"] == 0
        records["duration"][without] = self._seconds[slots[without]]
        unstated = records["quality"] == Quality.UNSTATED
        records["quality"][unstated] = self._qualities[slots[unstated]]
        records["start"] -= np.where(self._ends[slots], records["duration"], 0)
        present = np.zeros(len(self._keys), bool)
        channel = self._channel[slots]
        present[channel] = True
        keys = [self._keys[number] for number in np.flatnonzero(present).tolist()]
        return records, (np.cumsum(present) - 1)[channel], keys

    def _days(self, of_slots: Flags) -> Iterator[tuple[int, int]]:
        """Periods of a large channel, [first, past), that do not end near a repeated hour."""
        days, counts, with_fold = (np.empty(0, np.int64) for _ in range(3))
        for buffer in self._buffers:
            records = buffer.take(of_slots)
            day = records["start"] // _DAY
            more_days, more_counts = np.unique(day, return_counts=True)
            days, place = np.unique(np.append(days, more_days), return_inverse=True)
            counts = np.bincount(place, np.append(counts, more_counts)).astype(np.int64)
            with_fold = np.union1d(with_fold, day[records["shift"] != 0])
        if counts.max() > _MOST_A_DAY:
            raise FeedStructureError(f"more than {_MOST_A_DAY} readings of one channel start on one day")
        near_fold = np.isin(days, [with_fold - 1, with_fold, with_fold + 1])
        begin, filled = int(days[0]), 0
        for start, size, is_near in zip(days.tolist(), counts.tolist(), near_fold.tolist(), strict=True):
            if filled and filled + size > _PART and not is_near:
                yield begin * _DAY, start * _DAY
                begin, filled = start, 0
            filled += size
        yield begin * _DAY, (int(days[-1]) + 1) * _DAY
