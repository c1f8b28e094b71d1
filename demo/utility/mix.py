"""Hourly generation mix of the invented grid region and tariffs; each hour's shares sum to one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from demo.utility.structure import BUSINESS, EV, REGION, RESIDENTIAL, Utility

SOURCES = ("solar", "wind", "hydro", "nuclear", "gas", "unknown")
GREEN = {EV[0]: 3.0, RESIDENTIAL[0]: 1.0, BUSINESS[0]: 1.4}
SERIES = (
    ("generation_breakdown", REGION, 1.0),
    ("residual_mix", REGION, 0.3),
    *(("consumption_breakdown", code, green) for code, green in GREEN.items()),
)


@dataclass(frozen=True, slots=True)
class Share:
    """`share` is None where the source's part of that hour is not known."""

    series: str
    key: str
    start: datetime
    source: str
    share: Decimal | None


def shares(utility: Utility, *, days: int, seed: int) -> Iterator[Share]:
    """The last `days` days, hour by hour. `green` weighs wind, sun and water against the rest."""
    rng = np.random.default_rng([seed, 7])
    end = datetime.combine(utility.today, datetime.min.time(), UTC)
    for hours_back in range(days * 24, 0, -1):
        start = end - timedelta(hours=hours_back)
        sun = max(0.0, float(np.sin((start.hour - 14) / 12 * np.pi)))
        wind = float(rng.beta(2, 3))
        for series, key, green in SERIES:
            weights = np.array([sun * 30 * green, wind * 45 * green, 12 * green, 18, 34, 5]) + 0.001
            # to four places, with a sum of exactly one: the last share makes up for the rounding of the others
            parts = [Decimal(f"{weight:.4f}") for weight in (weights / weights.sum())[:-1]]
            for source, share in zip(SOURCES, [*parts, 1 - sum(parts, Decimal(0))], strict=True):
                yield Share(series, key, start, source, share)
