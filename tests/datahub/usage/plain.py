"""Sums as one would write them down: reading by reading, with fractions, over what `readings()` shows."""

from bisect import bisect_left, insort
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np

from datahub.usage.readings import readings


@dataclass
class Plain:
    total: Fraction = Fraction(0)
    known: int = 0
    qualities: dict[int, int] = field(default_factory=lambda: defaultdict(int))


def plain_sums(spans, by, zone: ZoneInfo) -> dict[tuple[int, int, date], Plain]:
    """By contract, channel and first local day of the period."""
    single = defaultdict(list)
    for stored in readings(spans):
        for place in np.flatnonzero(stored.known).tolist():
            start, length = int(stored.starts[place]), int(stored.durations[place])
            worth = Fraction(int(stored.values[place])) / Fraction(10) ** stored.scale
            single[stored.contract_id, stored.channel_id].append(
                (length, start, worth, int(stored.quality[place]))
            )
    sums = defaultdict(Plain)
    for (contract, channel), readings_of_channel in single.items():
        taken: list[
            tuple[int, int]
        ] = []  # in order and apart, so that the last that begins before an end decides
        for length, start, worth, quality in sorted(readings_of_channel):
            place = bisect_left(taken, (start + length,))
            if place and start < taken[place - 1][1]:
                continue
            insort(taken, (start, start + length))
            day = datetime.fromtimestamp(start, UTC).astimezone(zone).date()
            plain = sums[contract, channel, first_day(day, by)]
            plain.total += worth
            plain.known += 1
            plain.qualities[quality] += 1
    return dict(sums)


def plain_due(span, step: int, phase: int, by, zone: ZoneInfo) -> dict[date, int]:
    """How many slots of a grid begin in each period and lie wholly in `span`."""
    first, past = int(span.start.timestamp()), int(span.end.timestamp())
    due = defaultdict(int)
    for start in range(first + (phase - first) % step, past - step + 1, step):
        due[first_day(datetime.fromtimestamp(start, UTC).astimezone(zone).date(), by)] += 1
    return due


def first_day(day: date, by: str) -> date:
    return {"day": day, "month": day.replace(day=1), "year": day.replace(month=1, day=1)}[by]


def as_plain(sums) -> dict[tuple[int, int, date], Plain]:
    """The same form, of what `usage_sums` answers."""
    return {
        (channel_sums.contract_id, channel_sums.channel.channel_id, day): Plain(
            Fraction(channel_sums.totals[place]) / Fraction(10) ** channel_sums.scale,
            int(channel_sums.known[place]),
            {code: int(count) for code, count in enumerate(channel_sums.qualities[place]) if count},
        )
        for channel_sums in sums
        for place, day in enumerate(channel_sums.days)
    }
