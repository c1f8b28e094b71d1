"""Usage is written by columns: the bytes are those that the described shapes would give."""

import csv
from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cdsc_portal.lib.json.encoder import dumps
from datahub.resources.usage_data import UsageSegmentShape
from datahub.rows.usage import Quality
from datahub.usage.readings import ChannelReadings
from datahub.usage.segments import UsageSegment, usage_csv, usage_objects

SYNCED = datetime(2026, 3, 2, 3, 10, tzinfo=UTC)
NOON = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp())
INT64 = st.integers(-(2**63), 2**63 - 1)


def segment(values, *, scale=3, quality=None, register="", step=900, rows=None):
    """One segment of all `values` (None = unknown), or of `rows` of them."""
    count = len(values)
    channel = ChannelReadings(
        contract_id=1, meter_id=2, meter_number="55-1042", channel_id=3, register=register, commodity="electricity",
        unit="Wh", direction="import", kind="interval", step=step, starts=NOON + np.arange(count) * step,
        durations=np.full(count, step),
        values=np.array([value or 0 for value in values], np.int64), scale=scale,
        known=np.array([value is not None for value in values]),
        quality=np.array(quality or [Quality.ACTUAL] * count, np.uint8), modified=SYNCED, synced=SYNCED,
    )  # fmt: skip
    rows = rows or slice(0, count)
    start, end = (datetime.fromtimestamp(NOON + place * step, UTC) for place in (rows.start, rows.stop))
    return UsageSegment(channel, "7000-1", "SP-1", rows, start, end, step, SYNCED)


def described(segments):
    return dumps(UsageSegmentShape(segments, many=True).data)


def written(segments):
    return dumps(usage_objects(segments))


@given(
    st.lists(st.none() | INT64 | st.integers(0, 9_999), min_size=1, max_size=300),
    st.integers(-3, 20),
    st.data(),
)
def test_json_is_what_the_shapes_describe(values, scale, data):
    quality = data.draw(st.lists(st.sampled_from(Quality), min_size=len(values), max_size=len(values)))
    first = data.draw(st.integers(0, len(values) - 1))
    part = slice(first, data.draw(st.integers(first + 1, len(values))))
    segments = [
        segment(values, scale=scale, quality=quality, register="1.8.0", rows=part),
        segment([1, None, 2], step=0),
    ]

    assert written(segments) == described(segments)


def test_a_long_series_is_what_the_shapes_describe():
    values = [None if place % 41 == 0 else place for place in range(9_999)]
    segments = [segment(values, rows=slice(1, 9_998))]

    assert written(segments) == described(segments)


@given(st.lists(st.none() | INT64, min_size=1, max_size=50), st.integers(0, 9))
def test_csv_says_what_json_says(values, scale):
    usage_segment = segment(values, scale=scale, quality=[Quality.ESTIMATED] * len(values), register='=1"8,0')

    header, *rows = csv.reader(usage_csv([usage_segment]).decode().splitlines())

    table = [dict(zip(header, row, strict=True)) for row in rows]
    runs = usage_segment.quality_runs()
    codes = [quality for run in runs for quality in [run["quality"]] * run["count"]]
    assert [row["value"] or None for row in table] == usage_segment.values
    assert [row["quality"] for row in table] == codes
    assert [row["end"] for row in table[:-1]] == [row["start"] for row in table[1:]]
    assert table[0]["start"] == "2026-03-01T12:00:00Z"
    assert {row["register"] for row in table} == {"'=1\"8,0"}


def test_a_segment_is_written_so():
    usage_segment = segment([420, None, -5], quality=[Quality.ACTUAL, Quality.ACTUAL, Quality.ESTIMATED])

    assert written([usage_segment]) == (
        b'[{"contract_number":"7000-1",'
        b'"service_point_id":"SP-1","meter_number":"55-1042","register":null,"service_type":"electricity","direction":'
        b'"import","kind":"interval","unit":"Wh","interval_seconds":900,"start":"2026-03-01T12:00:00Z","end":'
        b'"2026-03-01T12:45:00Z","values":["0.420",null,"-0.005"],"quality":[{"count":1,"quality":"actual"},{"count":1,'
        b'"quality":"missing"},{"count":1,"quality":"estimated"}],"modified":"2026-03-02T03:10:00Z",'
        b'"verified":"2026-03-02T03:10:00Z"}]'
    )
    assert usage_csv([usage_segment]).decode().splitlines()[1] == (
        "7000-1,SP-1,55-1042,,import,interval,Wh,2026-03-01T12:00:00Z,2026-03-01T12:15:00Z,0.420,actual"
    )
