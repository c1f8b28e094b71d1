from datetime import UTC, datetime
from decimal import Decimal

import pytest

from datahub.rows.base import NO_SETTINGS, FeedStructureError
from datahub.rows.usage import Quality
from tests.datahub.feeds.formats.files import NEW_YORK, content_of
from tests.support.parsed_files import parse_file


def parse(content, *, zone, settings=NO_SETTINGS):
    return parse_file("espi_xml", content, zone=zone, settings=settings)


def first_and_last(series):
    return [f"{datetime.fromtimestamp(series.starts[i], UTC):%Y-%m-%dT%H:%MZ}" for i in (0, -1)]


def changed(name, *pairs):
    content = content_of(name)
    for old, new in pairs:
        assert old.encode() in content
        content = content.replace(old.encode(), new.encode())
    return content


def test_prefixed_namespaces_points_and_directions_are_told_apart():
    parsed = parse(content_of("espi_two_points_prefixed.xml"), zone=NEW_YORK)

    house, roof = parsed.rows
    assert (house.meter_number, roof.meter_number) == (
        "/espi/resource/RetailCustomer/7/UsagePoint/house",
        "/espi/resource/RetailCustomer/7/UsagePoint/roof",
    )
    assert (house.direction, house.interval_seconds, house.size) == ("import", 3600, 21)
    assert (roof.direction, roof.interval_seconds, roof.total) == ("export", 900, Decimal("3.5"))
    assert roof.values.tolist() == [0, 150, -25, 225]
    assert first_and_last(house) == ["2025-03-09T05:00Z", "2025-03-10T03:00Z"]
    assert not parsed.rejected


def test_a_reading_without_a_value_is_unknown_and_its_quality_is_kept():
    house = parse(content_of("espi_two_points_prefixed.xml"), zone=NEW_YORK).rows[0]

    assert house.known.tolist().count(False) == 1
    assert house.quality.tolist().count(Quality.ESTIMATED) == 1
    assert house.quality.tolist().count(Quality.ACTUAL) == 20


def test_a_reading_without_a_length_lasts_as_long_as_its_type_says():
    content = changed("espi_wall_clock.xml", ("<duration>3600</duration>", ""))

    (series,) = parse(content, zone=NEW_YORK, settings={"wall_clock_as_utc": "yes"}).rows

    assert (series.interval_seconds, series.size) == (3600, 25)


def test_gas_in_therms_with_a_multiplier_and_periods_of_any_length():
    (gas,) = parse(content_of("espi_gas_bill_periods.xml"), zone=NEW_YORK).rows

    assert (gas.commodity, gas.unit, gas.total) == ("natural_gas", "therm", Decimal("175.425"))
    assert gas.interval_seconds is None
    assert [seconds // 86400 for seconds in gas.durations.tolist()] == [30, 31, 29]
    assert gas.meter_number == "/v1/BillingAccount/42/UsagePoint/MAIN"


def test_wall_clock_written_as_utc_is_mended_by_a_setting_with_the_hour_that_comes_twice():
    content = content_of("espi_wall_clock.xml")

    as_written = parse(content, zone=NEW_YORK)
    mended = parse(content, zone=NEW_YORK, settings={"wall_clock_as_utc": "yes"})

    assert [rejection.reason[:5] for rejection in as_written.rejected] == ["gives"]
    assert not mended.rejected
    assert mended.rows[0].values.tolist() == [10 * number for number in range(1, 26)]
    assert first_and_last(mended.rows[0]) == ["2025-11-02T04:00Z", "2025-11-03T04:00Z"]


def test_a_meter_may_be_named_by_title_or_id_where_that_names_one_point():
    content = content_of("espi_wall_clock.xml")

    by_title = parse(content, zone=NEW_YORK, settings={"meter": "title"})
    by_id = parse(content, zone=NEW_YORK, settings={"meter": "id"})

    assert (by_title.rows[0].meter_number, by_id.rows[0].meter_number) == ("M-9", "9")


def test_a_title_that_two_points_share_names_no_meter():
    with pytest.raises(FeedStructureError, match="title 'Home' does not name one usage point"):
        parse(content_of("espi_two_points_prefixed.xml"), zone=NEW_YORK, settings={"meter": "title"})


def test_a_reading_that_makes_no_sense_is_rejected_with_its_line():
    content = changed(
        "espi_gas_bill_periods.xml", (">64075<", ">6407x<"), ("<start>1736899200<", "<start>soon<")
    )

    parsed = parse(content, zone=NEW_YORK)

    assert [rejection.reason for rejection in parsed.rejected] == [
        "'soon' is not a count of seconds",
        "'6407x' is not a number",
    ]
    assert "6407x" in content.decode().splitlines()[parsed.rejected[1].line - 1]
    assert (parsed.read, parsed.rows[0].size) == (3, 1)


def test_one_type_listed_twice_under_a_name_counts_once_unless_its_unit_differs():
    name = "espi_wall_clock.xml"
    again = (
        '<entry><link rel="self" href="/espi/ReadingType/1"/><content>'
        '<ReadingType xmlns="http://naesb.org/espi">{}</ReadingType></content></entry></feed>'
    )
    harmless = again.format("<accumulationBehaviour>2</accumulationBehaviour><uom>72</uom>")
    contrary = again.format("<powerOfTenMultiplier>3</powerOfTenMultiplier><uom>72</uom>")

    parsed = parse(changed(name, ("</feed>", harmless)), zone=NEW_YORK)

    assert parsed.rows[0].kind == "interval"
    with pytest.raises(FeedStructureError, match="told twice"):
        parse(changed(name, ("</feed>", contrary)), zone=NEW_YORK)


@pytest.mark.parametrize(("behaviour", "kind"), [("3", "register"), ("12", "demand"), ("4", "interval")])
def test_registers_and_demand_are_kinds_of_their_own(behaviour, kind):
    content = changed(
        "espi_wall_clock.xml",
        ("<accumulationBehaviour>4<", f"<accumulationBehaviour>{behaviour}<"),
    )

    parsed = parse(content, zone=NEW_YORK, settings={"wall_clock_as_utc": "yes"})

    assert parsed.rows[0].kind == kind
    assert parsed.rows[0].size == 25


def test_overlapping_meter_readings_of_one_point_stay_apart():
    content = content_of("espi_wall_clock.xml").decode()
    entries = content.split("  <entry>")
    second = [entry.replace("MeterReading/1", "MeterReading/2") for entry in (entries[2], entries[4])]
    both = "  <entry>".join([*entries[:4], second[0], second[1].replace("</feed>", ""), entries[4]])

    parsed = parse(both.encode(), zone=NEW_YORK, settings={"wall_clock_as_utc": "yes"})

    assert [(series.register, series.size) for series in parsed.rows] == [("2", 25), ("1", 25)]
    assert not parsed.rejected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (content_of("espi_invalid_block.xml"), "the entry of an IntervalBlock holds none"),
        (content_of("espi_wall_clock.xml")[:2000], "not well-formed XML"),
        (
            changed("espi_wall_clock.xml", ("<ReadingType ", "<Other "), ("</ReadingType>", "</Other>")),
            "its ReadingType",
        ),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"/>', "no Atom entry"),
        (b'<!DOCTYPE feed [<!ENTITY a "b">]><feed>&a;</feed>', "document type"),
        ('<?xml version="1.0" encoding="UTF-16"?><feed/>'.encode("utf-16"), "not UTF-8"),
    ],
)
def test_a_broken_file_is_refused_whole(content, message):
    with pytest.raises(FeedStructureError, match=message):
        parse(content, zone=NEW_YORK)


@pytest.mark.parametrize(("uom", "named"), [("<uom>80</uom>", "uom 80"), ("", "uom None")])
def test_readings_of_no_unit_that_is_kept_are_rejected_by_name(uom, named):
    parsed = parse(changed("espi_wall_clock.xml", ("<uom>72</uom>", uom)), zone=NEW_YORK)

    assert (parsed.accepted, len(parsed.rejected)) == (0, 25)
    assert {rejection.reason for rejection in parsed.rejected} == {
        f"{named} of a reading type is not a unit we know"
    }
