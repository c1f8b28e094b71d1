"""What a file says, kept until its end proves it: in memory, and where that is too small in a temporary file.

A format adds readings to numbered slots while the file goes by, and at its end says what each slot means. Memory is
one buffer of readings, one part, and 12 bytes for each slot in each buffer that was spilled, whatever the file's size.
A channel that is larger than a part is cut by days; its readings may have come in any order.
"""

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, NamedTuple

import numpy as np
import numpy.typing as npt

from datahub.feeds.formats.gathered import AS_SAID, READING, Records, as_text, finished
from datahub.rows.base import FeedStructureError, Integers, Part, Rejection
from datahub.rows.usage import ChannelKey, Flags, Quality, UsageColumns

_DAY = 86_400
_NONE = -1  # channel of a slot with a fault
_EARLIEST, _LATEST = -(2**63), 2**63 - 1
_BUFFER = (32 << 20) // READING.itemsize  # readings in memory
_PART = 400_000  # readings; 16 MB
_MOST_A_DAY = 2_000_000  # readings of one channel; there are 86,400 seconds
_REJECTIONS = 10_000  # in memory, and in a part

Column = npt.NDArray[np.generic] | Sequence[int] | int


class Meaning(NamedTuple):
    """What the readings of a slot are, and what they left open: slots of one key are one channel, one after the other.

    `exponent` is added to each reading's own; `interval_seconds` is the duration of those that say 0, `quality` that
    of those that are UNSTATED. `ends`: what was said as start is the end. `mean_power`: the values are power in the
    unit of `key` per hour, which becomes what it makes over the duration. `fault`: why
    none can be taken; `key` means nothing then.
    """

    key: ChannelKey
    exponent: int = 0
    interval_seconds: int = 0
    quality: Quality = Quality.UNSTATED
    ends: bool = False
    mean_power: bool = False
    fault: str = ""


@dataclass(slots=True)
class _Run:
    """A buffer that was full, in order of slot; `file` is None for the last one, which stays in memory."""

    slots: npt.NDArray[np.int32]  # each once
    edges: Integers  # where in the run each slot begins, and the end
    span: tuple[int, int]  # the first start, and the one past the last
    records: Records
    file: IO[bytes] | None = None
    offset: int = 0

    def take(self, wanted: Flags, first: int = _EARLIEST, past: int = _LATEST) -> Records:
        """The readings of the slots for which `wanted` is true, as far as they start in [first, past)."""
        hits = np.flatnonzero(wanted[self.slots])
        if not len(hits) or self.span[0] >= past or self.span[1] <= first:
            return np.empty(0, READING)
        breaks = np.flatnonzero(np.diff(hits) != 1)
        begins = self.edges[hits[np.append(0, breaks + 1)]].tolist()
        ends = self.edges[hits[np.append(breaks, len(hits) - 1)] + 1].tolist()
        taken = _joined([self._read(*piece) for piece in zip(begins, ends, strict=True)])
        if first <= self.span[0] and self.span[1] <= past:
            return taken
        return taken[(taken["start"] >= first) & (taken["start"] < past)]

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
    _runs: list[_Run] = field(default_factory=list)
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
        stop_shifts: Column = AS_SAID,
    ) -> None:
        """Readings in the order of the file, one of the columns an array or list and each an element a reading or
        one for all. The fields are those of `gathered.READING`; digits are 0 where a value is not known.
        """
        columns: tuple[Column, ...] = (
            starts,
            durations,
            digits,
            slot,
            lines,
            shifts,
            stop_shifts,
            exponents,
            quality,
            known,
        )
        size = max(len(column) if hasattr(column, "__len__") else 1 for column in columns)
        rows = self._room(size)
        for name, column in zip(READING.names or (), columns, strict=True):
            rows[name] = column

    def append(self, slot: int, readings: Records) -> None:
        """The same readings as `add` takes, ready as `gathered.READING`, whatever slot they say."""
        rows = self._room(len(readings))
        rows[:] = readings
        rows["slot"] = slot

    def _room(self, size: int) -> Records:
        if size > len(self._buffer) - self._filled:
            self._spill()
        if size > len(self._buffer):
            raise ValueError(f"at most {len(self._buffer)} readings at a time")
        self._filled += size
        return self._buffer[self._filled - size : self._filled]

    def reject(self, line: int, reason: str, text: str = "") -> None:
        """A reading that is none; it comes out again in `parts`."""
        if len(self._rejected) >= _REJECTIONS:
            self._rejection_file = self._rejection_file or TemporaryFile()  # noqa: SIM115  lives as long as we
            pickle.dump(self._rejected, self._rejection_file)
            self._rejected = []
        self._rejected.append(Rejection(line, reason, text))

    def parts(self, meanings: Sequence[Meaning], *, size: int) -> Iterator[Part[UsageColumns]]:
        """All there is, once: `meanings[slot]` says what a slot is, `size` is that of the file in bytes.

        First the rejections of the file, then its readings in parts of whole channels, where they fit. At least one
        part. Raises FeedStructureError, before the first part, if a channel has absurdly many readings for a day.
        """
        self._runs.append(self._run())
        self._buffer, self._filled = self._buffer[:0], 0
        plan = _Plan(self._runs, meanings)
        cuts = list(plan.cuts())
        self._reject_faulty(meanings)
        yield from self._refused()
        done = 0
        for wanted, first, past in cuts:
            records, channel, keys = plan.gather(wanted, first, past)
            done += len(records)
            columns, rejected = finished(records, channel, keys, plan.mean_powers[records["slot"]])
            offset = size * done // plan.total
            yield Part([columns] if columns.size else [], rejected[:_REJECTIONS], offset)
            for place in range(_REJECTIONS, len(rejected), _REJECTIONS):
                yield Part([], rejected[place : place + _REJECTIONS], offset)
        if not plan.total:
            yield Part([], [], size)

    def _reject_faulty(self, meanings: Sequence[Meaning]) -> None:
        faulty = np.array([bool(one.fault) for one in meanings], np.bool_)
        for run in self._runs if faulty.any() else ():
            for record in run.take(faulty):
                text = as_text(record, int(record["start"]))
                self.reject(int(record["line"]), meanings[record["slot"]].fault, text)

    def _refused(self) -> Iterator[Part[UsageColumns]]:
        if self._rejection_file is not None:
            end = self._rejection_file.tell()
            self._rejection_file.seek(0)
            while self._rejection_file.tell() < end:
                yield Part([], pickle.load(self._rejection_file), 0)  # noqa: S301  written above, in a file without name
        if self._rejected:
            yield Part([], self._rejected, 0)

    def _run(self) -> _Run:
        records = self._buffer[: self._filled]
        slots = records["slot"]
        if (np.diff(slots) < 0).any():
            records = records[np.argsort(slots, kind="stable")]
        slots = np.ascontiguousarray(records["slot"])
        firsts = np.flatnonzero(np.append(len(slots) > 0, slots[1:] != slots[:-1])[: len(slots)])
        starts = records["start"]
        span = (int(starts.min()), int(starts.max()) + 1) if len(starts) else (_LATEST, _EARLIEST)
        return _Run(slots[firsts], np.append(firsts, len(records)), span, records)

    def _spill(self) -> None:
        run = self._run()
        self._file = self._file or TemporaryFile()  # noqa: SIM115  lives as long as we
        run.file, run.offset = self._file, self._file.seek(0, 2)
        run.file.write(run.records.data)
        run.records = np.empty(0, READING)
        self._runs.append(run)
        self._filled = 0


def _joined(pieces: Sequence[Records]) -> Records:
    """One after the other; a single one is not copied, as it is used once."""
    filled = [piece for piece in pieces if len(piece)]
    return filled[0] if len(filled) == 1 else np.concatenate([*filled, np.empty(0, READING)])


_Cut = tuple[Flags, int, int]  # slots, and of their readings those that start in [first, past)


class _Plan:
    """Which readings go into which part."""

    def __init__(self, runs: Sequence[_Run], meanings: Sequence[Meaning]) -> None:
        self._runs = runs
        self._meanings = meanings
        numbers: dict[ChannelKey, int] = {}
        self._channel = np.array(
            [_NONE if one.fault else numbers.setdefault(one.key, len(numbers)) for one in meanings], np.int64
        )
        self._keys = list(numbers)
        self._exponents = np.array([one.exponent for one in meanings], np.int8)
        self._seconds = np.array([one.interval_seconds for one in meanings], np.int64)
        self._qualities = np.array([one.quality for one in meanings], np.uint8)
        self._ends = np.array([one.ends for one in meanings], bool)
        self.mean_powers = np.array([one.mean_power for one in meanings], bool)
        self._sizes = np.zeros(len(numbers), np.int64)
        for run in runs:
            channel = self._channel[run.slots]
            np.add.at(self._sizes, channel[channel != _NONE], np.diff(run.edges)[channel != _NONE])
        self.total = int(self._sizes.sum())

    def cuts(self) -> Iterator[_Cut]:
        """Whole channels up to _PART readings; a larger one by days."""
        ends = np.cumsum(self._sizes)
        place = 0
        while place < len(ends):
            before = int(ends[place] - self._sizes[place])
            past = max(int(np.searchsorted(ends, before + _PART, side="right")), place + 1)
            wanted = (self._channel >= place) & (self._channel < past)
            if self._sizes[place] > _PART:
                for first, last in self._days(wanted):
                    yield wanted, first, last
            elif ends[past - 1] > before:
                yield wanted, _EARLIEST, _LATEST
            place = past

    def gather(self, wanted: Flags, first: int, past: int) -> tuple[Records, Integers, list[ChannelKey]]:
        """(readings with what they left open filled in, the place of each one's key, keys)."""
        records = _joined([run.take(wanted, first, past) for run in self._runs])
        slots = records["slot"]
        records["exponent"] += np.where(records["digits"] != 0, self._exponents[slots], np.int8(0))
        without = records["duration"] == 0
        without &= records["stop_shift"] == AS_SAID
        records["duration"][without] = self._seconds[slots[without]]
        unstated = records["quality"] == Quality.UNSTATED
        records["quality"][unstated] = self._qualities[slots[unstated]]
        records["start"] -= np.where(self._ends[slots], records["duration"], 0)
        present = np.zeros(len(self._keys), bool)
        channel = self._channel[slots]
        present[channel] = True
        keys = [self._keys[number] for number in np.flatnonzero(present).tolist()]
        return records, (np.cumsum(present) - 1)[channel], keys

    def _days(self, wanted: Flags) -> Iterator[tuple[int, int]]:
        """Stretches of a large channel, [first, past): never cut where the clocks went back."""
        days = np.empty(0, np.int64)
        counts = np.empty(0, np.int64)
        doubtful = np.empty(0, np.int64)
        for run in self._runs:
            piece = run.take(wanted)
            day = piece["start"] // _DAY
            found, count = np.unique(day, return_counts=True)
            days, where = np.unique(np.append(days, found), return_inverse=True)
            counts = np.bincount(where, np.append(counts, count)).astype(np.int64)
            doubtful = np.union1d(doubtful, day[piece["shift"] != 0])
        if counts.max() > _MOST_A_DAY:
            raise FeedStructureError(f"more than {_MOST_A_DAY} readings of one channel start on one day")
        fixed = np.isin(days, doubtful) | np.isin(days, doubtful + 1) | np.isin(days, doubtful - 1)
        begin, filled = int(days[0]), 0
        for today, size, is_fixed in zip(days.tolist(), counts.tolist(), fixed.tolist(), strict=True):
            if filled and filled + size > _PART and not is_fixed:
                yield begin * _DAY, today * _DAY
                begin, filled = today, 0
            filled += size
        yield begin * _DAY, (int(days[-1]) + 1) * _DAY
