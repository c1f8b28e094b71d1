"""A stacked area of shares, drawn beside the table that says the same: each source a band of steps."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from datahub.mix.pages.texts import Source
from datahub.mix.sums import MixSum

WIDTH, HEIGHT = 640, 300  # of the plot, in the units of the drawing
_LETTER_WIDTH, _LABEL_HEIGHT = 17, 34  # what a name needs on a phone
_TICKS = 12
_SIDE_BY_SIDE = 6


@dataclass(frozen=True, slots=True)
class Band:
    """`path` is the outline of a source through all parts, with a gap where nothing is known."""

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
    parts: Mapping[int, MixSum],
    sources: Sequence[Source],
    *,
    ticks: Sequence[str],
    lines: Sequence[tuple[Decimal, str]],
) -> MixChart:
    """`ticks` are the short names of all parts, known or not; `lines` the shares that are marked at the side."""
    slot = Decimal(WIDTH) / len(ticks)
    # where each source begins and the last ends, from the bottom up, as y; rounding never leaves the plot
    edges = {}
    for place, part in parts.items():
        shares = [part.share(source.key) or Decimal(0) for source in sources]
        edges[place] = [
            HEIGHT * (1 - min(level, Decimal(1))) for level in accumulate(shares, initial=Decimal(0))
        ]
    bands, labels = [], []
    for index, source in enumerate(sources):
        levels = {place: (edge[index], edge[index + 1]) for place, edge in edges.items()}
        bands.append(Band(source, _path(levels, slot)))
        label = _label(source.label, levels, slot, len(ticks))
        if label is not None:
            labels.append(label)
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


def _path(levels: Mapping[int, tuple[Decimal, Decimal]], slot: Decimal) -> str:
    """An outline for each row of parts without a gap."""
    rows: list[list[int]] = []
    for place in sorted(levels):
        if rows and rows[-1][-1] == place - 1:
            rows[-1].append(place)
        else:
            rows.append([place])
    outlines = []
    for row in rows:
        begin = f"M{_point(row[0] * slot)} {_point(levels[row[0]][0])}"
        over = "".join(f"V{_point(levels[place][1])}H{_point((place + 1) * slot)}" for place in row)
        back = "".join(f"V{_point(levels[place][0])}H{_point(place * slot)}" for place in reversed(row))
        outlines.append(f"{begin}{over}{back}Z")
    return "".join(outlines)


def _label(
    words: str, levels: Mapping[int, tuple[Decimal, Decimal]], slot: Decimal, parts: int
) -> Label | None:
    """Where the band is thickest over the width of the name, nearest to the middle; None where it would not fit."""
    width = min(parts, math.ceil((len(words) + 1) * _LETTER_WIDTH / slot))
    middle = Decimal(parts - width) / 2
    fitting = []
    for first in range(parts - width + 1):
        window = [levels[place] for place in range(first, first + width) if place in levels]
        if len(window) < width:
            continue
        bottom, top = min(low for low, _high in window), max(high for _low, high in window)
        if bottom - top >= _LABEL_HEIGHT:
            fitting.append((bottom - top, -abs(first - middle), first, (bottom + top) / 2))
    if not fitting:
        return None
    _thickness, _nearness, first, y = max(fitting)
    return Label(_point((first + Decimal(width) / 2) * slot), _point(y), words)


def _point(value: Decimal) -> str:
    return f"{value:.1f}".removesuffix(".0")
