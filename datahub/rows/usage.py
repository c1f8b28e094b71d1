"""Readings as formats hand them over: columns of many channels at once, no object a reading.

Two forms. `UsageColumns` has an element a reading. `UsageGrid` has a row a run of equally long readings, as wide
files write them: it reaches the store without ever being laid out flat.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from datahub.rows.base import Integers, Rejection


class Quality(IntEnum):
    """How far a reading can be trusted, as stored: one byte a reading."""

    ACTUAL = 0
    ESTIMATED = 1
    SUBSTITUTED = 2  # final substitute: no better value will come
    CORRECTED = 3
    PROVISIONAL = 4
    UNSTATED = 5  # the feed does not say
    WITHDRAWN = 6  # the feed takes an earlier value back: the reading becomes unknown


Unit = Literal[
    "Wh", "varh", "VAh", "W", "var", "VA", "V", "A", "m3", "ft3", "gal", "imp_gal", "therm", "J", "Btu"
]
Direction = Literal["import", "export", "net", "none"]
Kind = Literal["interval", "register", "demand"]


@dataclass(frozen=True, slots=True, eq=False)
class UsageSeries:
    """One channel's readings as columns in order of time, no start twice.

    Reading i covers [starts[i], starts[i] + durations[i]) in seconds since 1970 UTC (a register is read at an
    instant: duration 0) and is values[i] / 10**scale, exactly. Where `known` is false the value is
    unknown and values[i], which is 0, means nothing.
    """

    meter_number: str
    register: str  # as the feed names it, "" if it has no name
    commodity: str  # electricity, natural_gas, water
    unit: Unit
    direction: Direction
    kind: Kind
    interval_seconds: int | None  # None: not all readings last equally long
    starts: Integers
    durations: Integers
    values: Integers
    scale: int
    known: npt.NDArray[np.bool_]
    quality: npt.NDArray[np.uint8]
    lines: Integers
    line: int = 0  # where the series begins

    @property
    def size(self) -> int:
        return len(self.starts)

    @property
    def total(self) -> Decimal:
        """Exact sum of what is known, in `unit`."""
        return Decimal(sum(self.values[self.known].tolist())).scaleb(-self.scale)


Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]

# of readings: a year beyond is a slip of the sender, has a month's partition to itself, or is none that dates can say
YEARS = range(1970, 2100)
YEARS_TEXT = f"from {YEARS.start} to {YEARS.stop - 1}"
_FIRST, _PAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (YEARS.start, YEARS.stop))


class ChannelKey(NamedTuple):
    """What tells one channel from another: never summed, never mixed."""

    meter_number: str
    register: str  # as the feed names it, "" if it has no name
    commodity: str  # electricity, natural_gas, water
    unit: Unit
    direction: Direction
    kind: Kind

    @property
    def sort(self) -> "Sort":
        return Sort(*self[1:])


class Sort(NamedTuple):
    """What a key says besides its meter: a file names many meters and few sorts."""

    register: str
    commodity: str
    unit: Unit
    direction: Direction
    kind: Kind


@dataclass(frozen=True, slots=True, eq=False)
class ChannelKeys:
    """Keys in columns: number i is that of `meters[i]` and `sorts[sort[i]]`. None comes twice.

    A key is made only where one is asked for: a part of a file names tens of thousands.
    """

    meters: Sequence[str]
    sorts: tuple[Sort, ...]
    sort: Integers

    @classmethod
    def of(cls, keys: Iterable[ChannelKey]) -> "ChannelKeys":
        """Of keys that are there already."""
        numbers: dict[Sort, int] = {}
        meters, sort = list[str](), list[int]()
        for key in keys:
            meters.append(key.meter_number)
            sort.append(numbers.setdefault(key.sort, len(numbers)))
        return cls(meters, tuple(numbers), np.array(sort, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.meters)

    def __getitem__(self, place: int) -> ChannelKey:
        return ChannelKey(self.meters[place], *self.sorts[self.sort[place]])

    def __iter__(self) -> Iterator[ChannelKey]:
        return (self[place] for place in range(len(self)))

    def chosen(self, places: Integers) -> "ChannelKeys":
        """These, in this order."""
        return ChannelKeys([self.meters[place] for place in places.tolist()], self.sorts, self.sort[places])


@dataclass(frozen=True, slots=True, eq=False)
class UsageColumns:
    """Readings in order of channel and time, within a channel no start twice.

    Reading i is of `channels[channel[i]]`, covers [starts[i], starts[i] + durations[i]) in seconds since 1970 UTC (a
    register is read at an instant: duration 0) and is values[i] / 10**scale[channel[i]], exactly. Where `known` is
    false the value is unknown and values[i], which is 0, means nothing. `lines` are those of the file.
    """

    channels: ChannelKeys
    channel: Integers
    starts: Integers
    durations: Integers
    values: Integers
    scale: Integers  # one a channel
    known: Flags
    quality: Codes
    lines: Integers

    @property
    def size(self) -> int:
        return len(self.starts)

    @classmethod
    def of(cls, series: Sequence[UsageSeries]) -> "UsageColumns":
        """The readings of `series`, side by side."""
        sizes = [one.size for one in series]
        keys = ChannelKeys.of(
            ChannelKey(one.meter_number, one.register, one.commodity, one.unit, one.direction, one.kind)
            for one in series
        )
        return cls(
            keys,
            np.repeat(np.arange(len(series), dtype=np.int64), sizes),
            _joined(one.starts for one in series),
            _joined(one.durations for one in series),
            _joined(one.values for one in series),
            np.array([one.scale for one in series], dtype=np.int64),
            _joined((one.known for one in series), np.bool_),
            _joined((one.quality for one in series), np.uint8),
            _joined(one.lines for one in series),
        )

    def series(self) -> Iterator[UsageSeries]:
        """One channel after the other."""
        edges = np.searchsorted(self.channel, np.arange(len(self.channels) + 1)).tolist()
        for place, (key, first, past) in enumerate(zip(self.channels, edges, edges[1:], strict=False)):
            if past > first:
                rows = slice(first, past)
                lengths = np.unique(self.durations[rows])
                yield UsageSeries(
                    *key,
                    interval_seconds=int(lengths[0]) if len(lengths) == 1 and lengths[0] else None,
                    starts=self.starts[rows],
                    durations=self.durations[rows],
                    values=self.values[rows],
                    scale=int(self.scale[place]),
                    known=self.known[rows],
                    quality=self.quality[rows],
                    lines=self.lines[rows],
                    line=int(self.lines[rows].min()),
                )


@dataclass(frozen=True, slots=True, eq=False)
class UsageGrid:
    """A row a run of `slots` readings of one channel; rows in order of channel and time, none meets another.

    Slot j of row i covers [starts[i] + j * step, + step) in seconds since 1970 UTC; `values` (any signed integers) and
    `known` have the shape (rows, slots) and mean what they mean in `UsageColumns`; so has `quality`, which may be a
    broadcast view of less. Every slot is a reading that the file speaks of.
    """

    channels: ChannelKeys
    channel: Integers
    starts: Integers
    step: int
    values: npt.NDArray[np.signedinteger[Any]]
    scale: Integers  # one a channel
    known: Flags
    quality: Codes
    lines: Integers

    @property
    def size(self) -> int:
        return int(self.known.size)

    def columns(self) -> UsageColumns:
        """The same readings, laid out flat."""
        rows, slots = self.known.shape
        starts = self.starts[:, None] + np.arange(slots, dtype=np.int64) * self.step
        return UsageColumns(
            self.channels,
            np.repeat(self.channel, slots),
            starts.ravel(),
            np.full(rows * slots, self.step, dtype=np.int64),
            self.values.astype(np.int64).ravel(),
            self.scale,
            self.known.ravel(),
            np.ascontiguousarray(self.quality).ravel(),
            np.repeat(self.lines, slots),
        )


UsageRows = UsageColumns | UsageGrid


def columns_of(rows: UsageRows) -> UsageColumns:
    """Laid out flat, whichever they are."""
    return rows.columns() if isinstance(rows, UsageGrid) else rows


def within_reach(rows: UsageRows) -> tuple[UsageRows, list[Rejection]]:
    """The rows that lie in YEARS as a whole, and a rejection for each of the others."""
    lengths = rows.known.shape[1] * rows.step if isinstance(rows, UsageGrid) else rows.durations
    within = (rows.starts >= _FIRST) & (rows.starts + lengths <= _PAST)
    if within.all():
        return rows, []
    names = ["channel", "starts", "values", "known", "quality", "lines"]
    names += [] if isinstance(rows, UsageGrid) else ["durations"]
    rejected = [
        Rejection(line, f"its time is not {YEARS_TEXT}") for line in sorted(rows.lines[~within].tolist())
    ]
    return replace(rows, **{name: getattr(rows, name)[within] for name in names}), rejected


def series_of(parts: Iterable[UsageRows]) -> list[UsageSeries]:
    """Whole channels in order of time, for files small enough to be looked at as a whole."""
    by_key: dict[ChannelKey, list[UsageSeries]] = {}
    for part in parts:
        for one in columns_of(part).series():
            key = ChannelKey(one.meter_number, one.register, one.commodity, one.unit, one.direction, one.kind)
            by_key.setdefault(key, []).append(one)
    return [pieces[0] if len(pieces) == 1 else _whole(pieces) for pieces in by_key.values()]


def _whole(pieces: Sequence[UsageSeries]) -> UsageSeries:
    first = pieces[0]
    scale = max(one.scale for one in pieces)
    order = np.argsort(_joined(one.starts for one in pieces), kind="stable")
    steps = {one.interval_seconds for one in pieces}
    return UsageSeries(
        first.meter_number, first.register, first.commodity, first.unit, first.direction, first.kind,
        interval_seconds=steps.pop() if len(steps) == 1 else None,
        starts=_joined(one.starts for one in pieces)[order],
        durations=_joined(one.durations for one in pieces)[order],
        values=_joined(one.values * 10 ** (scale - one.scale) for one in pieces)[order],
        scale=scale,
        known=_joined((one.known for one in pieces), np.bool_)[order],
        quality=_joined((one.quality for one in pieces), np.uint8)[order],
        lines=_joined(one.lines for one in pieces)[order],
        line=min(one.line for one in pieces),
    )  # fmt: skip


def _joined(columns: Iterable[npt.NDArray[Any]], kind: Any = np.int64) -> npt.NDArray[Any]:
    return np.concatenate([np.empty(0, dtype=kind), *columns])
