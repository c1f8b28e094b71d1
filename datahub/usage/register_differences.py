"""What a register counted: the differences of readings that follow each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datahub.rows.usage import Quality
from datahub.store.codec import Codes, Flags, Integers, scaled_up
from datahub.usage.readings import ChannelReadings

_NOT_MEASURED = (Quality.ESTIMATED, Quality.SUBSTITUTED, Quality.PROVISIONAL)


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """An element each, by start: values[i] / 10**scale during [starts[i], ends[i]) in epoch seconds.

    One is of the quality of the readings that it lies between; where one of them was not measured, neither was it.
    """

    starts: Integers
    ends: Integers
    values: Integers
    scale: int
    quality: Codes

    def where(self, keep: Flags) -> "Differences":
        return Differences(
            self.starts[keep], self.ends[keep], self.values[keep], self.scale, self.quality[keep]
        )


def differences(held: Sequence[ChannelReadings]) -> Differences:
    """Of one channel of kind register; where it fell, it was set back, and nothing is known."""
    scale = max((one.scale for one in held), default=0)
    columns = []
    for one in held:
        finer, fits = scaled_up(one.values, np.array(scale - one.scale))
        keep = one.known & fits
        columns.append(((one.starts + one.durations)[keep], finer[keep], one.quality[keep].astype(np.int64)))
    moments, values, quality = (
        np.concatenate([np.empty(0, dtype=np.int64), *(column[place] for column in columns)])
        for place in range(3)
    )
    order = np.argsort(moments, kind="stable")
    moments, values, quality = moments[order], values[order], quality[order]
    doubtful = np.isin(quality[:-1], _NOT_MEASURED)
    between = Differences(
        moments[:-1],
        moments[1:],
        np.diff(values),
        scale,
        np.where(doubtful, quality[:-1], quality[1:]).astype(np.uint8),
    )
    return between.where((np.diff(moments) > 0) & (np.diff(values) >= 0))
