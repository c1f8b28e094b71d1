"""Units of real files: each exact in a unit that is kept, or refused in words."""

from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest

from datahub.feeds.formats.espi.espi_xml import read
from datahub.feeds.formats.units import ESPI_MEASURES, Measure, check_commodity, measure
from datahub.rows.base import FeedStructureError
from tests.datahub.feeds.formats.espi.espi_feeds import block, feed, meter_reading, point, reading_type
from tests.support.parsed_files import series_of

HOUR = [(1_330_578_000, 3600, 1234)]


def readings_of(uom, *, service=0, **type_members):
    content = feed(point(kind=service), meter_reading(), reading_type(uom=uom, **type_members), block(HOUR))
    parts = list(read(BytesIO(content), zone=ZoneInfo("UTC")))
    series = series_of(row for part in parts for row in part.rows)
    return series, [row.reason for part in parts for row in part.rejected]


@pytest.mark.parametrize(
    ("uom", "service", "unit", "factor"),
    [
        (31, 1, "J", 1),
        (31, 0, "J", 1),
        (132, 1, "Btu", 1),
        (169, 1, "therm", 1),
        (134, 2, "m3", Decimal("0.001")),
        (130, 2, "imp_gal", 1),
        (128, 2, "gal", 1),
        (119, 1, "ft3", 1),
        (42, 2, "m3", 1),
        (72, 1, "Wh", 1),  # gas billed in kilowatt-hours
    ],
)
def test_units_of_green_button_files_are_kept_exactly(uom, service, unit, factor):
    (series,), rejected = readings_of(uom, service=service, powerOfTenMultiplier=3)

    assert (series.unit, series.total) == (unit, 1_234_000 * factor)
    assert rejected == []


@pytest.mark.parametrize(
    ("uom", "service", "reason"),
    [
        (119, 0, "/UsagePoint/1: electricity is not measured in ft3"),
        (169, 0, "/UsagePoint/1: electricity is not measured in therm"),
        (72, 2, "/UsagePoint/1: water is not measured in Wh"),
        (128, 1, "/UsagePoint/1: natural gas is not measured in gal"),
        (122, 1, "uom 122 (cubic feet an hour) of a reading type is not a unit we know"),
        (9999, 1, "uom 9999 of a reading type is not a unit we know"),
    ],
)
def test_what_nobody_measures_so_is_refused_in_words(uom, service, reason):
    series, rejected = readings_of(uom, service=service)

    assert series == []
    assert [text.removeprefix("/espi/1_1/resource") for text in rejected] == [reason]


def test_a_type_of_gas_at_an_electric_point_is_refused_in_words():
    series, rejected = readings_of(119, service=0, commodity=7)

    assert series == []
    assert rejected == ["/espi/1_1/resource/UsagePoint/1 is of electricity, its reading type of natural gas"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MJ", Measure("J", 6, "")),
        ("GJ", Measure("J", 9, "")),
        ("MMBtu", Measure("Btu", 6, "natural_gas")),
        ("Dth", Measure("therm", 1, "natural_gas")),
        ("Mcf", Measure("ft3", 3, "")),
        ("CCF", Measure("ft3", 2, "")),
        ("kL", Measure("m3", 0, "")),
        ("kgal", Measure("gal", 3, "water")),
        ("MWh", Measure("Wh", 6, "electricity")),
        ("MWH", Measure("Wh", 6, "electricity")),
        ("kwh", Measure("Wh", 3, "electricity")),
    ],
)
def test_units_of_tables_are_read_as_the_trade_writes_them(text, expected):
    assert measure(text) == expected


@pytest.mark.parametrize("text", ["mWh", "mW", "mJ", "mV", "MBtu", "mL", "furlong", ""])
def test_thousandths_and_the_unknown_are_refused(text):
    with pytest.raises(FeedStructureError):
        measure(text)


def test_every_unit_of_green_button_is_measured_by_somebody():
    for known in ESPI_MEASURES.values():
        kinds = [known.commodity] if known.commodity else ["natural_gas"]
        for commodity in kinds:
            check_commodity(known.unit, commodity)
