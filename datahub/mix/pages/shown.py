"""A series of the generation mix by parts of a period, as the contract's own people see it: weighed with its use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from cdsc_portal.lib.time.ranges import Span
from datahub.mix.pages.texts import known_as
from datahub.mix.series_places import Places
from datahub.mix.steps import loaded_between, mix_steps
from datahub.mix.sums import MixSum, mix_sum, parts_of
from datahub.mix.weights import contracts_use
from datahub.models import MixSeries


@dataclass(frozen=True, slots=True)
class ShownMix:
    """`parts` by their place, those left out of which nothing is known; `whole` is all of them together."""

    parts: Mapping[int, MixSum]
    whole: MixSum


def shown_mix(places: Places, series: MixSeries, bounds: Sequence[datetime]) -> ShownMix | None:
    """Each part begins at its bound and ends at the next; None where nothing is known. Three queries, however long."""
    of_series = {name: own for name, own in places.items() if name.series == series}
    steps = mix_steps(of_series, during=Span(bounds[0], bounds[-1]), named=known_as)
    edges = np.array([int(bound.timestamp()) for bound in bounds], dtype=np.int64)
    spans = {name: [place.span for place in own] for name, own in of_series.items()}
    parts = parts_of(steps, spans, edges)
    if parts is None:
        return None
    used = None
    if series == MixSeries.CONSUMPTION:
        (contract,) = {place.contract for own in of_series.values() for place in own}
        use = contracts_use([contract], (int(edges[0]), int(edges[-1])))[contract]
        used = use.during(parts.begins, parts.ends)

    def summed(rows: slice) -> MixSum:
        return mix_sum(parts, rows, used=used.of(rows) if used else None)

    buckets = np.unique(parts.buckets).tolist()
    return ShownMix(
        {bucket: summed(parts.of(bucket)) for bucket in buckets}, summed(slice(0, parts.steps.size))
    )


def mix_loaded(places: Places, series: MixSeries) -> tuple[datetime, datetime] | None:
    """From when to when the series holds shares of the contract's places; None for nothing. One query."""
    of_series = {name: own for name, own in places.items() if name.series == series}
    loaded = [
        cut
        for name, between in loaded_between(of_series).items()
        for place in of_series[name]
        if (cut := place.span.intersect(Span(*between))) is not None
    ]
    starts, ends = [cut.start for cut in loaded if cut.start], [cut.end for cut in loaded if cut.end]
    return (min(starts), max(ends)) if loaded else None
