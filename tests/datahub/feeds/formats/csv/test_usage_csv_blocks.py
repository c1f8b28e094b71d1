"""A file that is read in blocks of lines gives what it would give as a whole."""

import tracemalloc
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datahub.feeds.formats.csv import line_blocks
from datahub.feeds.formats.csv.tokenizer import byte_cells
from datahub.feeds.formats.registry import formats
from datahub.rows.base import FeedStructureError
from tests.support.parsed_files import series_of

BERLIN = ZoneInfo("Europe/Berlin")
LONG, WIDE = formats()["usage_csv_long"], formats()["usage_csv_wide"]
SETTINGS = {"unit": "Wh", "interval_seconds": "900"}
HEADER = b"meter,start,value\n"


def parts_of(content, size, *, format=LONG, mapping=(), **settings):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_blocks, "BLOCK_BYTES", size)
        return list(
            format.read(BytesIO(content), zone=BERLIN, settings=SETTINGS | settings, mapping=dict(mapping))
        )


def facts(parts):
    series = series_of([row for part in parts for row in part.rows])
    return sorted(
        (
            channel.meter_number,
            channel.starts.tolist(),
            (channel.values * 10 ** (5 - channel.scale)).tolist(),
            channel.lines.tolist(),
        )
        for channel in series
    )


def test_a_meter_s_lines_that_stand_together_come_in_one_part():
    lines = [
        f"M-{meter},2025-06-01T{hour:02}:00Z,{hour}".encode() for meter in range(40) for hour in range(24)
    ]
    content = HEADER + b"\n".join(lines) + b"\n"

    parts = parts_of(content, 5_000)

    meters = [{key.meter_number for key in row.channels} for part in parts for row in part.rows]
    assert len(meters) > 4
    assert sum(map(len, meters)) == 40
    read = sum(part.read for part in parts[:1])
    assert parts[0].offset == len(HEADER) + sum(len(line) + 1 for line in lines[:read])
    assert parts[-1].offset == len(content)


def rejections(parts):
    return [(row.line, row.reason, row.text) for part in parts for row in part.rejected]


def lines_of_night(meters, *, newest_first, by_time):
    """The long day of Berlin by quarter-hours in local time, in one of the four orders that files have."""
    first = int(datetime(2025, 10, 25, 23, tzinfo=BERLIN).timestamp())
    starts = [first + 900 * place for place in range(24)]
    if newest_first:
        starts.reverse()
    pairs = [(meter, start) for start in starts for meter in meters]
    if not by_time:
        pairs.sort(key=lambda pair: pair[0])
    return [
        f"{meter},{datetime.fromtimestamp(start, BERLIN):%Y-%m-%dT%H:%M},{start}" for meter, start in pairs
    ]


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("by_time", [False, True])
@settings(deadline=None)
@given(size=st.integers(200, 2000))
def test_the_repeated_hour_is_told_apart_wherever_a_block_ends(newest_first, by_time, size):
    lines = lines_of_night(["A", "B", "C"], newest_first=newest_first, by_time=by_time)
    content = HEADER + "\n".join(lines).encode()

    parts = parts_of(content, size)

    assert rejections(parts) == []
    for _, starts, values, _ in facts(parts):
        assert [value // 10**5 for value in values] == starts
        assert len(starts) == 24


cells_of_all_sorts = st.sampled_from(["1", "-0.25", "", "x", "1,2", '"3"', '"4', "9" * 13, "Ä"])


@given(
    cells=st.lists(cells_of_all_sorts, min_size=2, max_size=30),
    size=st.integers(90, 400),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_blocks_change_nothing_and_add_up_to_the_file(cells, size, end):
    lines = [
        f"M{place % 3},2025-06-01T{place // 4:02d}:{place % 4 * 15:02d},{cell}"
        for place, cell in enumerate(cells)
    ]
    content = f"meter,start,value{end}M,2025-06-01T00:00,7{end}{end.join(lines)}".encode()

    parts, whole = parts_of(content, size), parts_of(content, 1 << 20)

    assert facts(parts) == facts(whole)
    assert rejections(parts) == rejections(whole)
    assert parts[-1].offset == len(content)
    assert sum(part.read for part in parts) == len(cells) + 1


def test_whether_a_file_is_newest_first_is_told_by_its_channels_and_not_from_one_to_the_next():
    others = [f"N{day},2025-09-{30 - day:02d}T00:00,1" for day in range(30)]
    content = HEADER + "\n".join(others + lines_of_night("A", newest_first=False, by_time=False)).encode()

    (night, *_) = facts(parts_of(content, 1 << 20))

    assert [value // 10**5 for value in night[2]] == night[1]


def test_the_same_file_gives_the_same_parts():
    content = HEADER + b"".join(b"M,2025-06-%02dT00:00,%d\n" % (day, day) for day in range(1, 31))

    first, second = parts_of(content, 200), parts_of(content, 200)

    assert len(first) > 3
    assert [(part.offset, facts([part])) for part in first] == [
        (part.offset, facts([part])) for part in second
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_offsets_are_those_of_the_file_whatever_it_is_written_in(encoding):
    text = "meter,start,value\n" + "".join(
        f"Mühle \u0a41\u4100,2025-06-01T{hour:02d}:00,1\n" for hour in range(24)
    )

    parts = parts_of(text.encode(encoding), 120)

    assert parts[-1].offset == len(text.encode(encoding))
    assert sum(part.accepted for part in parts) == 24
    assert rejections(parts) == []


def test_a_line_that_is_no_text_or_no_csv_is_rejected_alone_when_it_is_not_the_first():
    good = b"M,2025-06-01T00:00,1\n"
    lines = [good, b"M,2025-06-01T00:15,\xff\n", b'M,"2025-06-01T00:30,1\n', b"M,2025-06-01T00:45,2\n"]

    (part,) = parts_of(HEADER + b"".join(lines), 1 << 20)

    assert part.accepted == 2
    assert [(line, reason) for line, reason, _ in rejections([part])] == [
        (3, "not UTF-8: byte 0xff at position 19"),
        (4, "unexpected end of data"),
    ]
    assert rejections([part])[1][2] == 'M,"2025-06-01T00:30,1'


def test_a_file_of_one_endless_line_is_refused_or_rejected_but_not_held_in_memory():
    with pytest.raises(FeedStructureError, match="missing column"):
        parts_of(b"x" * 5000, 500)

    parts = parts_of(HEADER + b"M,2025-06-01T00:00,1\n" + b"x" * 5000, 500)

    assert sum(part.accepted for part in parts) == 1
    assert {reason for _, reason, _ in rejections(parts)} == {"1 cells where the header has 3"}


@pytest.mark.parametrize("format", [LONG, WIDE], ids=["long", "wide"])
def test_memory_does_not_grow_with_the_file(format):
    if format is LONG:
        line = b"M,2025-06-01T00:00,1\n"
        content = HEADER + b"".join(b"M%05d,2025-06-01T00:00,0.125\n" % meter for meter in range(60_000))
    else:
        hours = ",".join(f"{hour:02d}:00" for hour in range(24)).encode()
        line = b",0.125" * 24 + b"\n"
        content = (
            b"meter,date,"
            + hours
            + b"\n"
            + b"".join(b"M%05d,2025-06-01" % meter + line for meter in range(12_000))
        )

    def peak(text):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(line_blocks, "BLOCK_BYTES", 1 << 16)
            source = BytesIO(text)
            tracemalloc.start()
            for _ in format.read(source, zone=BERLIN, settings=SETTINGS):
                pass
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return most

    quarter = content[: content.index(b"\n", len(content) // 4) + 1]
    peak(quarter)  # fills the caches
    # how far the block that is being cut overlaps the one that is being read is chance
    assert min(peak(content) for _ in range(3)) < max(peak(quarter) for _ in range(3)) * 1.3


def test_a_channel_keeps_its_decimals_in_each_block_alone():
    content = HEADER + b"M,2025-06-01T00:00,1\nM,2025-06-01T00:15,0.5\n" + b"M,2025-06-01T00:30,2\n"

    parts = parts_of(content, 45)

    (series,) = series_of([row for part in parts for row in part.rows])
    assert series.total == Decimal("3.5")


@given(
    meters=st.lists(
        st.sampled_from(["A", "B", "A long name of a meter", "A long name of a motor", "Ä"]), min_size=1
    )
)
def test_meters_are_told_apart_even_if_all_hashes_were_alike(meters):
    lines = [f"{meter},2025-06-01T{place // 60:02d}:{place % 60:02d},1" for place, meter in enumerate(meters)]
    content = HEADER + "\n".join(lines).encode()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(byte_cells, "_HASH_FACTOR", byte_cells.np.uint64(0))
        alike = facts(parts_of(content, 1 << 20))

    assert alike == facts(parts_of(content, 1 << 20))
    assert [(meter, len(starts)) for meter, starts, _, _ in alike] == [
        (meter, meters.count(meter)) for meter in sorted(set(meters))
    ]
