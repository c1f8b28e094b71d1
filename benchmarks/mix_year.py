"""A year of hours of the generation mix for 100,000 contracts on 50 tariffs, by the task of a worker."""

import sys
import time
from collections.abc import Iterator
from datetime import date

from benchmarks import mix, region
from benchmarks.large import megabytes_of
from benchmarks.measure import seconds
from datahub.models import MixDay, MixShare

_DAYS, _FIRST = 365, date(2025, 1, 1)
_WORKER = (
    "import django; django.setup(); from datahub.tasks import compute_mix; compute_mix.apply(throw=True)"
)


def measured() -> Iterator[str]:
    """Lines as they are known: the year, its yardstick, and what corrections cost beside it."""
    region.unguarded()
    place = region.build(contracts=mix.CONTRACTS, tariffs=mix.TARIFFS, first=_FIRST, days=_DAYS)
    began = time.perf_counter()
    megabytes = megabytes_of([sys.executable, "-c", _WORKER])
    taken = time.perf_counter() - began
    if MixDay.objects.filter(due__isnull=False).exists():
        raise RuntimeError("days are left")
    rows = MixShare.objects.count()
    yield f"a year of the mix, {mix.CONTRACTS} contracts: {taken:.0f} s, {rows} rows, peak {megabytes:.0f} MB"
    mix.readings_by_row(place)
    day = seconds(lambda: mix.hour_by_hour(place))
    mix.check_alike(place)
    yield f"with a query an hour: {day * _DAYS:.0f} s, from the {day:.1f} s that its first day takes"
    for name, spent, written in mix.corrections(place):
        yield f"{name}: {spent:.2f} s, {spent / taken:.3%} of the year; {written} rows, {written / rows:.5%}"
