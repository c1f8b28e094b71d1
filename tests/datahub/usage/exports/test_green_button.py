"""Green Button out: what other readers, and our own, make of it."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from urllib.parse import urldefrag
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from greenbutton_objects.parse import parse_feed
from lxml import etree

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span
from consent.access import OwnerAccess
from datahub.rows.usage import Quality
from datahub.usage.exports.green_button import GreenButton, local_time_parameters
from datahub.usage.exports.stream import usage_stream
from datahub.usage.readings import channels_of, readings
from datahub.usage.sum_periods import By
from datahub.usage.sums import usage_sums
from tests.factories.feeds import load_readings, usage_series
from tests.support.parsed_files import parse_file

MIDNIGHT = datetime(2026, 3, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
ESPI = "{http://naesb.org/espi}"
ATOM = "{http://www.w3.org/2005/Atom}"


def exported(*contracts) -> bytes:
    access = OwnerAccess(0, frozenset(contract.pk for contract in contracts))
    file = GreenButton(window=Span(), at=datetime(2026, 11, 24, 12, tzinfo=UTC))
    return b"".join(usage_stream(file, lambda: access, services=None, window=Span()))


def read_back(content: bytes):
    """What our own reader makes of it: by channel, start to (length, exact value, quality)."""
    parsed = parse_file("espi_xml", content, zone=ZoneInfo("UTC"), settings={"meter": "title"})
    assert parsed.rejected == []
    by_channel = defaultdict(dict)
    for series in parsed.rows:
        for place in np.flatnonzero(series.known).tolist():
            worth = Fraction(int(series.values[place]), 10**series.scale)
            key = (
                series.meter_number,
                series.commodity,
                series.unit,
                series.direction,
                series.kind,
                series.register,
            )
            by_channel[key][int(series.starts[place])] = (
                int(series.durations[place]),
                worth,
                int(series.quality[place]),
            )
    return dict(by_channel)


def stored(meter):
    by_channel = defaultdict(dict)
    for series in readings([MeteredSpan(1, 1, meter.pk, Span())]):
        for place in np.flatnonzero(series.known).tolist():
            worth = Fraction(int(series.values[place])) / Fraction(10) ** series.scale
            key = (
                series.meter_number,
                series.commodity,
                series.unit,
                series.direction,
                series.kind,
                series.register,
            )
            by_channel[key][int(series.starts[place])] = (
                int(series.durations[place]),
                worth,
                int(series.quality[place]),
            )
    return dict(by_channel)


def test_our_own_reader_reads_the_same_readings_back(home):
    quality = [Quality.ACTUAL, Quality.ESTIMATED, Quality.CORRECTED, Quality.PROVISIONAL] * 12
    register = usage_series(home.meter, MIDNIGHT, [700, 800], step=21_600, scale=0, kind="register")
    register.durations[:] = 0
    load_readings(
        usage_series(home.meter, MIDNIGHT, [*range(-24, 24)], step=3600, scale=3, quality=quality),
        usage_series(home.meter, MIDNIGHT, [5] * 96, scale=0, direction="export", quality=Quality.UNSTATED),
        usage_series(home.meter, MIDNIGHT, [8] * 96, scale=4, register="tou 2 tier 1"),
        usage_series(home.meter, MIDNIGHT, [9, 8, 7], scale=0, kind="demand", unit="W"),
        register,
    )

    assert read_back(exported(home.contract)) == stored(home.meter)


def test_values_whose_digits_change_stay_exact(home):
    for day, scale in enumerate((0, 3, 0, 5)):
        load_readings(
            usage_series(home.meter, MIDNIGHT + day * 2 * DAY, [2**40 + 1] * 24, step=3600, scale=scale)
        )

    assert read_back(exported(home.contract)) == stored(home.meter)


def test_daily_gas_and_a_month_come_back_as_periods(home):
    load_readings(
        usage_series(
            home.meter, MIDNIGHT, [31, 32], step=86_400, scale=1, unit="therm", commodity="natural_gas"
        ),
        usage_series(
            home.meter, MIDNIGHT, [5], step=30 * 86_400, scale=2, unit="m3", commodity="natural_gas"
        ),
    )

    assert read_back(exported(home.contract)) == stored(home.meter)


def test_another_reader_finds_the_same_sums(home, tmp_path):
    load_readings(usage_series(home.meter, MIDNIGHT, [*range(96 * 20)], scale=0))
    load_readings(usage_series(home.meter, MIDNIGHT, [*range(96 * 20)], scale=0, direction="export"))
    path = tmp_path / "usage.xml"
    path.write_bytes(exported(home.contract))

    (point,) = parse_feed(str(path))

    sums = usage_sums([MeteredSpan(1, 1, home.meter.pk, Span())], channels_of([home.meter.pk]), by=By.YEAR)
    assert point.title == home.meter.meter_number
    by_channel = {
        reading.readingType.flowDirection.name: (
            sum(each.value for each in reading.intervalReadings),
            len(list(reading.intervalReadings)),
        )
        for reading in point.meterReadings
    }
    assert by_channel == {
        {"import": "forward", "export": "reverse"}[each.channel.direction]: (
            each.totals[0],
            int(each.known[0]),
        )
        for each in sums
    }


def test_what_is_unknown_is_left_out(home):
    load_readings(usage_series(home.meter, MIDNIGHT, [1, None, 3], scale=0))

    tree = etree.fromstring(exported(home.contract))

    assert [value.text for value in tree.iter(f"{ESPI}value")] == ["1", "3"]


def test_a_block_is_a_local_day(home):
    load_readings(
        usage_series(home.meter, MIDNIGHT + 7 * DAY, [1] * 47, step=3600, scale=0)
    )  # 23 and 24 hours

    tree = etree.fromstring(exported(home.contract))

    blocks = [len(block.findall(f"{ESPI}IntervalReading")) for block in tree.iter(f"{ESPI}IntervalBlock")]
    assert blocks == [23, 24]


def test_every_link_of_the_file_answers_and_the_feed_has_an_author(home, reader, settings):
    load_readings(usage_series(home.meter, MIDNIGHT, [1, 2, 3], scale=0))
    reader.granted(home.contract)
    file = reader.get("/usage_data/file", Accept="application/atom+xml")

    tree = etree.fromstring(b"".join(file))

    assert tree.findtext(f"{ATOM}author/{ATOM}name") == settings.UTILITY_NAME
    addresses = {urldefrag(link.get("href")).url for link in tree.iter(f"{ATOM}link")}
    assert all(address.startswith(settings.PUBLIC_URL) for address in addresses)
    answers = [reader.get(address.removeprefix(settings.PUBLIC_URL)) for address in addresses]
    assert {answer.status_code for answer in answers} == {200}


def test_entries_name_their_parents_and_types_by_links_of_the_file(home):
    load_readings(usage_series(home.meter, MIDNIGHT, [1, 2, 3], scale=0))

    tree = etree.fromstring(exported(home.contract))

    links = {"self": set(), "up": set(), "related": set()}
    for link in tree.iter(f"{ATOM}link"):
        links[link.get("rel")].add(link.get("href"))
    joined = links["up"] & links["related"]
    assert {address.rpartition("/")[2] for address in joined} == {"MeterReading", "IntervalBlock"}


def test_names_are_escaped(home):
    home.meter.meter_number = "M <1> & 2"
    home.meter.save()
    load_readings(usage_series(home.meter, MIDNIGHT, [1], scale=0, register='a "b" & <c>'))

    tree = etree.fromstring(exported(home.contract))

    titles = [title.text for title in tree.iter("{http://www.w3.org/2005/Atom}title")]
    assert {"M <1> & 2", 'a "b" & <c>'} <= set(titles)


@pytest.mark.parametrize(
    ("zone", "rules"),
    [
        ("America/Los_Angeles", ("360E2000", "B40E2000", "3600", "-28800")),  # second Sunday, first Sunday
        ("Europe/Berlin", ("3E0E2000", "AE0E3000", "3600", "3600")),  # the last Sundays
        ("Asia/Kolkata", ("00000000", "00000000", "0", "19800")),
    ],
)
def test_clock_changes_are_told_as_the_standard_packs_them(zone, rules):
    parameters = local_time_parameters(ZoneInfo(zone), 2026)

    assert (
        tuple(parameters[name] for name in ("dstStartRule", "dstEndRule", "dstOffset", "tzOffset")) == rules
    )
