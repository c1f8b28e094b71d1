"""Series that say their begin, end and step once, ahead of quantities without times (DTM 163, 164, 672)."""

import numpy as np
import pytest

from datahub.rows.base import FeedStructureError
from tests.datahub.feeds.formats.edifact.mscons_messages import (
    MIDNIGHT,
    content,
    message,
    parts_of,
    rejections,
    series_in,
)  # fmt: skip


def stated_grid(
    *lines, begin="202603010000?+01:303", end="202603010100?+01:303", step="15:806", point="DE0001"
):
    """Series that say begin, end and step ahead of quantities without times; `lines`: values of a LIN each."""
    segments = [
        f"LOC+172+{point}",
        f"DTM+163:{begin}",
        *([f"DTM+164:{end}"] if end else []),
        f"DTM+672:{step}",
    ]
    for number, values in enumerate(lines, 1):
        segments += [
            f"LIN+{number}",
            f"PIA+5+1-1?:{number}.29.0:SRW",
            *(f"QTY+220:{value}:KWH" for value in values),
        ]
    return segments


def test_quantities_without_times_follow_the_begin_and_the_step_of_their_series():
    used, sent = series_in(content(message(*stated_grid([1, 2, 3, 4], [5, 6, 7, 8]))))

    assert (used.direction, sent.direction) == ("import", "export")
    assert (used.kind, used.interval_seconds, used.total, sent.total) == ("interval", 900, 10_000, 26_000)
    assert used.starts.tolist() == sent.starts.tolist()
    assert used.starts[0] == MIDNIGHT.timestamp()


@pytest.mark.parametrize(("step", "seconds"), [("1:805", 3600), ("30:806", 1800), ("900:807", 900)])
def test_a_step_is_said_in_hours_minutes_or_seconds(step, seconds):
    (channel,) = series_in(content(message(*stated_grid([1, 2, 3], step=step, end=""))))

    assert channel.interval_seconds == seconds


def test_a_day_of_25_hours_has_room_for_100_quarters():
    grid = stated_grid([1] * 100, begin="202610250000:203", end="202610260000:203")

    (channel,) = series_in(content(message(*grid)))

    assert channel.size == 100
    assert set(np.diff(channel.starts).tolist()) == {900}


def test_each_place_has_a_grid_of_its_own_and_numbers_may_stand_behind_their_agency():
    first = stated_grid([1, 2, 3, 4])
    second = stated_grid([5, 6], begin="202603020000?+01:303", end="202603020100?+01:303", step="30:806",
                         point="::87:CH0002")  # fmt: skip

    channel, second_channel = series_in(content(message(*first, *second)))

    assert (channel.meter_number, second_channel.meter_number) == ("DE0001", "CH0002")
    assert (channel.interval_seconds, second_channel.interval_seconds) == (900, 1800)


@pytest.mark.parametrize("values", [[1, 2, 3], [1, 2, 3, 4, 5]])
def test_more_or_fewer_quantities_than_the_series_has_room_for_refuse_the_file(values):
    with pytest.raises(FeedStructureError, match=f"has {len(values)} quantities where .* room for 4"):
        parts_of(content(message(*stated_grid(values))))


@pytest.mark.parametrize("step", ["1:804", "1:802", "0:806", "x:806", "99999999999:806", "13:805", ":806"])
def test_a_step_that_is_none_rejects_its_quantities_in_words(step):
    rejected = rejections(content(message(*stated_grid([1, 2], step=step, end=""))))

    text, _, form = step.partition(":")
    assert [reason for _, reason in rejected] == [
        f"DTM 672 {text!r} in format {form!r} is no step of up to 12 hours"
    ] * 2
