"""What the days of a region are computed from: amounts, and shares that files report."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from datahub.mix.arithmetic.amounts import DECIMALS, UNKNOWN
from datahub.mix.arithmetic.region import HOUR, Amount, spread_together
from datahub.mix.arithmetic.sources import by_source
from datahub.models import MixAmount, MixSeries, MixShare

_YEAR = timedelta(days=366)  # nothing is reported of longer at once
_Name = tuple[str, str]  # series, key


@dataclass(frozen=True, slots=True)
class ReportedShares:
    """Shares that files report, each for [start, end) in epoch seconds: no share of ours stands beside them."""

    spans: Mapping[_Name, Sequence[tuple[int, int]]]
    residual: Mapping[tuple[int, int], Mapping[str, int]]
    provisional: frozenset[tuple[int, int]] = field(default_factory=frozenset)

    def covers(self, series: str, key: str, start: int, seconds: int) -> bool:
        """Whether any of them reaches into the step."""
        return any(
            first < start + seconds and past > start for first, past in self.spans.get((series, key), ())
        )

    def residual_at(self, start: int) -> tuple[tuple[int, int], Mapping[str, int]] | None:
        """The published residual mix of the instant, as weights by source, and whose time it is."""
        for span, weights in self.residual.items():
            if span[0] <= start < span[1]:
                return span, weights
        return None


def instants(days: Sequence[date]) -> tuple[datetime, datetime]:
    """The hull of UTC days."""
    return _midnight(min(days)), _midnight(max(days) + timedelta(days=1))


def amounts_around(region: str, days: Sequence[date]) -> list[Amount]:
    """All amounts of the days, and of the whole time over which certificates that reach into them are spread.

    Two queries.
    """
    first, past = instants(days)
    around = MixAmount.objects.filter(
        region=region, start__lt=past + _YEAR, start__gt=first - _YEAR, seconds__gt=HOUR
    )
    long = around.values_list("kind", "source", "start", "seconds").distinct()
    spans = spread_together((kind, source, int(at.timestamp()), length) for kind, source, at, length in long)
    begin, end = int(first.timestamp()), int(past.timestamp())
    reaching = [span for span in spans if span[0] < end and span[1] > begin]
    rows = MixAmount.objects.filter(
        region=region,
        start__gte=datetime.fromtimestamp(min([begin, *(start for start, _past in reaching)]), UTC),
        start__lt=datetime.fromtimestamp(max([end, *(past for _start, past in reaching)]), UTC),
    )
    return [
        Amount(kind, (tariff, contract), source, int(start.timestamp()), seconds, wh, provisional)
        for kind, tariff, contract, source, start, seconds, wh, provisional in rows.values_list(
            "kind", "tariff_code", "contract", "source", "start", "seconds", "wh", "provisional"
        )
    ]


def reported_shares(region: str, tariffs: Sequence[str], days: Sequence[date]) -> ReportedShares:
    """What files report of the region, and of the tariffs wherever they are sold. One query."""
    first, past = instants(days)
    rows = MixShare.objects.filter(
        series__in=list(MixSeries),
        key__in=[region, *tariffs],
        region="",
        start__lt=past,
        start__gt=first - _YEAR,
        computed=False,
    ).values_list("series", "key", "start", "seconds", "source", "share", "provisional")
    spans: dict[_Name, set[tuple[int, int]]] = defaultdict(set)
    residual: dict[tuple[int, int], dict[str, int]] = defaultdict(dict)
    provisional = set()
    for series, key, start, seconds, source, share, is_provisional in rows:
        span = (int(start.timestamp()), int(start.timestamp()) + seconds)
        if span[1] <= first.timestamp():
            continue
        spans[series, key].add(span)
        if series == MixSeries.RESIDUAL and key == region and share is not None:
            residual[span][source] = int(Decimal(share).scaleb(DECIMALS))
            if is_provisional:
                provisional.add(span)
    for weights in residual.values():  # what the reported shares leave open is unknown
        missing = max(0, 10**DECIMALS - sum(weights.values()))
        weights[UNKNOWN] = weights.get(UNKNOWN, 0) + missing
    return ReportedShares(
        {name: sorted(of_name) for name, of_name in spans.items()},
        {span: by_source(weights) for span, weights in residual.items()},
        frozenset(provisional),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
