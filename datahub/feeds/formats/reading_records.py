"""Readings as records, and from records to columns: in order by channel and time, each start of a channel once."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from datahub.feeds.formats.digits import shifted
from datahub.feeds.formats.local_time import resolve_fold
from datahub.feeds.formats.order import in_order, repeat_reason
from datahub.rows.base import MOST_INT64, Integers, Rejection
from datahub.rows.usage import ChannelKey, ChannelKeys, Flags, UsageColumns

# `start` is that of the first pass of a repeated hour, `shift` how much later the second one is. The value is
# digits * 10**exponent.
READING = np.dtype([
    ("start", "i8"), ("duration", "i8"), ("digits", "i8"), ("slot", "i4"), ("line", "u4"), ("shift", "i4"),
    ("exponent", "i1"), ("quality", "u1"), ("known", "?"),
])  # fmt: skip
Records = npt.NDArray[np.void]
_HOUR = 3_600


def columns_of_records(
    records: Records, channel: Integers, keys: Sequence[ChannelKey], powers: Flags | None = None
) -> tuple[UsageColumns, list[Rejection]]:
    """The columns of `records`, and those that repeat another or cannot be kept.

    Record i is of `keys[channel[i]]`; where `powers` is true it is a mean power that becomes energy. Within a channel
    they come in the order of the file; of readings with one start the first counts. Every key has records, and a place
    in the columns also where all of them are rejected.
    """
    exact = np.ones(len(records), bool)
    if powers is not None and powers.any():
        records[powers], exact[powers] = _energies(records[powers])
    if (np.diff(channel) < 0).any():
        by_channel = np.argsort(channel, kind="stable")
        records, channel, exact = records[by_channel], channel[by_channel], exact[by_channel]
    starts, shifts = records["start"].copy(), records["shift"]
    for number in np.unique(channel[shifts != 0]).tolist():
        rows = slice(*np.searchsorted(channel, [number, number + 1]).tolist())
        starts[rows] = resolve_fold(starts[rows], shifts[rows].astype(np.int64))
    is_register = np.array([key.kind == "register" for key in keys], bool)[channel]
    durations = np.where(is_register, 0, records["duration"])
    scale, values, fits = _at_common_scale(records, channel, len(keys))
    fits &= exact
    lasts = (durations > 0) | is_register
    good = np.flatnonzero(fits & lasts)
    order, repeats, firsts = (good[rows] for rows in in_order(channel[good], starts[good]))

    known, lines = records["known"], records["line"].astype(np.int64)
    rejected = dict.fromkeys(np.flatnonzero(~fits).tolist(), "value has more digits than can be kept exactly")
    rejected |= dict.fromkeys(np.flatnonzero(fits & ~lasts).tolist(), "end is not after start")
    for late, first in zip(repeats.tolist(), firsts.tolist(), strict=True):
        same = all(column[late] == column[first] for column in (values, known, durations))
        rejected[late] = repeat_reason(int(lines[first]), same=same)
    columns = UsageColumns(
        ChannelKeys.of(keys), channel[order], starts[order], durations[order], values[order], scale,
        known[order], records["quality"][order], lines[order],
    )  # fmt: skip
    rejections = [
        Rejection(int(lines[row]), reason, as_text(records[row], int(starts[row])))
        for row, reason in rejected.items()
    ]
    return columns, sorted(rejections, key=lambda rejection: rejection.line)


def _energies(records: Records) -> tuple[Records, Flags]:
    """(records with the energy of their mean power, which of them it states exactly in decimals)."""
    energies = records.copy()
    share = np.gcd(energies["duration"], _HOUR)
    share[share == 0] = 1
    factor = energies["duration"] // share * 10_000  # 3600 has four factors 2 and two factors 5
    zeros = np.clip(energies["exponent"], 0, 18).astype(np.int64)
    fits = np.abs(energies["digits"].astype(float)) * factor * 10.0**zeros < MOST_INT64 / 2
    products = np.where(fits, energies["digits"], 0) * factor * 10 ** np.where(fits, zeros, 0)
    energy, rest = np.divmod(products, _HOUR // share)
    fits &= rest == 0
    energies["digits"], energies["exponent"] = energy, energies["exponent"] - zeros - 4
    return np.where(fits, energies, records), fits


def _at_common_scale(records: Records, channel: Integers, channels: int) -> tuple[Integers, Integers, Flags]:
    """(scale by channel, as small as can be; values; which fit in 8 bytes at that scale); what does not fit is 0."""
    exponents = records["exponent"].astype(np.int64)
    begins = np.searchsorted(channel, np.arange(channels))
    scale = np.maximum(np.maximum.reduceat(-exponents, begins), 0)
    values, fits = shifted(records["digits"], exponents + scale[channel])
    while (scale > 0).any():
        less = (scale > 0) & ~np.logical_or.reduceat(values % 10 != 0, begins)
        if not less.any():
            break
        scale -= less
        values = np.where(less[channel], values // 10, values)
    return scale, values, fits


def as_text(record: Any, start: int) -> str:  # noqa: ANN401
    """The reading in words: its text in the file is no longer at hand when it is rejected."""
    value = Decimal(int(record["digits"])).scaleb(int(record["exponent"])).normalize()
    value_text = f"{value:f}" if record["known"] else "unknown"
    return f"{datetime.fromtimestamp(start, UTC):%Y-%m-%dT%H:%M:%SZ} {record['duration']} s: {value_text}"
