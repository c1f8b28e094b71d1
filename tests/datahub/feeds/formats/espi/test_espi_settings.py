"""What vendors write wrongly, and the settings that mend it."""

from decimal import Decimal
from io import BytesIO

import pytest

from datahub.feeds.formats.espi.espi_xml import read
from datahub.rows.base import FeedStructureError
from tests.datahub.feeds.formats.espi.espi_feeds import block, feed, meter_reading, point, reading_type
from tests.datahub.feeds.formats.files import NEW_YORK
from tests.support.parsed_files import series_of

FIRST = 1_735_689_600
QUARTERS = [FIRST + 900 * number for number in range(8)]


def parsed(content, **settings):
    parts = list(read(BytesIO(content), zone=NEW_YORK, settings=settings))
    return series_of(row for part in parts for row in part.rows), [
        rejection for part in parts for rejection in part.rejected
    ]


def one_channel(readings, *, interval=None, **members):
    return feed(point(), meter_reading(), reading_type(**members), block(readings, interval=interval))


@pytest.mark.parametrize("length", [(900,), ()])
def test_the_end_of_a_reading_where_its_start_belongs(length):
    content = one_channel([(start, *length, 5) for start in QUARTERS])

    ((series,), rejected) = parsed(content, end_as_start="yes")

    assert series.starts.tolist() == [start - 900 for start in QUARTERS]
    assert series.durations.tolist() == [900] * 8
    assert not rejected


@pytest.mark.parametrize(("uom", "unit"), [(38, "Wh"), (61, "VAh"), (63, "varh")])
def test_mean_power_becomes_the_energy_of_its_interval_exactly(uom, unit):
    content = one_channel([(start, 900, 1001) for start in QUARTERS], uom=uom, powerOfTenMultiplier=-1)

    ((power,), _), ((energy,), rejected) = parsed(content), parsed(content, mean_power_as_energy="yes")

    assert (power.unit, power.kind, power.total) == (unit[:-1], "demand", Decimal("800.8"))
    assert (energy.unit, energy.kind, energy.total) == (unit, "interval", Decimal("200.2"))
    assert energy.values.tolist() == [25025] * 8
    assert not rejected


def test_energy_that_has_no_end_of_decimals_or_is_too_large_is_rejected():
    powers = (100, 12, -300, 3, 2**62)
    content = one_channel([(FIRST + 300 * place, 300, power) for place, power in enumerate(powers)], uom=38)

    ((series,), rejected) = parsed(content, mean_power_as_energy="yes")

    assert [Decimal(int(value)).scaleb(-series.scale) for value in series.values] == [1, -25, Decimal("0.25")]
    assert {rejection.reason for rejection in rejected} == {"value has more digits than can be kept exactly"}
    assert [rejection.text for rejection in rejected] == [
        "2025-01-01T00:00:00Z 300 s: 100",
        "2025-01-01T00:20:00Z 300 s: 4611686018427387904",
    ]


def test_readings_outside_of_their_block_are_taken_unless_a_setting_says_no():
    content = one_channel([(start, 900, 5) for start in QUARTERS], interval=(FIRST + 900, 900 * 6))

    ((taken,), _) = parsed(content)
    ((kept,), rejected) = parsed(content, outside_interval="rejected")

    assert taken.size == 8
    assert kept.starts.tolist() == QUARTERS[1:7]
    assert [(rejection.reason, rejection.text) for rejection in rejected] == [
        ("outside the interval of its block", f"900 {QUARTERS[0]} 5"),
        ("outside the interval of its block", f"900 {QUARTERS[7]} 5"),
    ]
    lines = content.decode().splitlines()
    assert [
        str(QUARTERS[place]) in lines[rejection.line - 1]
        for place, rejection in zip((0, 7), rejected, strict=True)
    ]


def test_the_end_of_the_last_reading_lies_inside_its_block():
    content = one_channel([(start + 900, 900, 5) for start in QUARTERS], interval=(FIRST, 900 * 8))

    ((series,), rejected) = parsed(content, outside_interval="rejected", end_as_start="yes")

    assert series.starts.tolist() == QUARTERS
    assert not rejected


def test_a_wall_clock_time_that_spring_skips_is_rejected():
    spring = 1_741_485_600  # 2025-03-09 02:00 as if it were UTC
    content = one_channel([(spring + 900 * number, 900, number) for number in range(-4, 8)])

    ((series,), rejected) = parsed(content, wall_clock_as_utc="yes")

    assert [rejection.reason[-50:] for rejection in rejected] == [
        "does not exist in America/New_York: clocks went forward"[-50:]
    ] * 4
    assert series.values.tolist() == [-4, -3, -2, -1, 4, 5, 6, 7]
    assert series.starts.tolist() == [spring + 18_000 + 900 * number for number in range(-4, 4)]


def test_a_setting_that_is_none_is_refused():
    with pytest.raises(
        FeedStructureError, match="setting outside_interval 'kept' is none of taken, rejected"
    ):
        parsed(one_channel([(FIRST, 900, 5)]), outside_interval="kept")


def two_meter_readings(*readings):
    """Of one point and one type, by their number: what each says."""
    entries = [point(), reading_type()]
    for number, values in readings:
        path = f"/UsagePoint/1/MeterReading/{number}"
        entries += [meter_reading(path), block(values, f"{path}/IntervalBlock/1")]
    return feed(*entries)


def registers(content, **settings):
    channels, rejected = parsed(content, **settings)
    assert not rejected
    return sorted((series.register, series.size) for series in channels)


EVERY_QUARTER = [(start, 900, 5) for start in QUARTERS]


@pytest.mark.parametrize(
    ("readings", "joined", "apart"),
    [
        ([(1, EVERY_QUARTER)], [("", 8)], [("1", 8)]),
        ([(1, EVERY_QUARTER[:4]), (2, EVERY_QUARTER[4:])], [("", 8)], [("1", 4), ("2", 4)]),
        ([(1, EVERY_QUARTER), (2, EVERY_QUARTER)], [("1", 8), ("2", 8)], [("1", 8), ("2", 8)]),
    ],
    ids=["alone", "one after the other", "at the same time"],
)
def test_meter_readings_are_joined_or_apart_whatever_stands_beside_them(readings, joined, apart):
    content = two_meter_readings(*readings)

    assert registers(content) == joined
    assert registers(content, meter_readings="apart") == apart
