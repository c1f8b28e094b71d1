"""A stacked area of shares, drawn beside the table that says the same: each source a band of steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from datahub.queries.mix_shares import PartShares
from datahub.queries.mix_sources import Source

WIDTH, HEIGHT = 640, 200  # of the plot, in the units of the drawing
_LABEL_WIDTH, _LABEL_HEIGHT = 110, 26  # what a name needs on a phone
_TICKS = 12
_SIDE_BY_SIDE = 6


@dataclass(frozen=True, slots=True)
class Band:
    """`path` is the outline of a source through all parts, with a gap where nothing is told."""

    source: Source
    path: str


@dataclass(frozen=True, slots=True)
class Label:
    x: str
    y: str
    words: str


@dataclass(frozen=True, slots=True)
class MixChart:
    """Bands from the bottom up, as in the legend and in the table from left to right."""

    title: str
    bands: tuple[Band, ...]
    labels: tuple[Label, ...]
    ticks: tuple[Label, ...]
    lines: tuple[Label, ...]
    has_gaps: bool

    @property
    def is_dense(self) -> bool:
        """More names than stand side by side on a phone."""
        return len(self.ticks) > _SIDE_BY_SIDE


def mix_chart(
    title: str,
    parts: Mapping[int, PartShares],
    sources: Sequence[Source],
    *,
    ticks: Sequence[str],
    lines: Sequence[tuple[Decimal, str]],
) -> MixChart:
    """`ticks` are the short names of all parts, told or not; `lines` the shares that are marked at the side."""
    slot = Decimal(WIDTH) / len(ticks)
    edges = {place: _edges(part, sources) for place, part in parts.items()}
    bands, labels = [], []
    for index, source in enumerate(sources):
        levels = {place: (edge[index], edge[index + 1]) for place, edge in edges.items()}
        bands.append(Band(source, _path(levels, slot)))
        label = _label(levels, slot, len(ticks))
        if label is not None:
            labels.append(Label(*label, source.label))
    every = -(-len(ticks) // _TICKS)
    return MixChart(
        title=title,
        bands=tuple(bands),
        labels=tuple(labels),
        ticks=tuple(
            Label(_point(place * slot + slot / 2), "", words)
            for place, words in enumerate(ticks)
            if place % every == 0
        ),
        lines=tuple(Label("", _point(HEIGHT * (1 - share)), words) for share, words in lines),
        has_gaps=len(parts) < len(ticks),
    )


def _edges(part: PartShares, sources: Sequence[Source]) -> list[Decimal]:
    """Where each source begins and the last ends, from the bottom up, as y; rounding never leaves the plot."""
    shares = [part.share(source.key) or Decimal(0) for source in sources]
    return [HEIGHT * (1 - min(level, Decimal(1))) for level in accumulate(shares, initial=Decimal(0))]


def _path(levels: Mapping[int, tuple[Decimal, Decimal]], slot: Decimal) -> str:
    pieces = []
    for run in _runs(sorted(levels)):
        begin = f"M{_point(run[0] * slot)} {_point(levels[run[0]][0])}"
        over = "".join(f"V{_point(levels[place][1])}H{_point((place + 1) * slot)}" for place in run)
        back = "".join(f"V{_point(levels[place][0])}H{_point(place * slot)}" for place in reversed(run))
        pieces.append(f"{begin}{over}{back}Z")
    return "".join(pieces)


def _runs(places: Sequence[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _label(
    levels: Mapping[int, tuple[Decimal, Decimal]], slot: Decimal, parts: int
) -> tuple[str, str] | None:
    """Where the band is thickest over the width of a name; None where none would stay inside."""
    reach = min(parts, -(-_LABEL_WIDTH // int(max(slot, Decimal(1)))))
    best: tuple[Decimal, str, str] | None = None
    for first in range(parts - reach + 1):
        window = range(first, first + reach)
        if any(place not in levels for place in window):
            continue
        bottom = min(levels[place][0] for place in window)
        top = max(levels[place][1] for place in window)
        if bottom - top >= _LABEL_HEIGHT and (best is None or bottom - top > best[0]):
            best = (bottom - top, _point((first + Decimal(reach) / 2) * slot), _point((top + bottom) / 2))
    return best[1:] if best else None


def _point(value: Decimal) -> str:
    return f"{value:.1f}".removesuffix(".0")
