from datetime import UTC, datetime

import pytest

from datahub.feeds.formats.mix.entsoe_xml import parse
from datahub.rows.base import FeedStructureError
from tests.datahub.feeds.formats.files import NEW_YORK, content_of
from tests.support.feed_files import entsoe_document


def rows_and_reasons(content):
    parsed = parse(content, zone=NEW_YORK)
    rows = [(row.start.minute, row.wh) for row in parsed.rows]
    return rows, [rejection.reason for rejection in parsed.rejected]


def test_power_of_an_hour_is_that_many_watt_hours():
    rows = parse(content_of("entsoe_generation.xml"), zone=NEW_YORK).rows

    assert [(row.source, row.region, row.seconds, row.wh) for row in rows] == [
        ("B16", "10YDE-VE-------2", 3600, 100_000_000),
        ("B16", "10YDE-VE-------2", 3600, 110_000_000),
    ]
    assert [row.start for row in rows] == [
        datetime(2024, 1, 1, 23, tzinfo=UTC),
        datetime(2024, 1, 2, tzinfo=UTC),
    ]


def test_a_quarter_hour_is_a_quarter_of_the_energy():
    assert rows_and_reasons(entsoe_document((1, "4"), (2, "0.5"))) == ([(0, 1_000_000), (15, 125_000)], [])


def test_a_curve_of_blocks_repeats_its_value_to_the_next_one_and_to_the_end():
    rows, rejected = rows_and_reasons(entsoe_document((1, "4"), (3, "8"), curve="A03"))

    assert rows == [(0, 1_000_000), (15, 1_000_000), (30, 2_000_000), (45, 2_000_000)]
    assert not rejected


def test_what_a_sequence_leaves_out_is_not_told():
    assert rows_and_reasons(entsoe_document((1, "4"), (4, "8"))) == ([(0, 1_000_000), (45, 2_000_000)], [])


def test_a_block_that_cannot_be_read_repeats_nothing():
    rows, rejected = rows_and_reasons(entsoe_document((1, "4"), (2, "many"), (4, "8"), curve="A03"))

    assert rows == [(0, 1_000_000), (45, 2_000_000)]
    assert rejected == ["position 2: 'many' is not a number"]


def test_units_of_a_type_are_added_up_and_a_type_told_twice_is_rejected():
    assert rows_and_reasons(entsoe_document((1, "4"), kind="A73", times=2)) == ([(0, 2_000_000)], [])

    rows, (reason,) = rows_and_reasons(entsoe_document((1, "4"), times=2))
    assert rows == [(0, 1_000_000)]
    assert reason.startswith("B16 at 2026-03-29 00:00:00+00:00 is already in line")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (entsoe_document((5, "1")), "position 5 is not in a period of 4 steps"),
        (entsoe_document((1, "-1")), "position 1: -1 MW is below 0 or no whole number of watt-hours"),
        (
            entsoe_document((1, "0.000001")),
            "position 1: 0.000001 MW is below 0 or no whole number of watt-hours",
        ),
        (entsoe_document((1, "1"), unit="KWH"), "unit 'KWH' is not MAW"),
        (entsoe_document((1, "1"), zone="outBidding"), "what storage takes in is no generation"),
    ],
)
def test_what_cannot_be_is_rejected_point_by_point(content, reason):
    assert rows_and_reasons(content) == ([], [reason])


def test_an_intermediate_document_is_provisional():
    content = entsoe_document((1, "4"), more="<docStatus><value>A01</value></docStatus>")

    assert [row.provisional for row in parse(content, zone=NEW_YORK).rows] == [True]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'<!DOCTYPE x [<!ENTITY a "b">]><GL_MarketDocument/>', "a document type"),
        (b"<GL_MarketDocument>", "line 1: not well-formed XML"),
        (b"<Acknowledgement_MarketDocument/>", "no generation document"),
        (b"<GL_MarketDocument/>", "no time series"),
    ],
)
def test_a_document_that_is_none_is_refused_as_a_whole(content, reason):
    with pytest.raises(FeedStructureError, match=reason):
        parse(content, zone=NEW_YORK)
