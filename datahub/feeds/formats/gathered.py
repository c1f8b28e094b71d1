"""Readings as a file tells them, put in order channel by channel and checked against each other."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from datahub.feeds.formats.local_time import settled
from datahub.rows.base import Integers, Rejection
from datahub.rows.usage import ChannelKey, ChannelKeys, Flags, UsageColumns

# `start` is that of the first pass of a repeated hour, `shift` how much later the second is. Where `stop_shift` is
# not AS_SAID, start + duration is a moment like that too. The value is digits * 10**exponent.
READING = np.dtype([
    ("start", "i8"), ("duration", "i8"), ("digits", "i8"), ("slot", "i4"), ("line", "u4"), ("shift", "i4"),
    ("stop_shift", "i4"), ("exponent", "i1"), ("quality", "u1"), ("known", "?"),
])  # fmt: skip
Records = npt.NDArray[np.void]
AS_SAID = -1
_MOST = 2**63 - 1
_HOUR = 3_600


def finished(
    records: Records, channel: Integers, keys: Sequence[ChannelKey], powers: Flags | None = None
) -> tuple[UsageColumns, list[Rejection]]:
    """The columns of `records`, and those that double another or cannot be kept.

    Record i is of `keys[channel[i]]`; where `powers` is true it is a mean power that becomes energy. Within a channel
    they come in the order of the file; of readings with one start the first counts. Every key has records, and a place
    in the columns also where none is left.
    """
    ends = np.ones(len(records), bool)
    if powers is not None and powers.any():
        records[powers], ends[powers] = _energies(records[powers])
    if (np.diff(channel) < 0).any():
        by_channel = np.argsort(channel, kind="stable")
        records, channel, ends = records[by_channel], channel[by_channel], ends[by_channel]
    starts = _settled(records, channel)
    is_register = np.array([key.kind == "register" for key in keys], bool)[channel]
    durations = np.where(is_register, 0, _durations(records, starts))
    scale, values, fits = _scaled(records, channel, len(keys))
    fits &= ends
    lasts = (durations > 0) | is_register
    kept, again, first = _in_order(channel, starts, np.flatnonzero(fits & lasts))

    known, lines = records["known"], records["line"].astype(np.int64)
    rejected = _refused(records, starts, ~fits, "value has more digits than can be kept exactly")
    rejected += _refused(records, starts, fits & ~lasts, "end is not after start")
    same = (values[again] == values[first]) & (known[again] == known[first])
    same &= durations[again] == durations[first]
    for record, start, said, line in zip(
        records[again], starts[again].tolist(), same.tolist(), lines[first].tolist(), strict=True
    ):
        what = "repeats" if said else "gives another value for the start of"
        rejected.append(Rejection(int(record["line"]), f"{what} line {line}", as_text(record, start)))
    columns = UsageColumns(
        ChannelKeys.of(keys), channel[kept], starts[kept], durations[kept], values[kept], scale,
        known[kept], records["quality"][kept], lines[kept],
    )  # fmt: skip
    return columns, sorted(rejected, key=lambda rejection: rejection.line)


def _energies(records: Records) -> tuple[Records, Flags]:
    """(mean power as energy over the duration, where that has an end of decimals: of a third it is none)."""
    made = records.copy()
    share = np.gcd(made["duration"], _HOUR)
    share[share == 0] = 1
    factor = made["duration"] // share * 10_000  # an hour has no more twos and fives in it
    zeros = np.clip(made["exponent"], 0, 18).astype(np.int64)
    fits = np.abs(made["digits"].astype(float)) * factor * 10.0**zeros < _MOST / 2
    products = np.where(fits, made["digits"], 0) * factor * 10 ** np.where(fits, zeros, 0)
    energy, rest = np.divmod(products, _HOUR // share)
    fits &= rest == 0
    made["digits"], made["exponent"] = energy, made["exponent"] - zeros - 4
    return np.where(fits, made, records), fits


def _settled(records: Records, channel: Integers) -> Integers:
    starts, shifts = records["start"].copy(), records["shift"]
    for number in np.unique(channel[shifts != 0]).tolist():
        rows = slice(*np.searchsorted(channel, [number, number + 1]).tolist())
        starts[rows] = settled(starts[rows], shifts[rows].astype(np.int64))
    return starts


def _durations(records: Records, starts: Integers) -> Integers:
    durations, shifts = records["duration"], records["stop_shift"]
    stops = records["start"] + durations
    # an end in the repeated hour is the first that comes after its start
    stops = np.where(stops > starts, stops, stops + shifts)
    return np.where(shifts == AS_SAID, durations, stops - starts)


def _scaled(records: Records, channel: Integers, channels: int) -> tuple[Integers, Integers, Flags]:
    """(scale by channel, as small as can be; values; which fit in 8 bytes at that scale); what does not fit is 0."""
    digits, exponents = records["digits"].copy(), records["exponent"].astype(np.int64)
    begins = np.searchsorted(channel, np.arange(channels))
    scale = np.maximum(np.maximum.reduceat(-exponents, begins), 0)
    powers = exponents + scale[channel]
    values, fits = np.zeros_like(digits), digits == 0
    for power in np.unique(powers).tolist():
        factor = 10**power
        here = (powers == power) & (digits <= _MOST // factor) & (digits >= -(_MOST // factor))
        values[here] = digits[here] * factor if factor <= _MOST else 0
        fits |= here
    while (scale > 0).any():
        less = (scale > 0) & ~np.logical_or.reduceat(values % 10 != 0, begins)
        if not less.any():
            break
        scale -= less
        values = np.where(less[channel], values // 10, values)
    return scale, values, fits


def _in_order(channel: Integers, starts: Integers, kept: Integers) -> tuple[Integers, Integers, Integers]:
    """(indices in order of channel and time, each start once; later readings; the first one of each's start)."""
    places, times = channel[kept], starts[kept]
    if ((np.diff(places) == 0) & (np.diff(times) < 0)).any():
        order = np.lexsort((times, places))
        kept, places, times = kept[order], places[order], times[order]
    again = np.zeros(len(kept), bool)
    again[1:] = (np.diff(places) == 0) & (np.diff(times) == 0)
    first = np.maximum.accumulate(np.where(again, 0, np.arange(len(kept))))
    return kept[~again], kept[again], kept[first[again]]


def _refused(records: Records, starts: Integers, which: Flags, reason: str) -> list[Rejection]:
    return [
        Rejection(int(record["line"]), reason, as_text(record, start))
        for record, start in zip(records[which], starts[which].tolist(), strict=True)
    ]


def as_text(record: Any, start: int) -> str:  # noqa: ANN401
    """What the reading says; its place in the file is gone by when it is refused."""
    value = Decimal(int(record["digits"])).scaleb(int(record["exponent"])).normalize()
    said = f"{value:f}" if record["known"] else "unknown"
    return f"{datetime.fromtimestamp(start, UTC):%Y-%m-%dT%H:%M:%SZ} {record['duration']} s: {said}"
