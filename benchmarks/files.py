"""Feed files as utilities send them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.utility import QUARTER, SLOTS, Values

_ESPI_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi">
<id>urn:uuid:00000000-0000-4000-8000-000000000000</id><title>Usage</title><updated>2026-01-01T00:00:00Z</updated>
"""
_POINT = """<entry><id>p{n}</id><link rel="self" href="/UsagePoint/{n}"/>
<link rel="related" href="/UsagePoint/{n}/MeterReading"/><title>MTR{n:08d}</title><content><espi:UsagePoint>
<espi:ServiceCategory><espi:kind>0</espi:kind></espi:ServiceCategory></espi:UsagePoint></content></entry>
<entry><id>m{n}</id><link rel="self" href="/UsagePoint/{n}/MeterReading/1"/>
<link rel="up" href="/UsagePoint/{n}/MeterReading"/><link rel="related" href="/ReadingType/1"/>
<link rel="related" href="/UsagePoint/{n}/MeterReading/1/IntervalBlock"/><title/><content><espi:MeterReading/></content>
</entry>
"""
_TYPE = """<entry><id>t1</id><link rel="self" href="/ReadingType/1"/><title/><content><espi:ReadingType>
<espi:accumulationBehaviour>4</espi:accumulationBehaviour><espi:commodity>1</espi:commodity>
<espi:flowDirection>1</espi:flowDirection><espi:intervalLength>900</espi:intervalLength><espi:kind>12</espi:kind>
<espi:powerOfTenMultiplier>0</espi:powerOfTenMultiplier><espi:uom>72</espi:uom></espi:ReadingType></content></entry>
"""
_BLOCK = """<entry><id>b{n}-{start}</id><link rel="self" href="/UsagePoint/{n}/MeterReading/1/IntervalBlock/{start}"/>
<link rel="up" href="/UsagePoint/{n}/MeterReading/1/IntervalBlock"/><title/><content><espi:IntervalBlock>
<espi:interval><espi:duration>86400</espi:duration><espi:start>{start}</espi:start></espi:interval>
"""
_READING = """<espi:IntervalReading><espi:timePeriod><espi:duration>900</espi:duration><espi:start>{start}</espi:start>
</espi:timePeriod><espi:value>{value}</espi:value></espi:IntervalReading>
"""
_BLOCK_END = "</espi:IntervalBlock></content></entry>\n"


def _write_csv(path: Path, columns: Mapping[str, object]) -> Path:
    import polars as pl  # takes longer to import than a test of the bench that writes no such file

    pl.DataFrame(columns).write_csv(path, float_precision=3)
    return path


def wide_csv(path: Path, meters: Sequence[str], day: date, values: Values) -> Path:
    """A line a meter and day: kilowatt-hours with three decimals, 96 columns."""
    times = [f"{slot // 4:02d}:{slot % 4 * 15:02d}" for slot in range(SLOTS)]
    slots = {time: values[:, slot] / 1000 for slot, time in enumerate(times)}
    return _write_csv(path, {"meter": meters, "date": [day.isoformat()] * len(meters), **slots})


def long_csv(path: Path, meters: Sequence[str], day: date, values: Values) -> Path:
    """A line a reading: meter, start in UTC, kilowatt-hours with three decimals."""
    starts = [
        (datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=QUARTER * slot)).strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        )
        for slot in range(SLOTS)
    ]
    return _write_csv(
        path,
        {
            "meter": np.repeat(np.array(meters), SLOTS),
            "start": starts * len(meters),
            "value": (values / 1000).ravel(),
        },
    )


def espi_xml(path: Path, points: int, first: date, values: Values) -> Path:
    """A Green Button feed: values[day of any point] by point and day, a block a day, quarter hours."""
    midnight = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp())
    days = len(values) // points
    with path.open("w", encoding="utf-8") as file:
        file.write(_ESPI_HEAD + _TYPE)
        for point in range(points):
            file.write(_POINT.format(n=point))
            for day in range(days):
                start = midnight + day * 86_400
                file.write(_BLOCK.format(n=point, start=start))
                row = values[point * days + day].tolist()
                file.writelines(
                    _READING.format(start=start + slot * QUARTER, value=value)
                    for slot, value in enumerate(row)
                )
                file.write(_BLOCK_END)
        file.write("</feed>\n")
    return path
