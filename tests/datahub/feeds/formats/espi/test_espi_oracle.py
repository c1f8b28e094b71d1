"""An independent reader finds the same readings and sums in our fixture files."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from greenbutton_objects.parse import parse_feed

from datahub.feeds.formats.espi.espi_xml import read
from tests.datahub.feeds.formats.espi.espi_feeds import block, feed, meter_reading, point, reading_type
from tests.datahub.feeds.formats.files import NEW_YORK, content_of
from tests.support.parsed_files import series_of


def theirs(path):
    """(start, duration) -> value, by the link of the usage point."""
    values = defaultdict(dict)
    for usage_point in parse_feed(str(path)):
        name = usage_point.link_self.partition("example.com")[2] or usage_point.link_self
        for each in usage_point.meterReadings:
            power = each.readingType.powerOfTenMultiplier or 0
            for reading in each.intervalReadings:
                seconds = int(reading.timePeriod.duration / timedelta(seconds=1))
                place = (int(reading.timePeriod.start.timestamp()), seconds)
                values[name][place] = Decimal(reading._value).scaleb(power)
    return dict(values)


def ours(content):
    values = {}
    for series in series_of(row for part in read(BytesIO(content), zone=NEW_YORK) for row in part.rows):
        columns = zip(
            series.starts.tolist(),
            series.durations.tolist(),
            series.values.tolist(),
            series.known,
            strict=True,
        )
        values[series.meter_number] = {
            (start, seconds): Decimal(value).scaleb(-series.scale)
            for start, seconds, value, known in columns
            if known
        }
    return values


def test_the_same_readings_in_bill_periods_of_gas(tmp_path):
    file = tmp_path / "gas.xml"
    file.write_bytes(content_of("espi_gas_bill_periods.xml"))

    assert ours(file.read_bytes()) == theirs(file)


@pytest.mark.parametrize("power", [-3, 0, 3])
def test_the_same_readings_and_sums_in_a_month_of_many_points(tmp_path, power):
    entries = [reading_type(powerOfTenMultiplier=power, commodity=1)]
    for number in range(3):
        path = f"/UsagePoint/{number}"
        entries += [point(path), meter_reading(f"{path}/MeterReading/1")]
        for day in range(31):
            start = 1_741_000_000 + 86_400 * day
            readings = [(start + 900 * slot, 900, (number + 1) * slot * (day - 9)) for slot in range(96)]
            entries.append(
                block(readings, f"{path}/MeterReading/1/IntervalBlock/{day}", interval=(start, 86_400))
            )
    file = tmp_path / "month.xml"
    file.write_bytes(feed(*entries))

    values, expected = ours(file.read_bytes()), theirs(file)

    assert values == {
        f"/espi/1_1/resource/UsagePoint/{n}": expected[f"/espi/1_1/resource/UsagePoint/{n}"] for n in range(3)
    }
    assert sum(map(len, values.values())) == 3 * 31 * 96
