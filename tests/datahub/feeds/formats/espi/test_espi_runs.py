"""Readings that are taken out before the XML is parsed are the readings that the XML says."""

import re
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from datahub.feeds.formats.espi import feed
from datahub.feeds.formats.espi.entries import QUALITIES
from datahub.feeds.formats.espi.espi_xml import read
from datahub.feeds.formats.espi.uniform_readings import RunFinder
from tests.datahub.feeds.formats.files import NEW_YORK

ESPI = "{http://naesb.org/espi}"
FIRST = 1_735_689_600
HEAD = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:ns2="http://naesb.org/espi" xmlns:ns3="http://naesb.org/espi"
  xmlns:other="http://example.com/other">
<entry><link rel="self" href="/U/1"/><content><ns2:UsagePoint/></content></entry>
<entry><link rel="self" href="/U/1/MeterReading/1"/><content><ns2:MeterReading/></content></entry>
<entry><link rel="self" href="/R/1"/><content><ns2:ReadingType><ns2:commodity>1</ns2:commodity>
<ns2:intervalLength>900</ns2:intervalLength><ns2:uom>72</ns2:uom></ns2:ReadingType></content></entry>
"""
ENTRY = """<entry><link rel="self" href="/U/1/MeterReading/1/IntervalBlock/{number}"/><content>
<{p}IntervalBlock{xmlns}><{p}interval><{p}duration>9</{p}duration></{p}interval>{readings}
</{p}IntervalBlock></content></entry>
"""


def plain(content):
    """(line, start, duration, value, quality) of each reading, as an XML parser reads them."""
    rows = []
    for reading in etree.fromstring(content, etree.XMLParser(remove_comments=True)).iter(
        f"{ESPI}IntervalReading"
    ):
        period = reading.find(f"{ESPI}timePeriod")
        value = (reading.findtext(f"{ESPI}value") or "").strip()
        quality = (reading.findtext(f"{ESPI}ReadingQuality/{ESPI}quality") or "").strip()
        rows.append((
            reading.sourceline,
            int(period.findtext(f"{ESPI}start")),
            int(period.findtext(f"{ESPI}duration") or 900),
            Decimal(value) if value else None,
            QUALITIES.get(int(quality), 5) if quality else 5,
        ))  # fmt: skip
    return rows


def ours(content):
    rows = []
    for part in read(BytesIO(content), zone=NEW_YORK):
        assert not part.rejected
        for row in part.rows:
            columns = (row.lines, row.starts, row.durations, row.values, row.known, row.quality, row.channel)
            for line, start, duration, value, known, quality, channel in zip(*columns, strict=True):
                number = Decimal(int(value)).scaleb(-int(row.scale[channel])) if known else None
                rows.append((line, start, duration, number, quality))
    return rows


@st.composite
def feeds(draw):
    """Blocks of readings, each block in a manner of its own."""
    start, entries = FIRST, []
    for number in range(draw(st.integers(1, 4))):
        prefix = draw(st.sampled_from(["", "ns2:", "ns3:"]))
        manner = draw(st.sampled_from(["{d}{s}{v}{q}", "{q}{c}{d}{s}{v}", "{v}{d}{s}", "{c}{d}{s}{v}{t}"]))
        gap = draw(st.sampled_from(["", "\n", "\n    ", " <!-- 7 --> ", "\r\n\t"]))
        values = draw(st.sampled_from([
            st.integers(0, 10**6).map(str),
            st.integers(-(10**4), 10**14).map(str),
            st.decimals(-1000, 1000, places=3).map(str),
            st.sampled_from(["0.5", "-0.5", "1.25", ".5", "-0", "007", " 0 ", "", "12", "<![CDATA[12]]>",
                             "1<!-- 3 -->2"]),
        ]))  # fmt: skip
        readings = []
        for _ in range(draw(st.integers(0, 25))):
            stray = draw(
                st.sampled_from(["", "", "", "", "", "5", "<!-- <IntervalReading>9</IntervalReading> -->"])
            )
            markup = manner.format(
                d="<timePeriod><duration>900</duration>",
                s=f"{gap}<start>{start}</start></timePeriod>",
                v=f"{gap}<value>{draw(values)}</value>",
                q=f"{gap}<ReadingQuality><quality>{draw(st.integers(0, 20))}</quality></ReadingQuality>",
                c=f"{gap}<cost>{draw(st.integers(0, 99))}</cost>",
                t=f"{gap}<consumptionTier>1</consumptionTier><currency>840</currency>",
            )
            readings.append(f"{gap}{stray}<IntervalReading>{markup}{gap}</IntervalReading>")
            start += 900
        xmlns = "" if prefix else ' xmlns="http://naesb.org/espi"'
        text = "".join(readings).replace("</", f"</{prefix}")
        for name in ("IntervalReading", "timePeriod", "duration", "start", "value", "ReadingQuality", "quality", "cost",
                     "consumptionTier", "currency"):  # fmt: skip
            text = text.replace(f"<{name}>", f"<{prefix}{name}>")
        entries.append(ENTRY.format(number=number, p=prefix, xmlns=xmlns, readings=text))
    return (HEAD + "".join(entries) + "</feed>\n").encode()


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(content=feeds(), piece=st.integers(40, 3000))
def test_what_is_read_is_what_the_xml_says_wherever_the_file_is_cut(content, piece):
    before = feed._PIECE
    feed._PIECE = piece
    try:
        assert ours(content) == plain(content)
    finally:
        feed._PIECE = before


def block(readings, xmlns=' xmlns="http://naesb.org/espi"'):
    return (HEAD + ENTRY.format(number=1, p="", xmlns=xmlns, readings="\n" + readings) + "</feed>").encode()


def reading(start, value, extra=""):
    markup = f"{extra}<timePeriod><start>{start}</start></timePeriod><value>{value}</value>"
    return f"<IntervalReading>{markup}</IntervalReading>\n"


def day(extra="", value=str):
    return [reading(FIRST + 900 * number, value(number), extra) for number in range(96)]


def test_a_day_is_one_run_and_the_parser_sees_its_first_reading_only():
    finder = RunFinder()

    shown = finder.take(block("".join(day()))) + finder.take(b"")

    assert [run.size for run in finder.runs.values()] == [96]
    assert shown.count(b"<IntervalReading>") == 1


@pytest.mark.parametrize(
    ("extra", "value"),
    [
        ('<cost unit="1">5</cost>', str),
        ("<cost>&#48;</cost>", str),
        ("<cost><![CDATA[5]]></cost>", str),
        ("<a1>5</a1>", lambda number: f"{number}" if number % 2 else "-0"),
        ("<cost>1</cost>5", str),
    ],
)
def test_markup_that_could_mean_more_than_its_numbers_is_left_to_the_parser(extra, value):
    content = block("".join(day(extra, value)))
    finder = RunFinder()

    shown = finder.take(content) + finder.take(b"")

    assert shown.count(b"<IntervalReading>") == 96
    assert ours(content) == plain(content)


def test_tags_that_differ_in_a_digit_are_not_the_same_tag():
    lines = [line.replace("value>", f"v{1 + number % 2}:value>") for number, line in enumerate(day())]
    bound = (
        ' xmlns="http://naesb.org/espi" xmlns:v1="http://naesb.org/espi" xmlns:v2="http://example.com/other"'
    )
    content = block("".join(lines), xmlns=bound)

    assert ours(content) == plain(content)
    assert sum(value is None for _, _, _, value, _ in ours(content)) == 48


def test_as_many_numbers_in_other_places_are_not_alike():
    lines = day("<cost></cost>")
    lines[1::2] = [line.replace("<cost></cost>", "<cost>7</cost>") for line in lines[1::2]]
    lines[1::2] = [re.sub("<value>[0-9]+<", "<value><", line) for line in lines[1::2]]
    content = block("".join(lines))

    assert ours(content) == plain(content)


def test_a_number_between_readings_is_none_of_theirs():
    content = block("7\n".join(line.strip() for line in day()))

    assert ours(content) == plain(content)


def test_what_stands_in_a_comment_is_no_reading():
    content = block("<!-- " + "".join(day()[:40]) + " -->" + "".join(day()[40:]))

    assert [line[1] for line in ours(content)] == [FIRST + 900 * number for number in range(40, 96)]


def test_readings_of_another_namespace_are_none():
    content = block("".join(day()), xmlns=' xmlns="http://example.com/other"')

    with pytest.raises(ValueError, match="holds none"):
        ours(content)


def test_an_error_far_down_a_run_is_still_found_with_its_line():
    lines = day()
    lines[70] = lines[70].replace("</value>", "</valu>")
    content = block("".join(lines))

    with pytest.raises(
        ValueError, match=rf"line {content[: content.index(b'</valu>')].count(bytes([10])) + 1}: not well"
    ):
        ours(content)


def test_a_run_with_readings_that_cannot_be_taken_rejects_just_these():
    lines = day()
    lines[5] = reading(99_999_999_999, 5)
    lines[7] = reading("soon", 7)
    lines[9] = reading(FIRST + 8100, "9" * 17)
    lines[11] = reading(FIRST + 9900, "9" * 25)
    content = block("".join(lines))

    parts = list(read(BytesIO(content), zone=NEW_YORK))

    rejected = [rejection for part in parts for rejection in part.rejected]
    texts = content.decode().splitlines()
    assert [(texts[row.line - 1] + "\n", row.reason[-35:]) for row in rejected] == [
        (lines[5], "99999999999 seconds are out of bounds"[-35:]),
        (lines[7], "'soon' is not a count of seconds"),
        (lines[11], "more digits than can be kept exactly"[-35:]),
    ]
    assert rejected[0].text == "99999999999 5"
    assert sum(part.accepted for part in parts) == 93
