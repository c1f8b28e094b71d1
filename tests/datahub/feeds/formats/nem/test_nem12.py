import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.feeds.formats.cells import exact
from datahub.feeds.formats.digits import numbers
from datahub.feeds.formats.nem.nem12 import read, sniff
from datahub.rows.base import FeedStructureError
from datahub.rows.usage import Quality
from tests.datahub.feeds.formats.files import NEW_YORK
from tests.support.parsed_files import series_of

HEADER = "100,NEM12,202603020900,METERCO,SHOP"
STREAM = "200,NMI0000001,E1B1,E1,E1,N1,SER001,kWh,30,"
MIDNIGHT = datetime(2026, 2, 28, 14, tzinfo=UTC)  # of 1 March in the market


def day(values, quality="A", date="20260301", behind=",,,20260302040000,20260302050000"):
    return f"300,{date},{','.join(values)},{quality}{behind}"


def content(*records, end="900"):
    return "\r\n".join([HEADER, *records, end, ""]).encode()


def parts_of(content, **settings):
    return list(read(io.BytesIO(content), zone=NEW_YORK, settings=settings))


def only(content, **settings):
    parts = parts_of(content, **settings)
    assert [rejection for part in parts for rejection in part.rejected] == []
    (series,) = series_of(grid for part in parts for grid in part.rows)
    return series


def rejections(content):
    return [(rejection.line, rejection.reason) for part in parts_of(content) for rejection in part.rejected]


VALUES = [f".{n:03}" for n in range(47)] + ["12.5"]


def test_a_day_begins_at_midnight_in_the_market_whatever_the_zone_of_the_feed():
    series = only(content(STREAM, day(VALUES)))

    assert (series.meter_number, series.register) == ("NMI0000001", "E1")
    assert (series.unit, series.direction, series.kind) == ("Wh", "import", "interval")
    assert series.interval_seconds == 1800
    assert datetime.fromtimestamp(series.starts[0], UTC) == MIDNIGHT
    assert datetime.fromtimestamp(series.starts[-1], UTC) == MIDNIGHT + timedelta(hours=23.5)
    assert series.total == Decimal(sum(range(47)) + 12500)
    assert set(series.quality) == {Quality.ACTUAL}


def test_settings_say_another_offset_and_what_names_the_meter():
    series = only(content(STREAM, day(VALUES)), offset="+08:00", meter="serial")

    assert datetime.fromtimestamp(series.starts[0], UTC) == MIDNIGHT + timedelta(hours=2)
    assert series.meter_number == "SER001"


@pytest.mark.parametrize(
    ("suffix", "uom", "unit", "direction", "kind", "total"),
    [
        ("B1", "KWH", "Wh", "export", "interval", "48000"),
        ("E2", "MWh", "Wh", "import", "interval", "48000000"),
        ("Q1", "kVArh", "varh", "import", "interval", "48000"),
        ("K1", "KVARH", "varh", "export", "interval", "48000"),
        ("E1", "kw", "W", "import", "demand", "48000"),
        ("V1", "", "V", "none", "interval", "48"),
        ("E1", "", "Wh", "import", "interval", "48000"),
    ],
)
def test_suffix_and_unit_say_what_the_values_are(suffix, uom, unit, direction, kind, total):
    series = only(content(f"200,N,{suffix},1,{suffix},,,{uom},30,", day(["1"] * 48)))

    assert (series.unit, series.direction, series.kind) == (unit, direction, kind)
    assert series.total == Decimal(total)


@pytest.mark.parametrize("minutes", [1, 5, 10, 15, 30])
def test_every_interval_length_of_the_market_is_read(minutes):
    stream = STREAM.replace(",30,", f",{minutes},")

    series = only(content(stream, day(["0.1"] * (1440 // minutes))))

    assert (series.size, series.interval_seconds) == (1440 // minutes, minutes * 60)


def test_events_give_each_interval_its_quality_and_null_is_unknown_never_zero():
    series = only(
        content(
            STREAM,
            day(["1"] * 48, "V"),
            "400,1,20,F14,76,",
            "400,21,24,A,,",
            "400,25,40,S14,1,",
            "400,41,47,E52,,",
            "400,48,48,N,,",
        )
    )

    expected = [Quality.SUBSTITUTED] * 20 + [Quality.ACTUAL] * 4 + [Quality.PROVISIONAL] * 16
    assert list(series.quality[:47]) == expected + [Quality.ESTIMATED] * 7
    assert list(series.known) == [True] * 47 + [False]
    assert series.total == 47000


def test_a_day_without_readings_is_unknown_also_where_its_cells_are_empty():
    series = only(content(STREAM, day([""] * 48, "N")))

    assert series.size == 48
    assert not series.known.any()


def test_streams_of_one_file_stand_side_by_side():
    parts = parts_of(
        content(
            STREAM, day(["1"] * 48), day(["2"] * 48, date="20260302"),
            "200,NMI0000001,E1B1,B1,B1,N2,SER001,kWh,15,", day(["3"] * 96),
        )
    )  # fmt: skip

    series = series_of(grid for part in parts for grid in part.rows)
    assert [(channel.register, channel.direction, channel.size, channel.total) for channel in series] == [
        ("E1", "import", 96, 144000),
        ("B1", "export", 96, 288000),
    ]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (day(["1"] * 47), "47 values where 48 of 30 minutes are due"),
        (day(["1"] * 96), "more than 48 values of 30 minutes"),
        (day(["1"] * 47 + [""]), "value 48 is empty"),
        (day(["1"] * 20 + ["one"] + ["1"] * 27), "value 21: 'one' is not a number"),
        (day(["1"] * 48, date="20260230"), "'20260230' is not a date like 20260301"),
        (day(["1"] * 48, "X"), "quality 'X' is not known"),
        (day(["1"] * 48, "V"), "quality V, and no 400 record speaks of interval 1"),
        ("305,20260301", "'305' is no record of NEM12"),
    ],
)
def test_a_bad_record_is_rejected_alone_with_its_line_and_text(record, reason):
    parts = parts_of(content(STREAM, record, day(["1"] * 48, date="20260302")))

    (rejection,) = [each for part in parts for each in part.rejected]
    assert rejection.line == 3
    assert reason in rejection.reason
    assert rejection.text == record
    assert sum(part.accepted for part in parts) == 48


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        (["400,1,20,A,,", "400,20,48,A,,"], "line 5: its intervals meet those of a 400 record before it"),
        (["400,1,20,A,,", "400,22,48,A,,"], "quality V, and no 400 record speaks of interval 21"),
        (["400,1,49,A,,"], "line 4: intervals 1 to 49 are not within 1 to 48"),
        (["400,1,48,V,,"], "line 4: quality V says nothing here"),
        (["400,1,48,B,,"], "line 4: quality 'B' is not known"),
    ],
)
def test_events_that_do_not_cover_the_day_once_reject_it(events, reason):
    ((line, text),) = rejections(content(STREAM, day(["1"] * 48, "V"), *events))

    assert line == 3
    assert reason in text


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        ("200,N,E1,E1,E1,,,kWh,60,", "line 4: interval length 60 is none of 1, 5, 10, 15, 30 minutes"),
        ("200,N,E1,E1,E1,,,pf,30,", "line 4: unit 'pf' is not known"),
        ("200,,E1,E1,E1,,,kWh,30,", "line 4: meter is missing"),
        ("200,N,G1,G1,G1,,,,30,", "line 4: the unit is neither said nor implied"),
    ],
)
def test_days_of_a_stream_that_cannot_be_told_are_rejected_with_the_line_of_the_stream(stream, reason):
    ((line, text),) = rejections(content(STREAM, day(["1"] * 48), stream, day(["1"] * 48)))

    assert line == 5
    assert reason in text


def test_a_day_told_twice_is_rejected_with_the_line_of_the_first():
    again = [day(["1"] * 48), day(["1"] * 48), day(["2"] * 48)]

    assert rejections(content(STREAM, *again)) == [
        (4, "repeats line 3"),
        (5, "gives other values for the day of line 3"),
    ]
    assert sum(part.accepted for part in parts_of(content(STREAM, *again))) == 48


def test_what_stands_after_the_end_is_rejected_until_a_header_begins_again():
    late = day(["1"] * 48, date="20260302")
    file = content(STREAM, day(["1"] * 48), "900", late, HEADER, STREAM, late)

    assert rejections(file) == [(5, "stands after the end record 900")]
    assert sum(part.accepted for part in parts_of(file)) == 96


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (content(STREAM, day(["1"] * 48)).replace(b"100,NEM12", b"100,NEM14"), "line 1: no header record"),
        (content(day(["1"] * 48)).partition(b"\n")[2], "line 1: no header record"),
        (b"meter,start,value\n200,x\n900\n", "line 1: no header record"),
        (content(STREAM, day(["1"] * 48), end=""), "the end record 900 is missing"),
        (content(STREAM, day(["1"] * 48))[:200], "the end record 900 is missing"),
        (content(day(["1"] * 48)), "line 2: record '300' where the first 200 record is due"),
    ],
)
def test_a_file_without_its_frame_is_refused(broken, reason):
    with pytest.raises(FeedStructureError, match=reason):
        next(read(io.BytesIO(broken), zone=NEW_YORK))


def test_a_feed_that_is_registered_as_nem12_needs_no_header():
    whole = content(STREAM, day(VALUES))
    headless = whole.partition(b"\n")[2]

    assert only(headless).total == only(whole).total
    assert only(headless).lines[0] == only(whole).lines[0] - 1
    assert not sniff(headless)  # nobody guesses it


@pytest.mark.parametrize("configuration", ["1", "E", "E1B", "E1*", "E1 B1", "kWh;", "\N{SNOWMAN}1"])
def test_a_nonsense_nmi_configuration_is_refused_in_words(configuration):
    stream = STREAM.replace("E1B1", configuration)

    ((line, reason),) = rejections(content(stream, day(VALUES)))

    assert line == 3
    assert reason == f"line 2: NMI configuration {configuration!r} is not a row of suffixes like E1B1Q1"


@pytest.mark.parametrize("configuration", ["", "e1b1", "E1B1Q1K1", "BD"])
def test_a_configuration_of_suffixes_or_none_is_taken(configuration):
    assert only(content(STREAM.replace("E1B1", configuration), day(VALUES))).size == 48


def test_a_setting_that_is_none_refuses_the_file():
    with pytest.raises(FeedStructureError, match="setting offset 'Sydney' is not like"):
        parts_of(content(STREAM, day(["1"] * 48)), offset="Sydney")


def test_a_day_at_the_seam_of_two_parts_keeps_its_events(monkeypatch):
    monkeypatch.setattr("datahub.feeds.formats.nem.records._BLOCK_BYTES", 10)
    records = [
        STREAM,
        day(["1"] * 48, "V"),
        "400,1,40,A,,",
        "400,41,48,N,,",
        day(["2"] * 48, date="20260302"),
    ]

    parts = parts_of(content(*records))
    series = only(content(*records))

    assert len(parts) > 3
    assert parts[-1].offset == len(content(*records))
    assert (series.size, series.known.sum(), series.total) == (96, 88, 136000)


def test_another_reader_finds_the_same_readings(tmp_path):
    from nemreader import NEMFile  # brings pandas, which takes longer than all tests of this file

    file = content(
        STREAM, day(VALUES), day(["1"] * 48, "V", date="20260302"), "400,1,30,A,,", "400,31,48,F14,76,",
        "200,NMI0000001,E1B1,B1,B1,N2,SER001,kWh,15,", day([f"{n}.25" for n in range(96)]),
    )  # fmt: skip
    (tmp_path / "two.csv").write_bytes(file)

    theirs = NEMFile(str(tmp_path / "two.csv"), strict=True).nem_data().readings["NMI0000001"]
    ours = series_of(grid for part in parts_of(file) for grid in part.rows)

    market = timedelta(hours=10)
    for series in ours:
        assert [
            (start, pytest.approx(value / 10**series.scale / 1000))
            for start, value in zip(series.starts.tolist(), series.values.tolist(), strict=True)
        ] == [
            ((reading.t_start - market).replace(tzinfo=UTC).timestamp(), reading.read_value)
            for reading in theirs[series.register]
        ]


def test_the_format_is_known_by_its_header():
    assert sniff(content())
    assert sniff(b"\xef\xbb\xbf100, NEM12 ,x")
    assert not sniff(content().replace(b"NEM12", b"NEM13"))
    assert not sniff(b"meter,start,value\n")


@given(
    st.lists(
        st.text("0123456789.-+eE ", max_size=24) | st.decimals(allow_nan=False, places=3).map(str), min_size=1
    )
)
def test_cells_read_all_at_once_are_what_they_are_one_by_one(cells):
    read = numbers(",".join(cells).encode())

    for cell, digits, exponent, good in zip(cells, *(column.tolist() for column in read), strict=True):
        try:
            number, power = exact(cell.strip())
        except ValueError:
            assert not good
        else:
            assert good
            assert Decimal(digits).scaleb(exponent) == Decimal(number).scaleb(power)
