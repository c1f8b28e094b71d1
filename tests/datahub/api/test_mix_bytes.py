"""The mix as it is written by columns says what the schema's shape says, share by share."""

from decimal import Decimal

from cdsc_portal.lib.json.encoder import dumps
from cdsc_portal.lib.time.ranges import Span
from datahub.mix.render import mix_object
from datahub.mix.segments import grid_series
from datahub.models import MixSeries
from datahub.resources.generation_mix import MixSegmentShape
from tests.datahub.api.mix_world import MIDNIGHT, made
from tests.factories.datahub import hourly_mix


def test_segments_are_written_as_their_shape_says(db):
    shares = {
        "wind": [Decimal("0.3"), None, Decimal("0.0000000001")],
        "gas": [Decimal(0), None, Decimal("0.25")],
    }
    hourly_mix(MixSeries.RESIDUAL, "WEST", MIDNIGHT, shares)
    made(series=MixSeries.GENERATION, wind=[1, 0, 3], gas=[2, 0, 4], solar=[0, 5, 1])

    segments = [
        segment
        for series in (MixSeries.RESIDUAL, MixSeries.GENERATION)
        for segment in grid_series(series, "WEST", Span()).items
    ]

    assert len(segments) >= 2
    for segment in segments:
        assert dumps(mix_object(segment)) == dumps(MixSegmentShape().to_representation(segment))
