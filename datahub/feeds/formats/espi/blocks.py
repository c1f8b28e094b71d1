"""ESPI interval blocks to records, before it is known what they measure: types may come later in the file."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

import numpy as np
from lxml import etree

from datahub.feeds.formats.cells import exact, shortened
from datahub.feeds.formats.espi.entries import ATOM, ESPI, QUALITIES, Links, line_of
from datahub.feeds.formats.espi.uniform_readings import Alike, UniformReadings
from datahub.feeds.formats.local_time import wall_clock_moment
from datahub.feeds.formats.reading_records import READING as RECORD
from datahub.feeds.formats.reading_records import Records
from datahub.feeds.formats.spool import Spool
from datahub.rows.base import FeedStructureError, Integers
from datahub.rows.usage import Flags, Quality

BLOCK, READING = f"{ESPI}IntervalBlock", f"{ESPI}IntervalReading"
_LATEST = (1 << 33) - 1  # seconds
_MOST_PENDING = 200_000  # readings of an entry before it is known where they belong
_HALF_HOUR = 1800  # no clock changes inside one
# by the code of a quality; 31, which is none, stands for all others
_QUALITY_OF_CODE = np.array([QUALITIES.get(code, Quality.UNSTATED) for code in range(32)], np.uint8)
_FIELDS = ["line", "start", "duration", "digits", "exponent", "known", "quality"]
_NUMERIC = re.compile(r"[0-9-]+")
_WHOLE = re.compile(r"-?[0-9]+")
_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")
_PERIOD, _QUALITY = f"{ESPI}timePeriod", f"{ESPI}ReadingQuality"
_READ_TEXTS = {
    (f"{ESPI}value", ""): "value",
    (_PERIOD, f"{ESPI}start"): "start",
    (_PERIOD, f"{ESPI}duration"): "duration",
    (_QUALITY, f"{ESPI}quality"): "quality",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """The texts of an IntervalReading in their order, none blank, and the place of those that are read: start,
    duration, value, quality. What the reading does not have has no place.
    """

    texts: list[str]
    places: dict[str, int]

    @classmethod
    def of(cls, reading: etree._Element) -> "Shape":
        texts: list[str] = []
        places: dict[str, int] = {}

        def take(element: etree._Element, name: str | None) -> None:
            text = (element.text or "").strip()
            if name:
                places.pop(name, None)  # of several elements the last counts
                if text:
                    places[name] = len(texts)
            if text:
                texts.append(text)

        take(reading, None)
        for child in reading.iterchildren("*"):
            take(child, _READ_TEXTS.get((child.tag, "")))
            for leaf in child.iterdescendants("*"):
                take(leaf, _READ_TEXTS.get((child.tag, leaf.tag)))
        return cls(texts, places)

    def text(self, name: str) -> str:
        """The text of that name, "" if the reading has none."""
        return self.texts[self.places[name]] if name in self.places else ""

    def column(self, name: str) -> int:
        """Which of the numbers of a run is the first one in that text."""
        return sum(len(_NUMERIC.findall(text)) for text in self.texts[: self.places[name]])

    def of_row(self, run: UniformReadings, row: int) -> "Shape":
        """The shape of another reading of the run: it differs in its numbers."""
        written = iter(run.written(row))
        texts = [_NUMERIC.sub(lambda _: next(written), text) for text in self.texts]
        return Shape(texts, self.places)


@dataclass(slots=True)
class Slot:
    """A slot of the spool: readings of one ESPI meter reading."""

    links: Links  # of an entry that holds some of them
    first: int  # start of the first and of the last
    last: int


class BlockReader:
    """Puts readings into `spool`, entry by entry. `wall_clock`: the zone of local time written as UTC, or None;
    `ends`: times called starts are ends; `outside`: readings outside of their block's interval are taken too.
    """

    def __init__(self, spool: Spool, wall_clock: ZoneInfo | None, *, ends: bool, outside: bool) -> None:
        self.slots: list[Slot] = []
        self._spool = spool
        self._wall_clock = wall_clock
        self._ends = ends
        self._outside = outside
        self._numbers: dict[str | Links, int] = {}  # of slots
        self._block: etree._Element | None = None
        self._entry: etree._Element | None = None
        self._interval: tuple[int, int] | None = None
        self._last: etree._Element | None = None  # the reading before: a run may begin with it
        self._singles: list[tuple[tuple[int, ...], str]] = []
        self._pending: list[Records] = []  # of the open entry: to which slot they belong is known at its end
        self._pending_size = 0
        self._open_slot: int | None = None  # of the open entry, if it has more readings than may be pending

    def read(self, element: etree._Element) -> None:
        """Take an IntervalReading that has been read to its end, and forget those before it in the block."""
        self._take_last()
        block = element.getparent()
        if block is None or block.tag != BLOCK:
            return
        if block is not self._block:
            self._keep_singles()
            entry = next(block.iterancestors(f"{ATOM}entry"), None)
            if entry is None:
                raise FeedStructureError(
                    f"line {line_of(block)}: an IntervalBlock stands outside of an entry"
                )
            if self._entry not in (None, entry):
                raise FeedStructureError(f"line {line_of(block)}: an entry of readings inside of another")
            while (before := block.getprevious()) is not None and before.tag == BLOCK:
                cast("etree._Element", block.getparent()).remove(
                    before
                )  # an entry may have a block a reading
            self._block, self._entry = block, entry
            self._interval = None if self._outside else _interval(block)
        while (before := element.getprevious()) is not None and before.tag != f"{ESPI}interval":
            block.remove(before)
        self._last = element

    def read_run(self, run: UniformReadings) -> None:
        """Take the readings of a run, which begins with the reading that was read last."""
        if self._last is None:
            return
        first, self._last = self._last, None
        self._keep_singles()
        names = tuple(element.tag for element in first.iter("*"))
        if names not in run.alike.cache:
            shape = Shape.of(first)
            run.alike.cache[names] = shape, *_uniform_records(shape, run.alike)
        shape, all_records, all_odd = run.alike.cache[names]
        records, odd = all_records[run.first : run.past], all_odd[run.first : run.past]
        records["line"] = run.line + run.alike.breaks * np.arange(run.size)
        rows = np.arange(run.size)
        if odd.any():
            for row in np.flatnonzero(odd).tolist():
                self._take(shape.of_row(run, row), int(records["line"][row]))
            rows = np.flatnonzero(~odd)
            records = records[rows]
        self._keep(records, lambda row: " ".join(shape.of_row(run, int(rows[row])).texts))

    def close(self, entry: etree._Element, links: Links) -> None:
        """At the end of an entry: what was taken belongs to it, if it holds the blocks."""
        if entry is not self._entry:
            return
        self._take_last()
        self._keep_singles()
        slot = self._open_slot
        if slot is not None:
            self.slots[slot].links = links
        if self._pending:
            if slot is None:
                head = links.own.rpartition("/IntervalBlock")[0]
                name = head if head.split("/")[-2:-1] == ["MeterReading"] else links
                slot = self._numbers.setdefault(name, len(self.slots))
                if slot == len(self.slots):
                    self.slots.append(Slot(links, _LATEST, 0))
            self._store(slot)
        self._block = self._entry = self._open_slot = None

    def _take_last(self) -> None:
        if self._last is not None:
            last, self._last = self._last, None
            self._take(Shape.of(last), line_of(last))

    def _take(self, shape: Shape, line: int) -> None:
        """A single reading, which is rejected where a number of it cannot be read."""
        text, value, code = " ".join(shape.texts), shape.text("value"), shape.text("quality")
        try:
            if not shape.text("start"):
                raise ValueError("the reading has no start")
            start, duration = _seconds(shape.text("start")), _seconds(shape.text("duration") or "0")
            digits, exponent = exact(value) if value else (0, 0)
        except ValueError as error:
            self._spool.reject(line, str(error), text)
            return
        is_code = code.isdecimal() and len(code) < 10
        quality = QUALITIES.get(int(code), Quality.UNSTATED) if is_code else Quality.UNSTATED
        self._singles.append(((line, start, duration, digits, exponent, bool(value), quality), text))

    def _keep_singles(self) -> None:
        if self._singles:
            singles, self._singles = self._singles, []
            records = np.zeros(len(singles), RECORD)
            records[_FIELDS] = [fields for fields, _ in singles]
            self._keep(records, lambda row: singles[row][1])

    def _keep(self, records: Records, text: Callable[[int], str]) -> None:
        """Keep what the block allows and the clock has, as instants; `text` gives the text of a row in the file."""
        able = np.ones(len(records), bool)
        if self._interval is not None:
            begin, end = self._interval
            starts = records["start"] - self._ends
            able = (starts >= begin) & (starts < end)
            self._reject(records, ~able, "outside the interval of its block", text)
        if self._wall_clock is not None:
            records["start"], records["shift"], exists = _moments(records["start"], self._wall_clock)
            reason = f"its time does not exist in {self._wall_clock.key}: clocks went forward"
            self._reject(records, able & ~exists, reason, text)
            able &= exists
        records = records if able.all() else records[able]
        if not len(records):
            return
        self._pending.append(records)
        self._pending_size += len(records)
        if self._pending_size > _MOST_PENDING:
            if self._open_slot is None:
                self._open_slot = len(self.slots)
                self.slots.append(Slot(Links("", "", frozenset()), _LATEST, 0))
            self._store(self._open_slot)

    def _reject(self, records: Records, rows: Flags, reason: str, text: Callable[[int], str]) -> None:
        for row in np.flatnonzero(rows).tolist():
            self._spool.reject(int(records["line"][row]), reason, text(row))

    def _store(self, number: int) -> None:
        slot = self.slots[number]
        for records in self._pending:
            starts = records["start"]
            slot.first, slot.last = min(slot.first, int(starts.min())), max(slot.last, int(starts.max()))
            self._spool.append(number, records)
        self._pending, self._pending_size = [], 0


def _uniform_records(shape: Shape, alike: Alike) -> tuple[Records, Flags]:
    """(records of all these readings but for their lines, which of them must be read singly)."""
    numbers, value = alike.numbers, shape.text("value")
    records = np.zeros(len(numbers), RECORD)
    is_whole = {
        name: bool(_WHOLE.fullmatch(shape.text(name))) for name in ("start", "duration", "value", "quality")
    }
    is_decimal = bool(_DECIMAL.fullmatch(value))
    has_length = is_whole["duration"] or not shape.text("duration")
    if not is_whole["start"] or not has_length or not (is_whole["value"] or is_decimal or not value):
        return records, np.ones(len(numbers), bool)
    columns = {name: numbers[:, shape.column(name)] for name, whole in is_whole.items() if whole}
    records["start"], records["duration"] = columns["start"], columns.get("duration", 0)
    odd = (records["start"] < 0) | (records["start"] > _LATEST)
    odd |= (records["duration"] < 0) | (records["duration"] > _LATEST)
    if is_decimal:
        parts = slice(shape.column("value"), shape.column("value") + 2)
        (whole, decimals), widths = numbers[:, parts].T, alike.widths[:, parts]
        odd |= (widths.sum(axis=1) > 18) | (widths[:, 1] > 12)
        places = np.minimum(widths[:, 1], 12)
        records["digits"] = whole * 10**places + np.where(whole < 0, -decimals, decimals)
        records["exponent"] = -places
    else:
        records["digits"] = columns.get("value", 0)
    records["known"] = bool(value)
    codes = np.clip(columns.get("quality", np.array([-1])), -1, len(_QUALITY_OF_CODE) - 1)
    records["quality"] = _QUALITY_OF_CODE[codes]
    return records, odd


def _seconds(text: str) -> int:
    try:
        seconds = int(text)
    except ValueError as error:
        raise ValueError(f"{shortened(text)!r} is not a count of seconds") from error
    if not 0 <= seconds <= _LATEST:
        raise ValueError(f"{seconds} seconds are out of bounds")
    return seconds


def _interval(block: etree._Element) -> tuple[int, int] | None:
    """[begin, end) of a block, None if it does not state both ahead of its readings, as the standard has it."""
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
