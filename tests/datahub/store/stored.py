"""What the store says of a meter, as a contract that always had it would read it."""

from datetime import UTC, datetime

import numpy as np

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.ranges import Span
from datahub.store.sums import LAYOUTS
from datahub.usage.readings import readings

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIRST, SECOND, THIRD = (datetime(2026, 4, day, tzinfo=UTC) for day in (1, 2, 3))


def stated_sums(packed):
    """What the `sums` of a block say, by name; None where they are null."""
    return np.frombuffer(packed, dtype=LAYOUTS[len(packed)])[0] if packed else None


def read(meter, start=None, end=None):
    return readings(
        [MeteredSpan(contract_id=1, service_point_id=1, meter_id=meter.pk, span=Span(start, end))]
    )


def shown(meter, start=None, end=None):
    (channel,) = read(meter, start, end)
    return channel.decimals()
