"""The store against a plain row-per-reading model, over random loads, corrections, swaps and windows."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.conf import settings as django_settings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span
from datahub.feeds.loading.usage import load_usage, make_partitions
from datahub.models import Channel, IntervalBlock, IntervalBlockHistory
from datahub.rows.usage import ChannelKey, ChannelKeys, Quality, UsageColumns, UsageGrid
from datahub.store.codec import COLUMNS, MOST, BlockRow, decoded
from datahub.store.tally import Origin
from datahub.usage.readings import readings
from tests.datahub.store.stored import stated_sums
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import FeedRunFactory
from tests.support.examples import rolled_back

WEAK = {Quality.ESTIMATED, Quality.PROVISIONAL}
# the night clocks change in North America follows
FIRST = int(datetime(2026, 3, 7, 20, tzinfo=UTC).timestamp())
QUARTERS = 160
STEPS = (900, 1800, 3600)
AT = datetime(2026, 5, 1, tzinfo=UTC)

sizes = st.sampled_from([(0,), (0, 1, 2)])
values = st.one_of(
    st.none(), st.integers(-300, 300), st.integers(-(2**55), 2**55), st.sampled_from([MOST, -MOST])
)
stated = st.tuples(values, st.sampled_from(list(Quality)))
segments = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.sampled_from(STEPS),
        st.sampled_from([0, 0, 1800]),
        st.lists(stated, min_size=1, max_size=14),
    ),
    max_size=3,
)
parts = st.tuples(st.booleans(), st.integers(0, QUARTERS), segments, segments, st.integers(0, 2))
loads = st.lists(
    st.tuples(st.integers(1, 3), st.lists(parts, min_size=1, max_size=2)), min_size=2, max_size=4
)
windows = st.tuples(st.integers(0, 40), st.integers(0, 80), st.integers(80, 200))


class Model:
    """One entry a reading, (channel, start, step) -> value, quality, version; and what becomes of whole blocks."""

    def __init__(self):
        self.rows, self.blocks, self.history = {}, {}, []

    def load(self, part, version, run, at):
        """(accepted, kept out, rejected) of readings that come at once."""
        before, counts = dict(self.rows), Counter()
        mine = {block for block, (_, its_run) in self.blocks.items() if its_run == run}
        for key, (value, quality) in part.items():
            what = self._reading(key, value, quality, version, block_of(key) in mine)
            counts[what] += 1
            if what == "accepted" or (key in self.rows and block_of(key) not in self.blocks):
                self.blocks[block_of(key)] = (at, run)  # a withdrawal of nothing makes a block too
        changed = {key for key in part if self._value(self.rows, key) != self._value(before, key)}
        for block in {block_of(key) for key in changed if key in before}:
            was = {
                key: row[0] for key, row in before.items() if block_of(key) == block and row[0] is not None
            }
            self.history.append((block, was, run, at))
        return counts["accepted"], counts["kept out"], counts["rejected"]

    def _value(self, rows, key):
        value, quality, _ = rows.get(key, (None, None, None))
        return None if value is None else (value, quality)

    def _reading(self, key, value, quality, version, mine):
        withdrawn = quality == Quality.WITHDRAWN
        if value is None and not withdrawn:
            return "silent"
        new = None if withdrawn else value
        old, old_quality, old_version = self.rows.get(key, (None, None, -1))
        same = (new, quality) == (old, old_quality) if new is not None else old is None
        if mine and version == old_version:
            if new != old:
                return "rejected"
            return "kept out" if not same else "same"
        weaker = new is not None and old is not None and quality in WEAK and old_quality not in WEAK
        if version < old_version or weaker:
            return "kept out" if not same else "same"
        self.rows[key] = (new, quality, version)
        return "same" if same else "accepted"

    def shown(self, channel, first, past):
        return {
            (start, step): (value, int(quality))
            for (its, start, step), (value, quality, _) in self.rows.items()
            if its == channel and value is not None and start >= first and start + step <= past
        }


def block_of(key):
    channel, start, step = key
    return channel, start // 86_400, step, start % step


def rows_of(part, keys, scales):
    """What a format would hand over of a part, and the same as a dictionary."""
    as_grid, begin, *of_channel, scale = part
    scale = scales[scale % len(scales)]
    if as_grid:  # one step and one length for all rows
        every = [segment for segments in of_channel for segment in segments]
        step = every[0][1] if every else 900
        length = min((len(segment[3]) for segment in every), default=0)
        of_channel = [
            [(gap, step, 0, readings[:length]) for gap, _, _, readings in segments] for segments in of_channel
        ]
    rows = []
    for channel, segments in enumerate(of_channel):
        moment = FIRST + begin * 900
        for gap, step, phase, stated in segments:
            start = -(-(moment + gap * 900 - phase) // step) * step + phase
            rows.append((channel, start, step, stated))
            moment = start + len(stated) * step
    flat = [
        (channel, start + place * step, step, stated[0], stated[1])
        for channel, start, step, each in rows
        for place, stated in enumerate(each)
    ]
    flat = [
        (c, start, step, limited(value, scale, scales), quality) for c, start, step, value, quality in flat
    ]
    expected = {
        (c, start, step): (None if value is None else Decimal(value).scaleb(-scale), quality)
        for c, start, step, value, quality in flat
    }
    columns = UsageColumns(
        keys,
        np.array([row[0] for row in flat], dtype=np.int64),
        np.array([row[1] for row in flat], dtype=np.int64),
        np.array([row[2] for row in flat], dtype=np.int64),
        np.array([row[3] or 0 for row in flat], dtype=np.int64),
        np.full(len(keys), scale),
        np.array([row[3] is not None for row in flat], dtype=np.bool_),
        np.array([row[4] for row in flat], dtype=np.uint8),
        np.arange(len(flat)) + 2,
    )
    if not as_grid or not flat:
        return columns, expected
    shape = (len(rows), len(rows[0][3]))
    return UsageGrid(
        keys,
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows]),
        rows[0][2],
        columns.values.reshape(shape),
        columns.scale,
        columns.known.reshape(shape),
        columns.quality.reshape(shape),
        np.arange(len(rows)) + 2,
    ), expected


def limited(value, scale, scales):
    """Values that fit 64 bits at the largest scale of the example."""
    most = MOST // 10 ** (max(scales) - scale)
    return None if value is None else max(-most, min(most, value))


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink through a database takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(loads=loads, scales=sizes, window=windows)
@rolled_back
def test_the_store_answers_as_a_row_for_each_reading_would(loads, scales, window):
    meters = [MeterDeviceFactory(), MeterDeviceFactory()]
    keys = ChannelKeys.of(
        ChannelKey(meter.meter_number, "", meter.commodity, "Wh", "import", "interval") for meter in meters
    )
    model = Model()
    for number, (version, its_parts) in enumerate(loads):
        run, at = FeedRunFactory(), AT + timedelta(hours=number)
        origin = Origin(run.pk, version, at)
        for part in its_parts:
            rows, expected_readings = rows_of(part, keys, scales)
            make_partitions(rows=[rows])

            loaded = load_usage(rows=[rows], origin=origin)

            expected = model.load(expected_readings, version, run.pk, at)
            assert (loaded.accepted, loaded.superseded, len(loaded.rejected)) == expected
            assert loaded.accepted + loaded.unchanged + len(loaded.rejected) == rows.size

    channels = {row.pk: meters.index(row.meter) for row in Channel.objects.select_related("meter")
                if row.meter in meters}  # fmt: skip
    assert_windows(model, meters, window)
    assert_blocks(model, channels)
    assert_history(model, channels)
    assert_extents(model, channels)


def assert_windows(model, meters, window):
    """One meter until the swap, the other from then on, both cut by a window."""
    begin, swap, end = (FIRST + quarter * 900 for quarter in window)
    spans = [
        MeteredSpan(1, 1, meter.pk, Span(*(datetime.fromtimestamp(moment, UTC) for moment in cut)))
        for meter, cut in zip(
            meters, [(begin, max(swap, begin + 1)), (max(swap, begin + 1), end)], strict=True
        )
    ]
    served = {0: {}, 1: {}}
    for segment in readings(spans):
        channel = [meter.pk for meter in meters].index(segment.meter_id)
        for place in np.flatnonzero(segment.known).tolist():
            value = Decimal(int(segment.values[place])).scaleb(-segment.scale)
            served[channel][int(segment.starts[place]), int(segment.durations[place])] = (
                value,
                int(segment.quality[place]),
            )

    for channel, span in enumerate(spans):
        assert served[channel] == model.shown(channel, span.span.start.timestamp(), span.span.end.timestamp())


def assert_blocks(model, channels):
    """Content, and that it was modified when and by whom the model says; and the sums beside it."""
    stored = IntervalBlock.objects.filter(channel__in=channels)
    slots = {}
    for row in stored.values(*COLUMNS.split(", "), "sums", "modified", "feed_run_id"):
        sums, modified, run = (row.pop(name) for name in ("sums", "modified", "feed_run_id"))
        key, content = slots_of(BlockRow(**row), channels)
        if content:
            slots.update(content)
            assert model.blocks[key] == (modified, run)
        assert_sums(content, sums, row["known"], row["scale"])
    known = {key: row[0] for key, row in model.rows.items() if row[0] is not None}
    assert slots == known


def assert_sums(content, sums, known, scale):
    stated = stated_sums(sums)
    if stated is None:
        exact = sum(abs(value) for value in content.values()).scaleb(scale) if content else 0
        assert exact > 2**62  # no day here is without a single midnight
        return
    dates = {key: local_date(key[1]) for key in content}
    days = [local_date(key[1] // 86_400 * 86_400) for key in content]
    head = [value for key, value in content.items() if dates[key] == days[0]]
    tail = [value for key, value in content.items() if dates[key] != days[0]]
    assert (stated["head"], stated["head_known"]) == (sum(head).scaleb(scale) if head else 0, len(head))
    assert (stated["tail"], known - stated["head_known"]) == (
        sum(tail).scaleb(scale) if tail else 0,
        len(tail),
    )


def local_date(moment):
    return datetime.fromtimestamp(moment, ZoneInfo(django_settings.TIME_ZONE)).date()


def assert_history(model, channels):
    """What was replaced, when and by which run: a row a block and correction, as the block was."""
    kept = []
    rows = IntervalBlockHistory.objects.filter(channel__in=channels).order_by("pk")
    for row in rows.values(*COLUMNS.split(", "), "replaced", "replaced_by_id"):
        replaced, by = row.pop("replaced"), row.pop("replaced_by_id")
        key, content = slots_of(BlockRow(**row), channels)
        kept.append((key, content, by, replaced))

    assert sorted(kept, key=in_order) == sorted(model.history, key=in_order)


def in_order(kept):
    block, content, run, at = kept
    return block, at, sorted(content.items())


def slots_of(row, channels):
    blocks = decoded([row], step=row.step)
    begin = int(blocks.day[0]) * 86_400 + row.phase
    channel = channels[row.channel_id]
    content = {
        (channel, begin + slot * row.step, row.step): Decimal(int(blocks.values[0, slot])).scaleb(-row.scale)
        for slot in np.flatnonzero(blocks.known[0]).tolist()
    }
    return (channel, int(blocks.day[0]), row.step, row.phase), content


def assert_extents(model, channels):
    """Every reading lies within what its channel says of itself."""
    for pk, number in channels.items():
        channel = Channel.objects.get(pk=pk)
        for its, start, step in model.rows:
            if its == number and model.rows[its, start, step][0] is not None:
                assert channel.first_start.timestamp() <= start
                assert start + step <= channel.last_end.timestamp()
                assert step <= channel.longest
