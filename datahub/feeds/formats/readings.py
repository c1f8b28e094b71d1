"""Readings gathered channel by channel into columns, then put in order and checked as a whole."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt

from datahub.feeds.formats.base import Integers, Parsed, Quality, Rejection, UsageSeries
from datahub.feeds.formats.local_time import settled
from datahub.feeds.formats.usage_rows import ChannelKey

_MOST = 2**63 - 1
_UNTIL_STOP = -1
_Flags = npt.NDArray[np.bool_]


def _longs() -> "array[int]":
    return array("q")


@dataclass(slots=True)
class Channel:
    """One channel while its file is read: columns, no object a reading."""

    lines: "array[int]" = field(default_factory=_longs)
    firsts: "array[int]" = field(default_factory=_longs)
    shifts: "array[int]" = field(default_factory=_longs)
    durations: "array[int]" = field(default_factory=_longs)
    stops: "array[int]" = field(default_factory=_longs)
    stop_shifts: "array[int]" = field(default_factory=_longs)
    digits: "array[int]" = field(default_factory=_longs)
    exponents: "array[int]" = field(default_factory=lambda: array("b"))
    qualities: "array[int]" = field(default_factory=lambda: array("B"))
    known: "array[int]" = field(default_factory=lambda: array("B"))

    def add(
        self,
        line: int,
        start: tuple[int, int],
        length: int | tuple[int, int],
        value: tuple[int, int] | None,
        quality: Quality,
    ) -> None:
        """`start`, and a `length` that is an end, are moments (epoch, shift); `value`: (digits, exponent)."""
        duration, stop = (length, (0, 0)) if isinstance(length, int) else (_UNTIL_STOP, length)
        digits, exponent = value or (0, 0)
        self.lines.append(line)
        self.firsts.append(start[0])
        self.shifts.append(start[1])
        self.durations.append(duration)
        self.stops.append(stop[0])
        self.stop_shifts.append(stop[1])
        self.digits.append(digits)
        self.exponents.append(exponent)
        self.qualities.append(quality)
        self.known.append(value is not None)

    def extend(self, other: "Channel") -> None:
        """Take over the readings of `other`, as if they came later in the file."""
        for column in fields(self):
            getattr(self, column.name).extend(getattr(other, column.name))

    def explain(self, *, exponent: int, interval_seconds: int | None, quality: Quality) -> None:
        """Say what readings left open: a power of ten on each value, the usual length, the usual quality."""
        exponents = np.frombuffer(self.exponents, np.int8)
        exponents[np.frombuffer(self.digits, np.int64) != 0] += exponent
        durations = np.frombuffer(self.durations, np.int64)
        durations[durations == 0] = interval_seconds or 0
        qualities = np.frombuffer(self.qualities, np.uint8)
        qualities[qualities == Quality.UNSTATED] = quality

    def overlaps(self, other: "Channel") -> bool:
        """Whether their times meet, from first to last."""
        return min(self.firsts) <= max(other.firsts) and min(other.firsts) <= max(self.firsts)

    def finished(self, key: ChannelKey) -> tuple[UsageSeries, list[Rejection]]:
        """The series in order of time, and the readings that doubled another or cannot be kept."""
        lines = _longs_of(self.lines)
        starts = settled(_longs_of(self.firsts), _longs_of(self.shifts))
        durations = self._durations(starts) if key.kind != "register" else np.zeros_like(starts)
        scale, values, fits = _scaled(_longs_of(self.digits), np.frombuffer(self.exponents, np.int8))
        known = np.frombuffer(self.known, np.uint8).astype(bool)
        lasts = (durations > 0) | (key.kind == "register")
        order, doubled = _in_order(starts, np.flatnonzero(fits & lasts))

        rejected = _refused(lines[~fits], "value has more digits than can be kept exactly")
        rejected += _refused(lines[fits & ~lasts], "end is not after start")
        for late, first in doubled:
            same = all(column[late] == column[first] for column in (values, known, durations))
            what = "repeats" if same else "gives another value for the start of"
            rejected.append(Rejection(int(lines[late]), f"{what} line {lines[first]}"))
        lengths = np.unique(durations[order])
        series = UsageSeries(
            *key,
            interval_seconds=int(lengths[0]) if len(lengths) == 1 and lengths[0] else None,
            starts=starts[order],
            durations=durations[order],
            values=values[order],
            scale=scale,
            known=known[order],
            quality=np.frombuffer(self.qualities, np.uint8)[order],
            lines=lines[order],
            line=int(lines.min()),
        )
        return series, rejected

    def _durations(self, starts: Integers) -> Integers:
        durations, stops = _longs_of(self.durations), _longs_of(self.stops)
        # an end in the repeated hour is the first that comes after its start
        stops = np.where(stops > starts, stops, stops + _longs_of(self.stop_shifts))
        return np.where(durations == _UNTIL_STOP, stops - starts, durations)


def parsed_channels(
    channels: Iterable[tuple[ChannelKey, Channel]], rejected: Iterable[Rejection]
) -> Parsed[UsageSeries]:
    """The finished series of a file, and all of its rejections in the order of its lines."""
    rows: list[UsageSeries] = []
    refused = list(rejected)
    for key, channel in channels:
        if not channel.lines:
            continue  # none of its readings could be taken
        series, more = channel.finished(key)
        refused += more
        if series.size:
            rows.append(series)
    return Parsed(rows, sorted(refused, key=lambda rejection: rejection.line))


def _longs_of(column: "array[int]") -> Integers:
    return np.frombuffer(column, np.int64)


def _refused(lines: Integers, reason: str) -> list[Rejection]:
    return [Rejection(line, reason) for line in lines.tolist()]


def _in_order(starts: Integers, kept: Integers) -> tuple[Integers, list[tuple[int, int]]]:
    """(indices in order of time, each start once; pairs of a later reading and the first with its start)."""
    order = kept[np.argsort(starts[kept], kind="stable")]
    again = np.zeros(len(order), bool)
    again[1:] = starts[order][1:] == starts[order][:-1]
    first = np.maximum.accumulate(np.where(again, 0, np.arange(len(order))))
    doubled = list(zip(order[again].tolist(), order[first][again].tolist(), strict=True))
    return order[~again], doubled


def _scaled(digits: Integers, exponents: npt.NDArray[np.int8]) -> tuple[int, Integers, _Flags]:
    """(scale, values, which fit in 8 bytes at that scale); what does not fit is 0."""
    scale = max(0, -int(exponents.min()))
    values, fits = np.zeros_like(digits), np.zeros(len(digits), bool)
    for exponent in np.unique(exponents).tolist():
        factor = 10 ** (exponent + scale)
        here = (exponents == exponent) & (np.abs(digits) <= _MOST // factor)
        values[here] = digits[here] * factor if factor <= _MOST else 0
        fits |= here
    return scale, values, fits
