"""Where a load comes from, and what became of its readings."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from django.utils import timezone

from datahub.rows.base import Rejection
from datahub.store.codec import DAY_SECONDS, Integers


@dataclass(frozen=True, slots=True)
class Origin:
    """The run that loads, the file's own time in epoch microseconds, now, and the zone of the file's local days."""

    run_id: int
    version: int
    at: datetime
    zone: ZoneInfo = field(default_factory=timezone.get_default_timezone)

    @classmethod
    def of(cls, *, run_id: int, version_at: datetime, at: datetime, zone: str = "") -> "Origin":
        """`zone` is the feed's; without it the utility's."""
        days = ZoneInfo(zone) if zone else timezone.get_default_timezone()
        return cls(run_id, round(version_at.timestamp() * 1_000_000), at, days)


@dataclass(slots=True)
class Tally:
    """Counted while a load goes on; what is neither accepted nor rejected was unchanged."""

    accepted: int = 0
    superseded: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    # keys of channels whose content moved, and of those with a row written besides, in any order
    changed: list[Integers] = field(default_factory=list)
    written: list[Integers] = field(default_factory=list)
    # UTC days that changed readings reach into, and those of changed readings of no length, in any order
    days: list[Integers] = field(default_factory=list)
    days_of_instants: list[Integers] = field(default_factory=list)

    def block_changed(self, channel: Integers, day: Integers, phase: Integers) -> None:
        """The content of these blocks moved; one with a phase ends in the next day."""
        self.changed.append(channel)
        self.days.append(_runs(day))
        if phase.any():
            self.days.append(_runs(day[phase > 0] + 1))

    def periods_changed(self, channel: Integers, starts: Integers, durations: Integers) -> None:
        """The content of these periods moved, in epoch seconds; a register read at an instant used nothing then."""
        self.changed.append(channel)
        lasting = durations > 0
        self.days_of_instants.append(starts[~lasting] // DAY_SECONDS)
        first, last = starts[lasting] // DAY_SECONDS, (starts + durations - 1)[lasting] // DAY_SECONDS
        for begin, end in np.unique(np.stack([first, last], axis=1), axis=0).tolist():
            self.days.append(np.arange(begin, end + 1, dtype=np.int64))

    def reject(self, lines: Integers, reason: str) -> None:
        self.rejected.extend(Rejection(line, reason) for line in lines.tolist())

    @property
    def written_channels(self) -> Integers:
        """In ascending order, each once; those that changed are among them."""
        return distinct(np.concatenate([self.changed_channels, *self.written]))

    @property
    def changed_channels(self) -> Integers:
        """In ascending order, each once."""
        return distinct(np.concatenate([np.empty(0, dtype=np.int64), *self.changed]))


def distinct(keys: Integers) -> Integers:
    """In ascending order, each once; as they are, where they stand so."""
    return keys if (keys[1:] > keys[:-1]).all() else np.unique(keys)


def _runs(days: Integers) -> Integers:
    """Each of a run of equal ones once: a file of one day leaves one."""
    return days[np.append(True, np.diff(days) != 0)] if len(days) else days
