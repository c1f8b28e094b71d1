"""Series of a load side by side as columns, one element a reading."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from datahub.feeds.formats.base import Quality, UsageSeries
from datahub.feeds.store.codec import DAY_SECONDS, MOST, Codes, Flags, Integers

# seconds a slot, in two bytes; a day's reading is a period, as local days differ in length
_SHORTEST, _LONGEST = 60, 28_800


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Readings of many channels, in the order of the file."""

    channel: Integers
    starts: Integers
    durations: Integers
    values: Integers
    scale: Integers
    known: Flags
    quality: Codes
    lines: Integers

    @classmethod
    def of(cls, series: Sequence[tuple[int, UsageSeries]]) -> "Columns":
        """The readings of `series`, each with its channel's key."""
        each = [one for _, one in series]
        sizes = [one.size for one in each]
        return cls(
            np.repeat(np.array([channel for channel, _ in series], dtype=np.int64), sizes),
            np.concatenate([one.starts for one in each]),
            np.concatenate([one.durations for one in each]),
            np.concatenate([one.values for one in each]),
            np.repeat(np.array([one.scale for one in each], dtype=np.int64), sizes),
            np.concatenate([one.known for one in each]),
            np.concatenate([one.quality for one in each]),
            np.concatenate([one.lines for one in each]),
        )

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def withdraws(self) -> Flags:
        return self.quality == Quality.WITHDRAWN

    @property
    def speaks(self) -> Flags:
        """All but the plainly unknown, of which nothing is stored."""
        return self.known | self.withdraws

    @property
    def on_a_grid(self) -> Flags:
        """Readings that fit a day block: whole minutes, and a day is a whole number of them."""
        step = self.durations
        fits = (step >= _SHORTEST) & (step <= _LONGEST)
        return fits & (DAY_SECONDS % np.maximum(step, 1) == 0) & (self.starts % 60 == 0)

    @property
    def storable(self) -> Flags:
        """Values whose digits fit; the least 64-bit integer is the mark of the unknown."""
        return ~self.known | (self.values >= -MOST)

    def where(self, keep: Flags | Integers) -> "Columns":
        return Columns(*(getattr(self, column.name)[keep] for column in fields(self)))
