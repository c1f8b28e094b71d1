"""The store against a plain row-per-reading model, over random loads, corrections and windows."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.ranges import Span
from datahub.feeds.formats.base import Quality
from datahub.queries.readings import readings
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import load_readings, usage_series

WEAK = {Quality.ESTIMATED, Quality.PROVISIONAL}
FIRST = int(
    datetime(2026, 3, 7, 20, tzinfo=UTC).timestamp()
)  # the night clocks change in North America follows
HOURS = 40

values = st.one_of(st.none(), st.integers(-300, 300), st.integers(-(2**62), 2**62))
qualities = st.sampled_from([one for one in Quality if one != Quality.WITHDRAWN])
slots = st.lists(st.tuples(values, st.one_of(qualities, st.just(Quality.WITHDRAWN))), min_size=6, max_size=30)
loads = st.lists(
    st.tuples(
        st.integers(0, HOURS),
        st.sampled_from([3600, 1800]),
        st.sampled_from([0, 1800]),
        st.integers(1, 4),
        slots,
    ),
    min_size=2,
    max_size=6,
)
windows = st.tuples(st.integers(0, 8 * 3600), st.integers(8 * 3600, HOURS * 3600))


class Model:
    """One entry a reading: (start, length) -> value or None, quality, version."""

    def __init__(self):
        self.rows = {}

    def load(self, start, step, version, readings):
        for place, (value, quality) in enumerate(readings):
            key = (start + place * step, step)
            withdrawn = quality == Quality.WITHDRAWN
            if value is None and not withdrawn:
                continue
            new = None if withdrawn else value
            old_value, old_quality, old_version = self.rows.get(key, (None, None, -1))
            weaker = new is not None and old_value is not None and quality in WEAK and old_quality not in WEAK
            if version >= old_version and not weaker:
                self.rows[key] = (new, quality, version)

    def shown(self, first, past):
        return {
            key: (value, int(quality))
            for key, (value, quality, _) in self.rows.items()
            if value is not None and key[0] >= first and sum(key) <= past
        }


@pytest.mark.django_db
@settings(
    max_examples=100,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink through a database takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(loads=loads, window=windows)
def test_the_store_answers_as_a_row_for_each_reading_would(loads, window):
    meter, model = MeterDeviceFactory(), Model()
    for hour, step, phase, version, said in loads:
        start = FIRST + hour * 3600 + phase
        model.load(start, step, version, said)
        load_readings(
            usage_series(
                meter,
                datetime.fromtimestamp(start, UTC),
                [None if quality == Quality.WITHDRAWN else value for value, quality in said],
                step=step,
                scale=0,
                quality=[quality for _, quality in said],
            ),
            version_at=datetime(2026, 4, version, tzinfo=UTC),
        )
    first, past = FIRST + window[0], FIRST + window[0] + window[1]

    span = Span(datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(past, UTC))
    found = readings([MeteredSpan(1, 1, meter.pk, span)])

    assert rows_of(found) == model.shown(first, past)


def rows_of(found):
    rows = {}
    for one in found:
        known = np.flatnonzero(one.known)
        for place in known.tolist():
            key = (int(one.starts[place]), int(one.durations[place]))
            rows[key] = (int(one.values[place]), int(one.quality[place]))
    return rows
