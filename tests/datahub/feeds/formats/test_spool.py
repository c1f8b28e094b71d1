import numpy as np
import pytest

from datahub.feeds.formats import spool as spooling
from datahub.feeds.formats.spool import SlotChannel, Spool
from datahub.rows.base import FeedStructureError
from datahub.rows.usage import ChannelKey, Quality
from tests.support.parsed_files import series_of

DAY = 86_400
HOUR = 3_600


def channel(number, kind="interval"):
    return ChannelKey(f"M-{number}", "", "electricity", "Wh", "import", kind)


@pytest.fixture
def small(monkeypatch):
    """As if memory held 500 readings and a part 300."""
    monkeypatch.setattr(spooling, "_BUFFER", 500)
    monkeypatch.setattr(spooling, "_PART", 300)


def days_of(spool, channels, days, order=lambda rows: rows):
    line = 1
    for day in days:
        for slot in range(channels):
            hours = order(np.arange(24))
            spool.add(slot, lines=line + np.arange(24), starts=day * DAY + hours * HOUR, durations=HOUR,
                      digits=slot * 1000 + day * 24 + hours)  # fmt: skip
            line += 24


@pytest.mark.parametrize(("channels", "days"), [(1, 3), (40, 3), (3, 50), (1, 100)])
@pytest.mark.parametrize("backwards", [False, True])
def test_what_went_in_comes_out_in_order_however_little_memory_there_is(small, channels, days, backwards):
    step = -1 if backwards else 1
    spool = Spool()
    days_of(spool, channels, range(days)[::step], lambda hours: hours[::step])

    parts = list(spool.parts([SlotChannel(channel(slot)) for slot in range(channels)], size=1000))

    by_meter = {
        series.meter_number: series for series in series_of(row for part in parts for row in part.rows)
    }
    for slot in range(channels):
        series = by_meter[f"M-{slot}"]
        assert series.starts.tolist() == [hour * HOUR for hour in range(days * 24)]
        assert series.values.tolist() == [slot * 1000 + hour for hour in range(days * 24)]
    assert sum(part.read for part in parts) == channels * days * 24
    assert max(part.read for part in parts) <= 300
    offsets = [part.offset for part in parts]
    assert offsets == sorted(offsets)
    assert offsets[-1] == 1000


def test_a_double_is_rejected_with_the_first_ones_line_even_where_memory_ended_between_them(small):
    spool = Spool()
    days_of(spool, 1, range(30))
    spool.add(0, lines=[901, 902], starts=[5 * DAY, 6 * DAY], durations=HOUR, digits=[120, 7])

    parts = list(spool.parts([SlotChannel(channel(0))], size=1))

    rejected = [(row.line, row.reason) for part in parts for row in part.rejected]
    assert rejected == [(901, "repeats line 121"), (902, "gives another value for the start of line 145")]
    assert sum(part.accepted for part in parts) == 720


def test_what_readings_left_open_their_slots_say():
    spool = Spool()
    spool.add(0, lines=[1, 2], starts=[0, 900], durations=[0, 450], digits=[1200, 40], quality=[5, 1])
    spool.add(1, lines=3, starts=[1800], durations=0, digits=2, exponents=3)

    channels = [SlotChannel(channel(0), -3, 900, Quality.ACTUAL), SlotChannel(channel(0), 0, 600)]
    (part,) = spool.parts(channels, size=9)

    (series,) = series_of(part.rows)
    assert series.values.tolist() == [120, 4, 200000]
    assert series.scale == 2
    assert series.durations.tolist() == [900, 450, 600]
    assert series.quality.tolist() == [Quality.ACTUAL, Quality.ESTIMATED, Quality.UNSTATED]


def test_what_cannot_be_kept_is_rejected_with_a_reason():
    spool = Spool()
    spool.add(0, lines=[1, 2, 3], starts=[0, 900, 1800], durations=[900, -5, 900],
              digits=[1, 2, 2**62], exponents=[-3, 0, 0])  # fmt: skip
    spool.reject(7, "no start", "10")

    parts = list(spool.parts([SlotChannel(channel(0))], size=9))

    assert [(row.line, row.reason) for part in parts for row in part.rejected] == [
        (7, "no start"),
        (2, "end is not after start"),
        (3, "value has more digits than can be kept exactly"),
    ]
    assert sum(part.read for part in parts) == 4


def test_registers_are_read_at_an_instant():
    spool = Spool()
    spool.add(0, lines=[1, 2], starts=[0, 900], durations=[0, 900], digits=[1, 2])

    (part,) = spool.parts([SlotChannel(channel(0, "register"))], size=9)

    assert part.rows[0].durations.tolist() == [0, 0]


def test_the_hour_that_comes_twice_is_told_by_the_order_of_the_file(small):
    spool = Spool()
    half_hours = [0, 1800, 0, 1800, 3600 + 3600]
    spool.add(
        0, lines=range(1, 6), starts=half_hours, durations=1800, digits=range(5), shifts=[3600] * 4 + [0]
    )

    (part,) = spool.parts([SlotChannel(channel(0))], size=9)

    assert part.rows[0].starts.tolist() == [0, 1800, 3600, 5400, 7200]
    assert part.rows[0].values.tolist() == [0, 1, 2, 3, 4]


def test_rejections_beyond_memory_all_come_out_again_in_order(monkeypatch):
    monkeypatch.setattr(spooling, "_REJECTIONS", 10)
    spool = Spool()
    for line in range(1, 36):
        spool.reject(line, "no start")

    parts = list(spool.parts([], size=9))

    assert [row.line for part in parts for row in part.rejected] == list(range(1, 36))
    assert max(len(part.rejected) for part in parts) == 10
    assert parts[-1].offset == 9


def test_a_day_with_more_readings_than_seconds_is_refused_before_the_first_part(small, monkeypatch):
    monkeypatch.setattr(spooling, "_MOST_A_DAY", 400)
    spool = Spool()
    for _ in range(5):
        spool.add(0, lines=1, starts=np.zeros(100, np.int64), durations=900, digits=1)

    with pytest.raises(FeedStructureError, match="more than 400 readings of one channel"):
        next(spool.parts([SlotChannel(channel(0))], size=9))
