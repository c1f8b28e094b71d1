"""Green Button feeds as vendors build them: namespaces, nesting, registers, customer data, links of any kind."""

import subprocess
import sys
from decimal import Decimal
from io import BytesIO

import pytest

from datahub.feeds.formats.espi.espi_xml import read, sniff
from datahub.rows.base import FeedStructureError
from tests.datahub.feeds.formats.espi.espi_feeds import block, entry, feed, meter_reading, point, reading_type
from tests.datahub.feeds.formats.files import NEW_YORK
from tests.support.parsed_files import series_of

FIRST = 1_735_689_600
QUARTERS = [(FIRST + 900 * number, 900, 10 + number) for number in range(8)]
CUSTOMER = '<Customer xmlns="http://naesb.org/espi/customer"><customerName>An Invented Name</customerName></Customer>'

BARE = '<IntervalBlock xmlns="http://naesb.org/espi"><IntervalReading/></IntervalBlock>'


def parsed(content, **settings):
    parts = list(read(BytesIO(content), zone=NEW_YORK, settings=settings))
    assert not any(part.rejected for part in parts)
    return series_of(row for part in parts for row in part.rows)


def test_one_file_may_have_the_default_and_a_prefixed_namespace():
    prefixed = entry(
        "/UsagePoint/1", '<e:UsagePoint xmlns:e="http://naesb.org/espi"/>', "/UsagePoint/1/MeterReading"
    )
    kind = entry(
        "/ReadingType/1",
        '<ns7:ReadingType xmlns:ns7="http://naesb.org/espi"><ns7:commodity>1</ns7:commodity><ns7:uom>72</ns7:uom></ns7:ReadingType>',
    )

    (series,) = parsed(feed(prefixed, meter_reading(), kind, block(QUARTERS)))

    assert (series.unit, series.total) == ("Wh", Decimal(sum(value for *_, value in QUARTERS)))


def test_an_entry_may_hold_a_feed_of_its_own():
    inner = feed(meter_reading(), reading_type(), block(QUARTERS)).decode()

    (series,) = parsed(feed(point(), entry("/Batch/1", inner)))

    assert series.size == 8


def test_types_may_come_after_the_blocks_and_points_last():
    (series,) = parsed(feed(block(QUARTERS), meter_reading(), reading_type(), point()))

    assert series.meter_number == "/espi/1_1/resource/UsagePoint/1"


def test_links_may_follow_the_content_of_an_entry():
    content = feed(point(), meter_reading(), reading_type(), block(QUARTERS))
    link = content[content.rindex(b"<entry>") + 7 : content.rindex(b"<title>")]
    moved = content.replace(link, b"").replace(
        b"</IntervalBlock></content>", b"</IntervalBlock></content>" + link
    )
    other = feed(point("/UsagePoint/2"), meter_reading("/UsagePoint/2/MeterReading/1")).decode()
    two = moved.replace(b"</feed>", other[other.index("<entry>") :].encode())

    (series,) = parsed(two)

    assert series.meter_number == "/espi/1_1/resource/UsagePoint/1"


def test_registers_of_time_of_use_and_tier_are_channels_of_their_own():
    kinds = [reading_type(f"/ReadingType/{tou}", tou=tou, consumptionTier=tou - 1) for tou in (1, 2)]
    meter_readings = [
        meter_reading(f"/UsagePoint/1/MeterReading/{tou}", f"/ReadingType/{tou}") for tou in (1, 2)
    ]
    blocks = [block(QUARTERS, f"/UsagePoint/1/MeterReading/{tou}/IntervalBlock/1") for tou in (1, 2)]

    series = parsed(feed(point(), *kinds, *meter_readings, *blocks))

    assert [(channel.register, channel.size) for channel in series] == [("tou 1", 8), ("tou 2 tier 1", 8)]


@pytest.mark.parametrize(
    ("flags", "flow", "direction"),
    [
        ("", 19, "export"), ("0040", 1, "import"), ("0008", 19, "production"), ("0058", 1, "production"),
        ("0008", 4, "net"),
    ],
)  # fmt: skip
def test_what_a_plant_of_the_customers_makes_is_production(flags, flow, direction):
    (series,) = parsed(
        feed(point(flags=flags), meter_reading(), reading_type(flowDirection=flow), block(QUARTERS))
    )

    assert series.direction == direction


def test_role_flags_that_are_no_number_are_refused():
    with pytest.raises(FeedStructureError, match="roleFlags 'plant' is not hexadecimal"):
        parsed(feed(point(flags="plant"), meter_reading(), reading_type(), block(QUARTERS)))


def test_a_block_a_day_is_one_channel_however_the_days_are_ordered():
    days = [
        block(
            [(FIRST + 86_400 * day + 900 * number, 900, day) for number in range(96)],
            f"/UsagePoint/1/MeterReading/1/IntervalBlock/{day}",
        )
        for day in (2, 0, 1)
    ]

    (series,) = parsed(feed(point(), meter_reading(), reading_type(), *days))

    assert series.values.tolist() == [day for day in range(3) for _ in range(96)]


def test_a_meter_reading_a_day_is_one_channel_too():
    days = [
        entry
        for day in range(3)
        for entry in (
            meter_reading(f"/UsagePoint/1/MeterReading/{day}"),
            block([(FIRST + 86_400 * day, 900, day)], f"/UsagePoint/1/MeterReading/{day}/IntervalBlock/1"),
        )
    ]

    (series,) = parsed(feed(point(), reading_type(), *days))

    assert (series.register, series.values.tolist()) == ("", [0, 1, 2])


def test_customer_data_is_passed_over():
    content = feed(entry("/RetailCustomer/1/Customer/1", CUSTOMER))

    assert sniff(content)
    assert parsed(content) == []
    assert (
        len(
            parsed(
                feed(
                    entry("/Customer/1", CUSTOMER), point(), meter_reading(), reading_type(), block(QUARTERS)
                )
            )
        )
        == 1
    )


def test_a_type_told_twice_with_different_units_matters_only_to_what_uses_it():
    kinds = reading_type(), reading_type("/ReadingType/2", uom=38), reading_type("/ReadingType/2", uom=72)
    others = meter_reading("/UsagePoint/1/MeterReading/2", "/ReadingType/2")
    entries = [point(), *kinds, meter_reading(), others, block(QUARTERS)]

    assert len(parsed(feed(*entries))) == 1
    with pytest.raises(FeedStructureError, match="ReadingType/2 is told twice, with different units"):
        parsed(feed(*entries, block(QUARTERS, "/UsagePoint/1/MeterReading/2/IntervalBlock/1")))


def test_rules_of_local_time_change_no_reading():
    rules = entry(
        "/LocalTimeParameters/1",
        '<LocalTimeParameters xmlns="http://naesb.org/espi"><dstEndRule>B40E2000</dstEndRule><dstOffset>3600</dstOffset>'
        "<dstStartRule>360E2000</dstStartRule><tzOffset>-18000</tzOffset></LocalTimeParameters>",
    )

    (series,) = parsed(feed(rules, point(), meter_reading(), reading_type(), block(QUARTERS)))

    assert series.starts.tolist() == [start for start, *_ in QUARTERS]


def test_a_large_entry_whose_links_come_last_is_still_known(monkeypatch):
    monkeypatch.setattr("datahub.feeds.formats.espi.blocks._MOST_PENDING", 10)
    readings = [(FIRST + 900 * number, 900, number) for number in range(200)]

    (series,) = parsed(feed(point(), meter_reading(), reading_type(), block(readings)))

    assert series.values.tolist() == list(range(200))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (feed(BARE, point()), "line 1: an IntervalBlock stands outside of an entry"),
        (feed(entry("/Batch/1", BARE + entry("/Batch/2", BARE))), "inside of another"),
        (
            b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "&b;&b;"><!ENTITY b "&c;&c;">]>'
            + feed(point()),
            "document type",
        ),
        (b'<?xml version="1.0"?>\n<!-- <!DOCTYPE x> -->' + feed(point()), "document type"),
        (feed(point(), block([(FIRST, 900, "&a;")])), "not well-formed"),
        (feed(point()).replace(b"</feed>", b""), "not well-formed"),
        (feed(point()) + b"<more/>", "not well-formed"),
        (feed(point(title="caf\xe9")).decode().encode("latin-1"), "not well-formed"),
        (b"", "not well-formed"),
    ],
)
def test_what_is_no_green_button_file_is_refused_before_the_first_part(content, message):
    with pytest.raises(FeedStructureError, match=message):
        next(read(BytesIO(content), zone=NEW_YORK))


MEASURE = """
import resource, sys
from datahub.feeds.formats import spool
from datahub.feeds.formats.espi.espi_xml import read
from tests.datahub.feeds.formats.espi.espi_feeds import block, feed, meter_reading, point, reading_type
from tests.datahub.feeds.formats.files import NEW_YORK

class Days:
    # a file of so many days that is made while it is read
    def __init__(self, days):
        head, self.tail = feed(point(), meter_reading(), reading_type(), "SPLIT").split(b"SPLIT")
        self.pieces = self.made(head, days)
        self.place = 0
    def made(self, head, days):
        yield head
        for day in range(days):
            start = 1735689600 + 86400 * day
            readings = [(start + 900 * number, 900, number) for number in range(96)]
            yield block(readings, f"/UsagePoint/1/MeterReading/1/IntervalBlock/{day}").encode()
        yield self.tail
    def read(self, size):
        piece = next(self.pieces, b"")
        self.place += len(piece)
        return piece
    def tell(self):
        return self.place

spool._BUFFER = spool._PART = 20_000
total = 0
for part in read(Days(int(sys.argv[1])), zone=NEW_YORK):
    total += part.accepted
print(total, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_memory_does_not_grow_with_the_file():
    readings, megabytes = [], []
    for days in (250, 2500):
        command = [sys.executable, "-c", MEASURE, str(days)]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        readings.append(int(printed[0]))
        megabytes.append(int(printed[1]))

    assert readings == [250 * 96, 2500 * 96]
    assert megabytes[1] - megabytes[0] < 8


def test_a_reading_type_in_a_unit_that_is_not_kept_costs_only_its_own_readings():
    content = feed(
        point(),
        meter_reading(),
        reading_type(),
        block(QUARTERS),
        meter_reading("/UsagePoint/1/MeterReading/2", "/ReadingType/2"),
        reading_type("/ReadingType/2", uom=65),
        block(QUARTERS[:3], "/UsagePoint/1/MeterReading/2/IntervalBlock/1"),
    )

    parts = list(read(BytesIO(content), zone=NEW_YORK))

    (energy,) = series_of(row for part in parts for row in part.rows)
    assert (energy.size, energy.total) == (8, sum(value for *_, value in QUARTERS))
    assert [row.reason for part in parts for row in part.rejected] == [
        "uom 65 (power factor) of a reading type is not a unit we know"
    ] * 3


def test_a_declared_encoding_of_single_bytes_is_respected():
    content = feed(point(title="Z\xe4hler"), meter_reading(), reading_type(), block(QUARTERS)).decode()
    head = '<?xml version="1.0" encoding="ISO-8859-1"?>'

    (series,) = parsed((head + content).encode("latin-1"), meter="title")

    assert (series.meter_number, series.size) == ("Z\xe4hler", 8)


def test_what_is_neither_reading_nor_entry_cannot_fill_the_memory():
    content = feed("<entry><title>" + "x" * (17 << 20) + "</title></entry>")

    with pytest.raises(FeedStructureError, match="16 MB without a reading or the end of an entry"):
        next(read(BytesIO(content), zone=NEW_YORK))
