"""A series of the generation mix by parts of a period, as the contract's own people see it: weighed with its use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from cdsc_portal.lib.time.ranges import Span
from datahub.mix.pages.source_names import known_as
from datahub.mix.series_places import Places
from datahub.mix.steps import mix_steps, told_between
from datahub.mix.sums import MixSum, mix_sum, parts_of
from datahub.mix.weights import contracts_use
from datahub.models import MixSeries


@dataclass(frozen=True, slots=True)
class ShownMix:
    """`parts` by their place, those left out of which nothing is told; `whole` is all of them together."""

    parts: Mapping[int, MixSum]
    whole: MixSum


def shown_mix(places: Places, series: MixSeries, bounds: Sequence[datetime]) -> ShownMix | None:
    """Each part begins at its bound and ends at the next; None where nothing is told. Three queries, however long."""
    wanted = {name: found for name, found in places.items() if name.series == series}
    steps = mix_steps(wanted, during=Span(bounds[0], bounds[-1]), named=known_as)
    edges = np.array([int(bound.timestamp()) for bound in bounds], dtype=np.int64)
    spans = {name: [place.span for place in found] for name, found in wanted.items()}
    parts = parts_of(steps, spans, edges)
    if parts is None:
        return None
    used = None
    if series == MixSeries.CONSUMPTION:
        (contract,) = {place.contract for found in wanted.values() for place in found}
        use = contracts_use([contract], (int(edges[0]), int(edges[-1])))[contract]
        used = use.during(parts.begins, parts.ends)

    def summed(rows: slice) -> MixSum:
        return mix_sum(parts, rows, used=used.of(rows) if used else None)

    buckets = np.unique(parts.buckets).tolist()
    return ShownMix(
        {bucket: summed(parts.of(bucket)) for bucket in buckets}, summed(slice(0, parts.steps.size))
    )


def mix_loaded(places: Places, series: MixSeries) -> tuple[datetime, datetime] | None:
    """From when to when the series tells of the contract's places; None for nothing. One query."""
    wanted = {name: found for name, found in places.items() if name.series == series}
    told = [
        cut
        for name, between in told_between(wanted).items()
        for place in wanted[name]
        if (cut := place.span.intersect(Span(*between))) is not None
    ]
    starts, ends = [cut.start for cut in told if cut.start], [cut.end for cut in told if cut.end]
    return (min(starts), max(ends)) if told else None
