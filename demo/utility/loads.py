"""Readings of the invented meters: plausible shapes from a seed, as numpy columns."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from demo.utility.structure import Meter, Utility

Integers = npt.NDArray[np.int64]
QUARTER, HOUR, DAY = 900, 3600, 86400


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One register of one meter: reading i covers [starts[i], starts[i] + step) in epoch seconds.

    Where `known` is false nothing is written; `estimated` marks what the utility filled in.
    """

    meter: str
    register: str
    unit: str
    direction: str
    step: int
    starts: Integers
    values: Integers
    known: npt.NDArray[np.bool_]
    estimated: npt.NDArray[np.bool_]


STEPS = {"home": QUARTER, "home_solar": QUARTER, "charger": QUARTER, "store": HOUR, "gas": DAY, "water": DAY}


def columns(utility: Utility, zone: ZoneInfo, *, seed: int) -> list[Column]:
    """Every register of every meter, once, for the days it hung anywhere."""
    made: dict[str, list[Column]] = {}
    for contract in utility.contracts:
        for meter in contract.meters:
            if meter.number not in made and meter.profile in STEPS:
                rng = np.random.default_rng([seed, *meter.number.encode()])
                made[meter.number] = _registers(meter, contract.scale, utility, zone, rng)
    return [column for registers in made.values() for column in registers]


def _registers(
    meter: Meter, scale: float, utility: Utility, zone: ZoneInfo, rng: np.random.Generator
) -> list[Column]:
    step = STEPS[meter.profile]
    first, until = max(meter.start, utility.first), meter.end or utility.today
    if step == DAY:  # local days
        days = np.arange(np.datetime64(first), np.datetime64(until))
        starts = np.array([_midnight(day.astype(object), zone) for day in days], np.int64)
    else:
        starts = np.arange(_midnight(first, zone), _midnight(until, zone), step, dtype=np.int64)
    offset = datetime.combine(utility.today, time(12), zone).utcoffset()
    offset_hours = offset.total_seconds() / HOUR if offset else 0.0
    hour = ((starts // 60) % 1440 / 60 + offset_hours) % 24
    season = np.cos((starts / DAY % 365.25 - 15) / 365.25 * 2 * np.pi)  # 1 in mid January, -1 in mid July
    noise = rng.lognormal(0, 0.35, len(starts))
    per_hour = step / HOUR
    match meter.profile:
        case "home_solar":
            use = _home(hour, season) * noise
            sun = (
                np.clip(np.sin((hour - 6) / 12 * np.pi), 0, None)
                * (2600 - 1400 * season)
                * rng.beta(4, 1.6, len(starts))
            )
            net = (use - sun) * per_hour
            pairs = [("1.8.0", "import", np.clip(net, 0, None)), ("2.8.0", "export", np.clip(-net, 0, None))]
            if meter.end is None:  # the inverter came with the meter of today
                pairs.append(("P", "production", sun * per_hour))
            unit = "Wh"
        case "charger":
            night = (hour < 4) & (rng.random(len(starts)) < 0.35)
            pairs, unit = [("1.8.0", "import", np.where(night, 7200 * per_hour, 2 * per_hour))], "Wh"
        case "store":
            open_hours = (hour > 4) & (hour < 19)
            pairs, unit = [("1.8.0", "import", (1500 + 9000 * open_hours) * noise * scale * per_hour)], "Wh"
        case "gas":
            pairs, unit = [("V", "import", np.clip(4 + 3.5 * season, 0.3, None) * noise * 1000)], "m3"
        case "water":
            pairs, unit = [("V", "import", 0.42 * noise * 1000)], "m3"
        case _:
            pairs, unit = [("1.8.0", "import", _home(hour, season) * noise * scale * per_hour)], "Wh"
    known, estimated = _gaps_and_estimates(len(starts), step, rng)
    return [
        Column(
            meter.number, register, unit, direction, step, starts, values.astype(np.int64), known, estimated
        )
        for register, direction, values in pairs
    ]


def _home(hour: npt.NDArray[np.float64], season: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean power in watts: a floor, a morning and an evening hump, heating in winter."""
    morning, evening = np.exp(-((hour - 7.5) ** 2) / 3), np.exp(-((hour - 19.5) ** 2) / 8)
    return 210 + 520 * morning + 980 * evening + np.clip(season, 0, None) * 420


def _gaps_and_estimates(
    count: int, step: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """A few gaps of hours to days, and a few days of estimates."""
    known, estimated = np.ones(count, bool), np.zeros(count, bool)
    day = DAY // step
    for _ in range(4):
        start = int(rng.integers(0, max(count - 3 * day, 1)))
        known[start : start + int(rng.integers(day // 8 + 1, 2 * day + 1))] = False
        start = int(rng.integers(0, max(count - 3 * day, 1)))
        estimated[start : start + day] = True
    return known, estimated & known


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())


def utc_text(starts: Integers) -> list[str]:
    """Epoch seconds as RFC 3339 in UTC."""
    return [datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for start in starts.tolist()]
