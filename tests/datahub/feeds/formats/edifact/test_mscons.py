import io
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from datahub.feeds.formats.edifact.mscons import read, sniff
from datahub.rows.base import FeedStructureError
from datahub.rows.usage import Quality
from tests.datahub.feeds.formats.edifact.mscons_messages import (
    BERLIN,
    MIDNIGHT,
    content,
    message,
    parts_of,
    quarters,
    rejections,
    series,
    series_in,
)  # fmt: skip


def test_a_series_is_a_point_and_a_register_with_its_periods():
    (channel,) = series_in(content(message(*series("1-1?:1.29.0", *quarters(["1.5", "0", "2.25"])))))

    assert (channel.meter_number, channel.register, channel.commodity) == (
        "DE0001",
        "1-1:1.29.0",
        "electricity",
    )
    assert (channel.unit, channel.direction, channel.kind, channel.interval_seconds) == (
        "Wh",
        "import",
        "interval",
        900,
    )
    assert datetime.fromtimestamp(channel.starts[0], UTC) == MIDNIGHT
    assert channel.total == 3750
    assert set(channel.quality) == {Quality.ACTUAL}


def test_the_marks_of_una_are_respected():
    plain = content(message(*series("1-1?:1.29.0", *quarters(["1.5"]))))
    marks = {":": ";", "+": "*", "?*": "!+", "?;": ":", "1.5": "1,5", "'": "~\r\n"}
    own = plain.decode().removeprefix("UNA:+.? '")
    for usual, mark in marks.items():
        own = own.replace(usual, mark)

    (channel,) = series_in(b"UNA;*,! ~\r\n" + own.encode())

    assert (channel.register, channel.total) == ("1-1:1.29.0", 1500)


def test_without_una_the_usual_marks_hold_and_the_decimal_mark_is_either():
    (channel,) = series_in(content(message(*series("1-1?:1.29.0", *quarters(["1,5", "1.5"]))), una=""))

    assert channel.total == 3000


def test_a_decimal_mark_that_una_does_not_name_is_no_decimal_mark():
    file = content(message(*series("1-1?:1.29.0", *quarters(["1,500"]))))

    assert rejections(file) == [(14, "'1,500' is not a number")]


@pytest.mark.parametrize(
    ("register", "unit", "kept", "direction", "kind", "total"),
    [
        ("1-1?:1.8.0", "", "Wh", "import", "interval", "1000"),
        ("1-1?:1.10.0", "", "Wh", "import", "interval", "1000"),
        ("1-1?:2.29.0*255", "", "Wh", "export", "interval", "1000"),
        ("1-1?:16.29.0", "", "Wh", "net", "interval", "1000"),
        ("1-1?:3.29.0", "", "varh", "import", "interval", "1000"),
        ("1-1?:7.29.0", "", "varh", "export", "interval", "1000"),
        ("1-1?:41.29.0", "", "Wh", "import", "interval", "1000"),
        ("1-1?:1.5.0", "", "W", "import", "demand", "1000"),
        ("1-1?:1.29.0", ":MWH", "Wh", "import", "interval", "1000000"),
        ("1-1?:1.29.0", ":K3", "varh", "import", "interval", "1000"),
        ("1.8.0", ":KWH", "Wh", "import", "interval", "1000"),
        ("7-20?:3.0.0", ":MTQ", "m3", "import", "interval", "1"),
    ],
)
def test_the_obis_code_says_direction_and_implied_unit(register, unit, kept, direction, kind, total):
    (channel,) = series_in(content(message(*series(register, *quarters([f"1{unit}"])))))

    assert (channel.unit, channel.direction, channel.kind) == (kept, direction, kind)
    assert channel.total == Decimal(total)
    assert channel.register == register.replace("?", "")


def test_a_product_that_is_no_obis_code_is_told_by_its_unit_and_has_no_direction():
    (channel,) = series_in(content(message(*series("XYZ", *quarters(["2:KWH"])))))

    assert (channel.register, channel.commodity, channel.direction, channel.total) == (
        "XYZ",
        "electricity",
        "none",
        2000,
    )


def test_gas_without_a_unit_takes_that_of_the_setting():
    file = content(message(*series("7-20?:3.0.0", *quarters(["4"]))))

    assert rejections(file) == [(14, "7-20:3.0.0: its unit is neither said nor implied nor set")]
    (channel,) = series_in(file, unit="m3")
    assert (channel.commodity, channel.unit, channel.total) == ("natural_gas", "m3", 4)


def test_a_value_of_one_moment_is_what_a_register_shows():
    reads = [
        "QTY+67:2729.000",
        "DTM+7:202603312200?+00:303",
        "STS+Z32++Z92",
        "QTY+220:3000",
        "DTM+9:20260501:102",
    ]

    (channel,) = series_in(content(message(*series("1-1?:1.8.0", *reads))))

    assert (channel.kind, channel.durations.tolist()) == ("register", [0, 0])
    assert [datetime.fromtimestamp(start, UTC).isoformat() for start in channel.starts] == [
        "2026-03-31T22:00:00+00:00",
        "2026-04-30T22:00:00+00:00",
    ]
    assert (channel.values / 10**channel.scale).tolist() == [2729000, 3000000]
    assert channel.quality.tolist() == [Quality.SUBSTITUTED, Quality.ACTUAL]


@pytest.mark.parametrize("order", [1, -1])
def test_the_moment_of_use_comes_before_the_day_of_reading(order):
    times = ["DTM+9:20251113:102", "DTM+7:202511132300?+00:303"][::order]

    (channel,) = series_in(content(message(*series("1-0?:1.8.0", "QTY+220:10614", *times))))

    assert datetime.fromtimestamp(channel.starts[0], UTC) == datetime(2025, 11, 13, 23, tzinfo=UTC)


def test_qualifiers_say_the_quality_and_an_unusable_value_is_unknown_never_zero():
    readings = [
        segment
        for hour, qualifier in enumerate(["220", "67", "187", "201", "Z18", "79", "20"])
        for segment in quarters(["5"], f"2026030100{hour * 5:02}", qualifier=qualifier, step=5)
    ]

    (channel,) = series_in(content(message(*series("1-1?:1.29.0", *readings))))

    assert channel.quality[:6].tolist() == [
        Quality.ACTUAL, Quality.SUBSTITUTED, Quality.ESTIMATED, Quality.ESTIMATED, Quality.PROVISIONAL,
        Quality.UNSTATED,
    ]  # fmt: skip
    assert channel.known.tolist() == [True] * 6 + [False]
    assert channel.total == 30000


def test_a_setting_names_further_qualifiers():
    file = content(message(*series("1-1?:1.29.0", *quarters(["1"], qualifier="136"))))

    assert rejections(file) == [(14, "quantity qualifier '136' is not known")]
    (channel,) = series_in(file, qualities="136=actual 99=estimated")
    assert channel.quality.tolist() == [Quality.ACTUAL]


def test_times_without_offset_are_in_the_zone_of_the_feed_also_when_an_hour_comes_twice():
    walls = ["0145", "0200", "0215", "0230", "0245", "0200", "0215", "0230", "0245", "0300"]
    readings = [
        segment
        for begin, end in zip(walls, walls[1:], strict=False)
        for segment in (
            "QTY+220:1",
            f"DTM+163:20261025{begin}:203",
            f"DTM+164:20261025{end if end != '0200' or begin == '0145' else '0200'}:203",
        )
    ]

    (channel,) = series_in(content(message(*series("1-1?:1.29.0", *readings))))

    assert (channel.size, channel.interval_seconds) == (9, 900)
    assert datetime.fromtimestamp(channel.starts[0], UTC) == datetime(2026, 10, 24, 23, 45, tzinfo=UTC)
    assert set((channel.starts[1:] - channel.starts[:-1]).tolist()) == {900}


def test_midnight_may_be_written_as_the_end_of_a_day():
    readings = ["QTY+220:1", "DTM+163:202603282345:203", "DTM+164:202603282400:203"]

    (channel,) = series_in(content(message(*series("1-1?:1.29.0", *readings))))

    assert channel.durations.tolist() == [900]


def test_rows_of_unusual_length_and_doubled_starts_are_rejected_with_their_reasons():
    regular = quarters(["1"] * 6)
    longer = ["QTY+220:7", "DTM+163:202603010130?+01:303", "DTM+164:202603010146?+01:303"]
    backwards = ["QTY+220:7", "DTM+163:202603010200?+01:303", "DTM+164:202603010100?+01:303"]
    doubled = quarters(["9"], "202603010015")

    parts = parts_of(content(message(*series("1-1?:1.29.0", *regular, *longer, *backwards, *doubled))))

    assert [(row.line, row.reason) for part in parts for row in part.rejected] == [
        (32, "lasts 960 seconds where its series has 900"),
        (35, "lasts -3600 seconds where its series has 900"),
        (38, "gives another value for the start of line 17"),
    ]
    assert sum(part.accepted for part in parts) == 6
    assert all(row.text for part in parts for row in part.rejected)


def test_months_may_last_differently():
    months = [
        "QTY+220:1", "DTM+163:20260101:102", "DTM+164:20260201:102",
        "QTY+220:2", "DTM+163:20260201:102", "DTM+164:20260301:102",
        "QTY+220:3", "DTM+163:20260501:102", "DTM+164:20260601:102",
        "QTY+220:4", "DTM+163:20260701:102", "DTM+164:20260801:102",
    ]  # fmt: skip

    (channel,) = series_in(content(message(*series("1-1?:1.9.0", *months))))

    assert channel.total == 10000
    assert (channel.durations // 86400).tolist() == [31, 28, 31, 31]


def test_points_devices_and_registers_of_many_messages_stay_apart():
    file = content(
        message(*series("1-1?:1.29.0", *quarters(["1"])), *series("1-1?:2.29.0", *quarters(["2"]))),
        message(*series("1-1?:1.29.0", *quarters(["3"]), point="DE0002", device="DEV2"), reference="2"),
        message(*series("1-1?:1.29.0", *quarters(["4"], "202603010015")), reference="3"),
    )

    assert [(channel.meter_number, channel.register, channel.total) for channel in series_in(file)] == [
        ("DE0001", "1-1:1.29.0", 5000),
        ("DE0001", "1-1:2.29.0", 2000),
        ("DE0002", "1-1:1.29.0", 3000),
    ]
    assert {channel.meter_number for channel in series_in(file, meter="device")} == {"DEV1", "DEV2"}


@pytest.mark.parametrize(
    ("segments", "line", "reason"),
    [
        (["LOC+172", "LIN+1", "PIA+5+1-1?:1.29.0", *quarters(["1"])], 13, "the point (LOC+172) is missing"),
        (["LOC+172+P", "LIN+1", *quarters(["1"])], 12, "no register (PIA) is said"),
        (series("1-1?:99.29.0", *quarters(["1"])), 14, "1-1:99.29.0: quantity 99 is not kept here"),
        (series("6-1?:1.0.0", *quarters(["1"])), 14, "6-1:1.0.0: medium 6 is not kept here"),
        (series("energy", *quarters(["1"])), 14, "'energy' is not an OBIS code like"),
        (series("1-1?:1.29.0", *quarters(["one"])), 14, "'one' is not a number"),
        (series("1-1?:1.29.0", *quarters([""])), 14, "'' is not a number"),
        (series("1-1?:1.29.0", *quarters(["1:XYZ"])), 14, "unit 'XYZ' is not known"),
        (
            series("1-1?:1.29.0", "QTY+220:1"),
            14,
            "neither begin and end nor one moment are said, nor begin and step of the series",
        ),
        (series("1-1?:1.29.0", "QTY+220:1", "DTM+163:2026:102"), 14, "'2026' is no time of format 102"),
        (series("1-1?:1.29.0", "QTY+220:1", "DTM+9:202613010000:203"), 14, "is not a time like"),
        (series("1-1?:1.29.0", "QTY+220:1", "DTM+9:20260301:999"), 14, "time format '999' is not known"),
    ],
)
def test_a_reading_that_cannot_be_told_is_rejected_with_the_number_of_its_segment(segments, line, reason):
    parts = parts_of(
        content(message(*segments), message(*series("1-1?:1.29.0", *quarters(["1"])), reference="2"))
    )

    ((rejected_line, text),) = [(row.line, row.reason) for part in parts for row in part.rejected]
    assert rejected_line == line
    assert reason in text
    assert sum(part.accepted for part in parts) == 1


def test_a_cancelling_message_is_told_and_takes_back_what_it_repeats():
    empty = content(message("LOC+172", function="1"))
    repeating = content(message(*series("1-1?:1.29.0", *quarters(["1"])), function="1"))

    assert rejections(empty) == [(4, "cancels another message: what that brought is not undone")]
    (columns,) = [row for part in parts_of(repeating) for row in part.rows]
    assert columns.known.tolist() == [False]
    assert columns.quality.tolist() == [Quality.WITHDRAWN]


GOOD = content(message(*series("1-1?:1.29.0", *quarters(["1", "2"]))))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("UNT+18+1", "UNT+19+1", "segment 20: UNT counts 19 segments, there are 18"),
        ("UNT+18+1", "UNT+18+2", "UNT ends '2', what began is '1'"),
        ("UNT+18+1'", "", "UNZ within a message"),
        ("UNZ+1+REF1", "UNZ+2+REF1", "UNZ counts 2 messages, there are 1"),
        ("UNZ+1+REF1", "UNZ+1+REF2", "UNZ ends 'REF2', what began is 'REF1'"),
        ("UNZ+1+REF1'", "", "UNZ is missing"),
        ("REF1'UNH", "REF1UNH", "BGM outside of a message"),
        ("+REF1'", "+REF1", "has no end"),
        ("QTY+220:1'", "", "UNT counts 18 segments, there are 17"),
        ("MSCONS", "ORDERS", "a message of type 'ORDERS', not MSCONS"),
        ("UNA:+.? '", "UNA::.? '", "does not say six marks"),
        ("UNA:+.? 'UNB", "UNX", "does not begin with UNB"),
    ],
)
def test_a_broken_frame_refuses_the_file(old, new, reason):
    text = GOOD.decode()
    assert old in text
    position = text.rindex(old) if old.startswith("+REF1'") else text.index(old)
    broken = text[:position] + new + text[position + len(old) :]

    with pytest.raises(FeedStructureError, match=reason):
        next(read(io.BytesIO(broken.encode()), zone=BERLIN))


def test_a_sender_may_count_a_quantity_with_its_times_as_one_or_be_told_not_to_be_counted():
    grouped, wrong = GOOD.replace(b"UNT+18+1", b"UNT+13+1"), GOOD.replace(b"UNT+18+1", b"UNT+99+1")

    assert series_in(grouped)[0].total == 3000
    assert series_in(wrong, counts="ignored")[0].total == 3000


def test_a_released_mark_ends_nothing():
    named = GOOD.replace(b"NAD+MS+1", b"NAD+MS+O?'Neill ?+ Sons??")

    assert series_in(named)[0].total == 3000


def test_a_file_longer_than_what_is_read_at_a_time_is_the_same(monkeypatch):
    whole = series_in(GOOD)[0]
    for size in (1 + len("UNA:+.? 'UNB"), 50, 51, 52, 53):
        monkeypatch.setattr("datahub.feeds.formats.edifact.interchange._CHUNK", size)
        (channel,) = series_in(GOOD)
        assert channel.starts.tolist() == whole.starts.tolist()
        assert channel.total == whole.total


@pytest.mark.parametrize("text", [b"x" * (3 << 20), b"?'" * (40 << 10)])
def test_text_that_never_ends_is_refused_before_it_fills_the_memory(text):
    with pytest.raises(FeedStructureError, match="longer than 65536 characters"):
        next(read(io.BytesIO(b"UNA:+.? 'UNB" + text), zone=BERLIN))


def test_the_format_is_known_by_its_beginning():
    assert sniff(GOOD)
    assert sniff(GOOD.removeprefix(b"UNA:+.? '"))
    assert not sniff(GOOD.replace(b"MSCONS", b"UTILMD"))
    assert not sniff(b"meter,start,value\n")


def test_the_hour_that_begins_and_ends_at_the_same_clock_time_is_an_hour():
    ends = ["0100", "0200", "0200", "0300", "0400"]
    segments = []
    for begin, end in zip(["0000", *ends], ends, strict=False):
        segments += ["QTY+220:1", f"DTM+163:20261025{begin}:203", f"DTM+164:20261025{end}:203"]

    (channel,) = series_in(content(message(*series("1-1?:1.29.0", *segments))))

    assert (channel.kind, channel.interval_seconds, channel.size) == ("interval", 3600, 5)
    assert set(np.diff(channel.starts).tolist()) == {3600}


@pytest.mark.parametrize("written", ["000101010000?+00", "999912312400?+00", "999912312330?-10"])
def test_a_time_of_no_year_of_readings_is_rejected(written):
    segments = ["QTY+220:1", f"DTM+163:{written}:303", f"DTM+164:{written}:303"]

    ((line, reason),) = rejections(content(message(*series("1-1?:1.29.0", *segments))))

    assert (line, reason) == (14, f"{written.replace('?', '')!r} is not from 1970 to 2099")
