"""The marks of each kind of chart: stacked bars and areas, cells by class, and small ones without axes."""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import Generic, TypeVar

from django.utils.translation import gettext as _

from datahub.charts.drawing import (
    WIDTH,
    Box,
    Chart,
    Drawing,
    Key,
    Mark,
    Outline,
    Paint,
    Part,
    Scale,
    Tick,
    Words,
    column,
    plain_number,
    point,
    round_up,
)

BEFORE = Paint("before")
_ZERO = Decimal(0)
_Part = TypeVar("_Part", bound=Hashable)  # what a slot stands for
_HEIGHT, _AREA_HEIGHT = 200, 300
_LINE = 3  # how high the line of the year before is
_MARK_GAP, _MARK_HEIGHT = 4, 20  # from a bar to the foot of its E, and how much room that takes
_LETTER, _LABEL_HEIGHT = 17, 34  # what a name upon an area needs on a phone
_MOST_FEET = 12


@dataclass(frozen=True, slots=True)
class Layer(Generic[_Part]):
    """What lies upon the layers before it, by slot; no value is a gap, never 0. `estimated` ones are hatched and say E.

    `pattern` tells areas apart, beside their color.
    """

    heading: str
    color: str
    values: Mapping[_Part, Decimal]
    estimated: frozenset[_Part] = frozenset()
    pattern: str = ""


def swatch(*paints: Paint) -> tuple[Mark, ...]:
    """Of a key."""
    return tuple(Box(_ZERO, _ZERO, Decimal(12), Decimal(12), paint) for paint in paints)


def stacked_bars(
    layers: Sequence[Layer[_Part]],
    parts: Sequence[_Part],
    *,
    title: str,
    name: str,
    table: str,
    columns: Sequence[int],
    label: Callable[[_Part], str],
    before: Mapping[_Part, Decimal] | None = None,
    gap: str = "",
    address: Callable[[_Part], str] = lambda _part: "",
    left_out: str = "",
) -> Chart:
    """A slot for each part, its layers one upon the other; what is below 0 hangs. `before` are lines across them.

    `label` names a part below the plot ("" for none). `gap` says what a part without a bar is, where it is something
    else than nothing known; `address` what a part opens into, "" for nothing; `left_out` what is not drawn.
    """
    before = before or {}
    slots, values = Scale(_ZERO, Decimal(max(len(parts), 1))), _values_of(layers, parts, before)
    top, foot = values.high, values.low
    margin = slots.at(1) / 20
    marks: list[Mark] = []
    for place, part in enumerate(parts):
        marks += _bars_of(layers, part, place, slots, values, before)
    marks += [
        Box(
            slots.at(place) + margin,
            values.up(before[part]),
            slots.at(1) - 2 * margin,
            Decimal(_LINE),
            BEFORE,
        )
        for place, part in enumerate(parts)
        if part in before
    ]
    known = [any(part in layer.values for layer in layers) for part in parts]
    notes = ["" if all(known) else gap or _("A gap: no data"), left_out]
    return Chart(
        title=title,
        name=name,
        drawing=Drawing(tuple(marks)),
        sides=tuple(
            Tick(values.up(line), plain_number(line)) for line in sorted({top, top / 2, _ZERO, foot})
        ),
        feet=tuple(
            Tick(slots.at(place + Decimal("0.5")), words)
            for place, part in enumerate(parts)
            if (words := label(part))
        ),
        legend=(*_keys_of(layers, has_before=bool(before)), *(Key(note) for note in notes if note)),
        zero=values.up(0),
        parts=tuple(
            Part(slots.at(place), slots.at(1), url)
            for place, part in enumerate(parts)
            if known[place] and (url := address(part))
        ),
        reads={"chart": table, "columns": " ".join(map(str, columns))},
    )


def _keys_of(layers: Sequence[Layer[_Part]], *, has_before: bool) -> Iterator[Key]:
    for layer in layers:
        yield Key(layer.heading, swatch(Paint(layer.color)))
    if has_before:
        yield Key(_("the year before"), (Box(_ZERO, Decimal(6), Decimal(12), Decimal(_LINE), BEFORE),))
    if any(layer.estimated for layer in layers):
        yield Key(_("E: partly or wholly estimated"), swatch(Paint(layers[0].color, "estimate")))


def _values_of(
    layers: Sequence[Layer[_Part]], parts: Sequence[_Part], before: Mapping[_Part, Decimal]
) -> Scale:
    """Between its ends lie all bars and lines."""
    high = low = _ZERO
    for part in parts:
        values = [layer.values[part] for layer in layers if part in layer.values]
        up, down = sum((v for v in values if v > 0), _ZERO), sum((v for v in values if v < 0), _ZERO)
        high, low = max(high, up, before.get(part, up)), min(low, down, before.get(part, down))
    top = round_up(high) if high or low else Decimal(1)
    return Scale(-round_up(-low) if low else low, top, Decimal(_HEIGHT))


def _bars_of(
    layers: Sequence[Layer[_Part]],
    part: _Part,
    place: int,
    slots: Scale,
    values: Scale,
    before: Mapping[_Part, Decimal],
) -> list[Mark]:
    """Of one part. The E stands above all of them, and above the line of the year before where that would cross it."""
    marks: list[Mark] = []
    up = down = _ZERO
    for layer in layers:
        value = layer.values.get(part)
        if value is None:
            continue
        base = up if value >= 0 else down
        up, down = up + max(value, _ZERO), down + min(value, _ZERO)
        pattern = "estimate" if part in layer.estimated else ""
        marks.append(column(slots, place, values, base, base + value, Paint(layer.color, pattern)))
    if any(part in layer.estimated for layer in layers):
        y = values.up(up)
        if part in before and y - _MARK_HEIGHT < (line := values.up(before[part])) < y:
            y = line
        marks.append(Words(slots.at(place + Decimal("0.5")), y - _MARK_GAP, "E", "chart__mark"))
    return marks


def stacked_areas(
    layers: Sequence[Layer[int]],
    feet: Sequence[str],
    *,
    title: str,
    name: str,
    table: str,
    lines: Sequence[tuple[Decimal, str]],
) -> Chart:
    """Shares of a whole, each layer a band of steps with its name upon it where that fits; `feet` name all slots."""
    slots, values = Scale(_ZERO, Decimal(len(feet))), Scale(_ZERO, Decimal(1), Decimal(_AREA_HEIGHT))
    edges = {}  # by slot: where each layer begins and the last ends, as y; rounding never leaves the plot
    for place in sorted({place for layer in layers for place in layer.values}):
        shares = [layer.values.get(place, _ZERO) for layer in layers]
        edges[place] = [values.up(min(level, Decimal(1))) for level in accumulate(shares, initial=_ZERO)]
    bands: list[Mark] = []
    names: list[Mark] = []
    for index, layer in enumerate(layers):
        levels = {place: (edge[index], edge[index + 1]) for place, edge in edges.items()}
        path = _band(levels, slots)
        bands += [Outline(path, Paint(layer.color)), Outline(path, Paint("", layer.pattern))]
        names += _name_upon(layer.heading, levels, slots)
    keys = [Key(layer.heading, swatch(Paint(layer.color), Paint("", layer.pattern))) for layer in layers]
    if len(edges) < len(feet):
        keys.append(Key(_("A gap: no data")))
    every = -(-len(feet) // _MOST_FEET)
    return Chart(
        title=title,
        name=name,
        drawing=Drawing((*bands, *names), height=_AREA_HEIGHT),
        sides=tuple(Tick(values.up(share), words) for share, words in lines),
        feet=tuple(
            Tick(slots.at(place + Decimal("0.5")), words)
            for place, words in enumerate(feet)
            if place % every == 0
        ),
        legend=tuple(keys),
        zero=values.up(0),
        reads={"chart": table},
    )


def _band(levels: Mapping[int, tuple[Decimal, Decimal]], slots: Scale) -> str:
    """An outline for each row of slots without a gap."""
    rows: list[list[int]] = []
    for place in levels:
        if rows and rows[-1][-1] == place - 1:
            rows[-1].append(place)
        else:
            rows.append([place])
    outlines = []
    for row in rows:
        begin = f"M{point(slots.at(row[0]))} {point(levels[row[0]][0])}"
        over = "".join(f"V{point(levels[place][1])}H{point(slots.at(place + 1))}" for place in row)
        back = "".join(f"V{point(levels[place][0])}H{point(slots.at(place))}" for place in reversed(row))
        outlines.append(f"{begin}{over}{back}Z")
    return "".join(outlines)


def _name_upon(words: str, levels: Mapping[int, tuple[Decimal, Decimal]], slots: Scale) -> list[Mark]:
    """Where the band is thickest over the width of the name, nearest to the middle; nothing where it would not fit."""
    count = int(slots.high)
    width = min(count, math.ceil((len(words) + 1) * _LETTER / slots.at(1)))
    fitting = []
    for first in range(count - width + 1):
        window = [levels[place] for place in range(first, first + width) if place in levels]
        if len(window) < width:
            continue
        bottom, top = min(low for low, _high in window), max(high for _low, high in window)
        if bottom - top >= _LABEL_HEIGHT:
            fitting.append((bottom - top, -abs(2 * first + width - count), first, (bottom + top) / 2))
    if not fitting:
        return []
    _thickness, _nearness, first, y = max(fitting)
    return [Words(slots.at(first + Decimal(width) / 2), y, words, "chart__name")]


def cells(
    each: Iterable[tuple[float, int, float, int]], paint: Callable[[int], Paint]
) -> tuple[Outline, ...]:
    """A path for each class of cells (x, row, width, class from 1); those of a class below each other are one box."""
    boxes: list[tuple[float, int, float, int, int]] = []
    for x, row, width, number in each:
        last = boxes[-1] if boxes else None
        if last and (last[0], last[1] + last[4], last[2], last[3]) == (x, row, width, number):
            boxes[-1] = (*last[:4], last[4] + 1)
        else:
            boxes.append((x, row, width, number, 1))
    paths: dict[int, str] = defaultdict(str)
    for x, row, width, number, length in boxes:
        paths[number] += f"M{x:g} {row}h{width:g}v{length}h-{width:g}z"
    return tuple(Outline(drawn, paint(number)) for number, drawn in sorted(paths.items()))


def class_paint(classes: int, color: str, number: int) -> Paint:
    """The stronger, the more."""
    return Paint(color, opacity=f"{number / classes:.2f}")


def sparkline(values: Sequence[Decimal | None], color: str, label: str) -> Drawing:
    """Small columns without axes; the last one is outlined. A real 0 is seen, unlike a gap."""
    height = Decimal(32)
    slots = Scale(_ZERO, Decimal(len(values)), Decimal(10 * len(values)))
    scale = Scale(_ZERO, max((value for value in values if value), default=_ZERO) or Decimal(1), height)
    least = scale.high / height
    marks = [
        column(
            slots,
            place,
            scale,
            _ZERO,
            max(value, least),
            Paint(color if place + 1 < len(values) else f"{color}-now"),
        )
        for place, value in enumerate(values)
        if value is not None
    ]
    return Drawing(tuple(marks), width=int(slots.length), height=int(height), label=label)


def breakdown(values: Sequence[Decimal], colors: Sequence[str]) -> Drawing:
    """A bar of pieces side by side."""
    scale, height = Scale(_ZERO, sum(values, _ZERO)), 24
    ends = [scale.at(end) for end in accumulate(values, initial=_ZERO)]
    marks = [
        Box(begin, _ZERO, end - begin, Decimal(height), Paint(color))
        for begin, end, color in zip(ends, ends[1:], colors, strict=False)
    ]
    return Drawing(tuple(marks), height=height)


def difference(value: Decimal, widest: Decimal) -> Drawing:
    """A bar to the right for more, to the left for less, of one scale with the others of its table."""
    scale, height = Scale(-widest, widest), Decimal(12)
    begin, end = sorted((scale.at(0), scale.at(value)))
    middle = Outline(f"M{WIDTH // 2} 0v{height}", Paint("axis"))
    bar = Box(begin, _ZERO, end - begin, height, Paint("series-3" if value < 0 else "series-2"))
    return Drawing((bar, middle), height=int(height))
