"""Readings as formats return them: columns of many channels at once, no object a reading.

Two forms. `UsageColumns` has an element a reading. `UsageGrid` has a row for readings of equal length that follow each
other, as wide files write them; the store takes it as it is.
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
Direction = Literal["import", "export", "net", "production", "none"]
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
    def key(self) -> "ChannelKey":
        return ChannelKey(
            self.meter_number, self.register, self.commodity, self.unit, self.direction, self.kind
        )

    @property
    def size(self) -> int:
        return len(self.starts)

    @property
    def total(self) -> Decimal:
        """Exact sum of what is known, in `unit`."""
        return Decimal(sum(self.values[self.known].tolist())).scaleb(-self.scale)


Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]

# of readings: another year is an error of the sender, would need partitions of its own, or is beyond Python's dates
YEARS = range(1970, 2100)
YEARS_TEXT = f"from {YEARS.start} to {YEARS.stop - 1}"
_YEARS_BEGIN, _YEARS_END = (
    int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (YEARS.start, YEARS.stop)
)


class ChannelKey(NamedTuple):
    """What distinguishes channels: their readings are never mixed."""

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
    """A key without its meter: a file has many meters and few sorts."""

    register: str
    commodity: str
    unit: Unit
    direction: Direction
    kind: Kind


@dataclass(frozen=True, slots=True, eq=False)
class ChannelKeys:
    """Keys in columns: number i has `meters[i]` and `sorts[sort[i]]`. None comes twice.

    A key is built when it is read, since a part of a file has tens of thousands.
    """

    meters: Sequence[str]
    sorts: tuple[Sort, ...]
    sort: Integers

    @classmethod
    def of(cls, keys: Iterable[ChannelKey]) -> "ChannelKeys":
        """The same of a list of keys."""
        numbers: dict[Sort, int] = {}
        meters, sort = list[str](), list[int]()
        for key in keys:
            meters.append(key.meter_number)
            sort.append(numbers.setdefault(key.sort, len(numbers)))
        return cls(meters, tuple(numbers), np.array(sort, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.meters)

    def __getitem__(self, number: int) -> ChannelKey:
        return ChannelKey(self.meters[number], *self.sorts[self.sort[number]])

    def __iter__(self) -> Iterator[ChannelKey]:
        return (self[number] for number in range(len(self)))

    def chosen(self, numbers: Integers) -> "ChannelKeys":
        """These, in this order."""
        return ChannelKeys(
            [self.meters[number] for number in numbers.tolist()], self.sorts, self.sort[numbers]
        )


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
        """The readings of `series`, each a channel."""

        def joined(name: str, kind: Any = np.int64) -> npt.NDArray[Any]:
            return np.concatenate([np.empty(0, dtype=kind), *(getattr(channel, name) for channel in series)])

        return cls(
            ChannelKeys.of(channel.key for channel in series),
            np.repeat(np.arange(len(series), dtype=np.int64), [channel.size for channel in series]),
            joined("starts"),
            joined("durations"),
            joined("values"),
            np.array([channel.scale for channel in series], dtype=np.int64),
            joined("known", np.bool_),
            joined("quality", np.uint8),
            joined("lines"),
        )

    def series(self) -> Iterator[UsageSeries]:
        """A series for each channel that has readings."""
        edges = np.searchsorted(self.channel, np.arange(len(self.channels) + 1)).tolist()
        for number, (key, first, past) in enumerate(zip(self.channels, edges, edges[1:], strict=False)):
            if past > first:
                rows = slice(first, past)
                lengths = np.unique(self.durations[rows])
                yield UsageSeries(
                    *key,
                    interval_seconds=int(lengths[0]) if len(lengths) == 1 and lengths[0] else None,
                    starts=self.starts[rows],
                    durations=self.durations[rows],
                    values=self.values[rows],
                    scale=int(self.scale[number]),
                    known=self.known[rows],
                    quality=self.quality[rows],
                    lines=self.lines[rows],
                    line=int(self.lines[rows].min()),
                )


@dataclass(frozen=True, slots=True, eq=False)
class UsageGrid:
    """A row has `slots` readings of one channel; rows are in order of channel and time, and do not overlap.

    Slot j of row i covers [starts[i] + j * step, + step) in seconds since 1970 UTC; `values` (any signed integers) and
    `known` have the shape (rows, slots) and mean what they mean in `UsageColumns`; so has `quality`, which may be a
    broadcast view of less. Every slot is a reading in the file.
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
    """The same with an element a reading."""
    return rows.columns() if isinstance(rows, UsageGrid) else rows


def within_years(rows: UsageRows) -> tuple[UsageRows, list[Rejection]]:
    """The rows that lie in YEARS as a whole, and a rejection for each of the others."""
    lengths = rows.known.shape[1] * rows.step if isinstance(rows, UsageGrid) else rows.durations
    within = (rows.starts >= _YEARS_BEGIN) & (rows.starts + lengths <= _YEARS_END)
    if within.all():
        return rows, []
    names = ["channel", "starts", "values", "known", "quality", "lines"]
    names += [] if isinstance(rows, UsageGrid) else ["durations"]
    rejected = [
        Rejection(line, f"its time is not {YEARS_TEXT}") for line in sorted(rows.lines[~within].tolist())
    ]
    return replace(rows, **{name: getattr(rows, name)[within] for name in names}), rejected
