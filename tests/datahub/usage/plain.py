"""Sums as one would write them down: reading by reading, with fractions, over what `readings()` shows."""

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
    for one in readings(spans):
        for place in np.flatnonzero(one.known).tolist():
            start, length = int(one.starts[place]), int(one.durations[place])
            worth = Fraction(int(one.values[place])) / Fraction(10) ** one.scale
            single[one.contract_id, one.channel_id].append((length, start, worth, int(one.quality[place])))
    sums = defaultdict(Plain)
    for (contract, channel), found in single.items():
        taken = []
        for length, start, worth, quality in sorted(found):
            if any(start < end and begin < start + length for begin, end in taken):
                continue
            taken.append((start, start + length))
            day = datetime.fromtimestamp(start, UTC).astimezone(zone).date()
            plain = sums[contract, channel, first_day(day, by)]
            plain.total += worth
            plain.known += 1
            plain.qualities[quality] += 1
    return dict(sums)


def plain_due(span, step: int, phase: int, by, zone: ZoneInfo) -> dict[date, int]:
    """How many slots of a grid begin in each period and lie wholly in `span`."""
    first, past = int(span.start.timestamp()), int(span.end.timestamp())
    found = defaultdict(int)
    for start in range(first + (phase - first) % step, past - step + 1, step):
        found[first_day(datetime.fromtimestamp(start, UTC).astimezone(zone).date(), by)] += 1
    return found


def first_day(day: date, by: str) -> date:
    return {"day": day, "month": day.replace(day=1), "year": day.replace(month=1, day=1)}[by]


def as_plain(found) -> dict[tuple[int, int, date], Plain]:
    """The same form, of what `usage_sums` answers."""
    return {
        (one.contract_id, one.channel.channel_id, day): Plain(
            Fraction(one.totals[place]) / Fraction(10) ** one.scale,
            int(one.known[place]),
            {code: int(count) for code, count in enumerate(one.qualities[place]) if count},
        )
        for one in found
        for place, day in enumerate(one.days)
    }
