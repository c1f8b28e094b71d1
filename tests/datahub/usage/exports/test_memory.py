"""A decade of one meter leaves in bounded memory, whatever the form."""

import tracemalloc
from datetime import UTC, date, datetime

from cdsc_portal.lib.time.ranges import Span
from consent.access import OwnerAccess
from datahub.usage.exports.stream import FORMS, usage_stream
from tests.factories.accounts import household
from tests.factories.feeds import load_days

MEGABYTE = 1 << 20


def test_a_meter_decade_takes_less_than_64_megabytes(db):
    home = household(start=date(2015, 12, 1))
    for links in (home.contract.point_links, home.meter.installations):
        links.update(start=datetime(2015, 12, 1, 8, tzinfo=UTC))
    load_days(home.meter, date(2016, 1, 1), 3650, value=123)
    access = OwnerAccess(0, frozenset([home.contract.pk]))

    peaks, sizes = {}, {}
    for form, make in FORMS.items():
        file = make(window=Span(), at=datetime(2026, 11, 24, tzinfo=UTC))
        tracemalloc.start()
        sizes[form] = sum(map(len, usage_stream(file, lambda: access, services=None, window=Span())))
        peaks[form] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert min(sizes.values()) > 350_400 * len('"0.123",') - 100
    assert max(peaks.values()) < 64 * MEGABYTE, peaks
