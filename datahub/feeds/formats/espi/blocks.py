"""ESPI interval blocks to columns, before it is known what they measure: types may come later in the file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

import numpy as np
from lxml import etree

from datahub.feeds.formats.cells import exact, shortened
from datahub.feeds.formats.espi.links import ATOM, ESPI, Links, line_of
from datahub.feeds.formats.espi.reading_shape import Shape
from datahub.feeds.formats.espi.types import QUALITIES
from datahub.feeds.formats.espi.uniform_readings import Alike, UniformReadings
from datahub.feeds.formats.gathered import AS_SAID, Records
from datahub.feeds.formats.gathered import READING as READINGS
from datahub.feeds.formats.local_time import wall_clock_moment
from datahub.feeds.formats.spool import Spool
from datahub.rows.base import FeedStructureError, Integers
from datahub.rows.usage import Flags, Quality

BLOCK, READING = f"{ESPI}IntervalBlock", f"{ESPI}IntervalReading"
_LATEST = (1 << 33) - 1  # seconds
_MOST_PENDING = 200_000  # readings of an entry before it is known where they belong
_HALF_HOUR = 1800  # no clock changes inside one
_CODES = np.array([QUALITIES.get(code, Quality.UNSTATED) for code in range(32)], np.uint8)  # none is 31
_FIELDS = ("line", "start", "duration", "digits", "exponent", "known", "quality")


@dataclass(slots=True)
class Slot:
    """A place in the spool for readings of one meter reading."""

    links: Links  # of an entry that holds some of them
    first: int  # start of the first and of the last
    last: int


class Blocks:
    """Puts readings into `spool`, entry by entry. `wall_clock`: the zone of local time written as UTC, or None;
    `ends`: what is called a start is the end; `outside`: readings outside of their block's interval are taken too.
    """

    def __init__(self, spool: Spool, wall_clock: ZoneInfo | None, *, ends: bool, outside: bool) -> None:
        self.slots: list[Slot] = []
        self._spool = spool
        self._wall_clock = wall_clock
        self._ends = ends
        self._outside = outside
        self._numbers: dict[str | Links, int] = {}
        self._block: etree._Element | None = None
        self._entry: etree._Element | None = None
        self._interval: tuple[int, int] | None = None
        self._last: etree._Element | None = None  # the reading before: a run may begin with it
        self._singles: list[tuple[tuple[int, ...], str]] = []
        self._pending: list[Records] = []
        self._size = 0  # readings that are pending
        self._early: int | None = None  # the slot of an entry that is too large to wait for its end

    def reading(self, element: etree._Element) -> None:
        """Take an IntervalReading that has been read to its end, and forget those before it in the block."""
        self._settle()
        block = element.getparent()
        if block is None or block.tag != BLOCK:
            return
        if block is not self._block:
            self._begin(block)
        while (before := element.getprevious()) is not None and before.tag != f"{ESPI}interval":
            block.remove(before)
        self._last = element

    def run(self, run: UniformReadings) -> None:
        """Take the readings that the last one begins."""
        if self._last is None:
            return
        first, self._last = self._last, None
        self._flush()
        lines = run.line + run.alike.breaks * np.arange(run.size)
        made = _made(first, run)
        readings = made.readings[run.first : run.past]
        readings["line"] = lines
        rows = np.arange(run.size)
        if made.any_wrong:
            wrong = made.wrong[run.first : run.past]
            for row in np.flatnonzero(wrong).tolist():
                self._take(made.shape.row(run, row), int(lines[row]))
            rows = np.flatnonzero(~wrong)
            readings = readings[rows]
        self._put(readings, lambda row: " ".join(made.shape.row(run, int(rows[row])).texts))

    def close(self, entry: etree._Element, links: Links) -> None:
        """An entry ends: what was taken belongs to it, if it holds the blocks."""
        if entry is not self._entry:
            return
        self._settle()
        self._flush()
        if self._early is not None:
            self.slots[self._early].links = links
        if self._pending:
            self._store(self._slot(links) if self._early is None else self._early)
        self._block = self._entry = self._early = None

    def _begin(self, block: etree._Element) -> None:
        self._flush()
        entry = next(block.iterancestors(f"{ATOM}entry"), None)
        if entry is None:
            raise FeedStructureError(f"line {line_of(block)}: an IntervalBlock stands outside of an entry")
        if self._entry not in (None, entry):
            raise FeedStructureError(f"line {line_of(block)}: an entry of readings inside of another")
        while (before := block.getprevious()) is not None and before.tag == BLOCK:
            cast("etree._Element", block.getparent()).remove(before)  # an entry may have one a reading
        self._block, self._entry = block, entry
        self._interval = None if self._outside else _interval(block)

    def _slot(self, links: Links) -> int:
        head = links.own.rpartition("/IntervalBlock")[0]
        name = head if head.split("/")[-2:-1] == ["MeterReading"] else links
        if name not in self._numbers:
            self._numbers[name] = len(self.slots)
            self.slots.append(Slot(links, _LATEST, 0))
        return self._numbers[name]

    def _settle(self) -> None:
        if self._last is not None:
            last, self._last = self._last, None
            self._take(Shape.of(last), line_of(last))

    def _take(self, shape: Shape, line: int) -> None:
        text = " ".join(shape.texts)
        try:
            self._singles.append(((line, *_fields(shape)), text))
        except ValueError as error:
            self._spool.reject(line, str(error), text)

    def _flush(self) -> None:
        if self._singles:
            readings = np.zeros(len(self._singles), READINGS)
            fields = [fields for fields, _ in self._singles]
            for name, column in zip(_FIELDS, zip(*fields, strict=True), strict=True):
                readings[name] = column
            texts = [text for _, text in self._singles]
            self._singles = []
            readings["stop_shift"] = AS_SAID
            self._put(readings, texts.__getitem__)

    def _put(self, readings: Records, text: Callable[[int], str]) -> None:
        """Keep what the block allows and the clock has; `text` gives what stands in the file for one."""
        if self._interval is not None or self._wall_clock is not None:
            readings = readings[self._able(readings, text)]
        if not len(readings):
            return
        self._pending.append(readings)
        self._size += len(readings)
        if self._size > _MOST_PENDING:
            if self._early is None:
                self._early = len(self.slots)
                self.slots.append(Slot(Links("", "", frozenset()), _LATEST, 0))
            self._store(self._early)

    def _able(self, readings: Records, text: Callable[[int], str]) -> Flags:
        """Which can be kept; those of a wall clock become moments."""
        able = np.ones(len(readings), bool)
        if self._interval is not None:
            begin, end = self._interval
            starts = readings["start"] - self._ends
            able = (starts >= begin) & (starts < end)
            self._reject(readings, able, "outside the interval of its block", text)
        if self._wall_clock is not None:
            readings["start"], readings["shift"], exist = _moments(readings["start"], self._wall_clock)
            reason = f"its time does not exist in {self._wall_clock.key}: clocks went forward"
            self._reject(readings, exist | ~able, reason, text)
            able &= exist
        return able

    def _reject(self, readings: Records, able: Flags, reason: str, text: Callable[[int], str]) -> None:
        for row in np.flatnonzero(~able).tolist():
            self._spool.reject(int(readings["line"][row]), reason, text(row))

    def _store(self, number: int) -> None:
        slot = self.slots[number]
        for readings in self._pending:
            starts = readings["start"]
            slot.first, slot.last = min(slot.first, int(starts.min())), max(slot.last, int(starts.max()))
            self._spool.append(number, readings)
        self._pending, self._size = [], 0


class _Made(NamedTuple):
    """All readings of runs that are alike, but for their lines, and which of them must be looked at alone."""

    shape: Shape
    readings: Records
    wrong: Flags
    any_wrong: bool


def _made(first: etree._Element, run: UniformReadings) -> _Made:
    """What the readings of a run are; worked out once for all that are alike and have the same names."""
    names = tuple(element.tag for element in first.iter("*"))
    if names not in run.alike.made:
        shape = Shape.of(first)
        readings, wrong = _make(shape, run.alike)
        run.alike.made[names] = _Made(shape, readings, wrong, bool(wrong.any()))
    return cast("_Made", run.alike.made[names])


def _make(shape: Shape, alike: Alike) -> tuple[Records, Flags]:
    """(readings, which of them must be looked at alone)."""
    numbers = alike.numbers
    start, duration, quality = (shape.column(name) for name in ("start", "duration", "quality"))
    value, parts = shape.column("value"), shape.decimal_columns("value")
    unread = value is None and parts is None and shape.text("value")
    readings = np.zeros(len(numbers), READINGS)
    if start is None or (duration is None and shape.text("duration")) or unread:
        return readings, np.ones(len(numbers), bool)
    readings["stop_shift"] = AS_SAID
    readings["start"] = numbers[:, start]
    if duration is not None:
        readings["duration"] = numbers[:, duration]
    wrong = (readings["start"] < 0) | (readings["start"] > _LATEST)
    wrong |= (readings["duration"] < 0) | (readings["duration"] > _LATEST)
    if value is not None:
        readings["digits"] = numbers[:, value]
    elif parts is not None:
        (whole, decimals), widths = numbers[:, parts].T, alike.widths[:, parts]
        wrong |= (widths.sum(axis=1) > 18) | (widths[:, 1] > 12)
        readings["digits"] = whole * 10 ** np.minimum(widths[:, 1], 12) + np.where(
            whole < 0, -decimals, decimals
        )
        readings["exponent"] = -np.minimum(widths[:, 1], 12)
    readings["known"] = bool(shape.text("value"))
    readings["quality"] = Quality.UNSTATED
    if quality is not None:
        readings["quality"] = _CODES[np.clip(numbers[:, quality], -1, len(_CODES) - 1)]
    return readings, wrong


def _fields(shape: Shape) -> tuple[int, int, int, int, int, int]:
    """(start, duration, digits, exponent, known, quality). Raises ValueError in words for the rejection."""
    if not shape.text("start"):
        raise ValueError("the reading has no start")
    start = _seconds(shape.text("start"))
    duration = _seconds(shape.text("duration") or "0")
    digits, exponent = exact(shape.text("value")) if shape.text("value") else (0, 0)
    code = shape.text("quality")
    quality = (
        QUALITIES.get(int(code), Quality.UNSTATED)
        if code.isdecimal() and len(code) < 10
        else Quality.UNSTATED
    )
    return start, duration, digits, exponent, bool(shape.text("value")), quality


def _seconds(text: str) -> int:
    try:
        seconds = int(text)
    except ValueError as error:
        raise ValueError(f"{shortened(text)!r} is not a count of seconds") from error
    if not 0 <= seconds <= _LATEST:
        raise ValueError(f"{seconds} seconds are out of bounds")
    return seconds


def _interval(block: etree._Element) -> tuple[int, int] | None:
    """[begin, end) of a block, None if it does not say both before its readings, as the standard has it."""
    interval = block.find(f"{ESPI}interval")
    if interval is None:
        return None
    try:
        begin, duration = (
            _seconds(interval.findtext(f"{ESPI}{name}") or "") for name in ("start", "duration")
        )
    except ValueError:
        return None
    return (begin, begin + duration) if duration else None


def _moments(written: Integers, zone: ZoneInfo) -> tuple[Integers, Integers, Flags]:
    """(epochs, shifts, whether there is such a time) of wall clock times; see `local_time`."""
    halves, which = np.unique(written // _HALF_HOUR, return_inverse=True)
    offsets, shifts = np.zeros_like(halves), np.zeros_like(halves)
    exist = np.ones(len(halves), bool)
    for place, half in enumerate(halves.tolist()):
        try:
            first, shifts[place] = wall_clock_moment(half * _HALF_HOUR, zone)
            offsets[place] = first - half * _HALF_HOUR
        except ValueError:
            exist[place] = False
    return written + offsets[which], shifts[which], exist[which]
