"""Bars over parts of a period, as numbers that a drawing takes; the table beside it says the same."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise

from django.utils.translation import gettext as _

WIDTH, HEIGHT = 640, 200  # of the plot, in the units of the drawing
_SHARE = Decimal("0.8")  # of a part's width that its bars take
_SIDE_BY_SIDE = 12
_EVEN = 0.7  # of the widest gap between labels
_ABOVE = 4  # from the top of a bar to the foot of its E
_LETTER = 20  # how much room an E takes with what is around it
_STEPS = tuple(map(Decimal, ("1", "1.2", "1.6", "2", "2.4", "3", "4", "5", "6", "8", "10")))


@dataclass(frozen=True, slots=True)
class Plotted:
    """Bars of one color, by part; `estimated` are those that are hatched."""

    heading: str
    color: int  # from 1
    values: Mapping[date, Decimal]
    estimated: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Bar:
    """Numbers as the drawing takes them; `mark` x and y of the E of an estimate."""

    x: str
    y: str
    width: str
    height: str
    color: int
    estimated: bool
    mark: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Mark:
    """A text or a line at a place of the drawing."""

    x: str
    y: str
    label: str = ""
    width: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """`title` states what is to be seen; `legend` are color and heading; no bar is never 0, `gap` says what it is.

    `columns` are those of the table that it shows, from 1, as the script that reads points takes them.
    """

    title: str
    name: str
    columns: str
    bars: tuple[Bar, ...]
    befores: tuple[Mark, ...]
    ticks: tuple[Mark, ...]
    lines: tuple[Mark, ...]
    legend: tuple[tuple[int, str], ...]
    zero: str
    has_estimates: bool
    gap: str

    @property
    def is_dense(self) -> bool:
        """More labels than stand side by side on a phone, or two much nearer than others, over a skipped hour."""
        places = [float(tick.x) for tick in self.ticks]
        gaps = [after - before for before, after in pairwise(places)]
        return len(places) > _SIDE_BY_SIDE or min(gaps, default=1) < max(gaps, default=1) * _EVEN


@dataclass(frozen=True, slots=True)
class _Axis:
    """From `low` to `high`, the latter at the top of the plot."""

    low: Decimal
    high: Decimal

    def y(self, value: Decimal) -> Decimal:
        return (self.high - value) * HEIGHT / (self.high - self.low)


def bar_chart(
    plotted: Sequence[Plotted],
    parts: Sequence[date],
    *,
    title: str,
    name: str,
    columns: Sequence[int],
    label: Callable[[date], str],
    scale_words: Callable[[Decimal], str],
    before: Mapping[date, Decimal] | None = None,
    gap: str = "",
) -> Chart:
    """Bars of one part stand one upon the other; `before` are marks across all of them.

    `label` names a part below the plot ("" for none), `scale_words` a value at its lines. `gap` says what a part
    without a bar is, where it is something else than nothing known.
    """
    slot = Decimal(WIDTH) / max(len(parts), 1)
    before = before or {}
    axis = _axis(plotted, parts, before)
    bars = tuple(
        bar for number, part in enumerate(parts) for bar in _bars(plotted, number, part, slot, axis, before)
    )
    steps = [axis.high, axis.high / 2, Decimal(0), *([axis.low] if axis.low else [])]
    return Chart(
        title=title,
        name=name,
        columns=" ".join(map(str, columns)),
        bars=bars,
        befores=tuple(_befores(before, parts, slot, axis)),
        ticks=tuple(
            Mark(_point(place * slot + slot / 2), "", words)
            for place, part in enumerate(parts)
            if (words := label(part))
        ),
        lines=tuple(Mark("0", _point(axis.y(value)), scale_words(value)) for value in steps),
        legend=tuple((one.color, one.heading) for one in plotted),
        zero=_point(axis.y(Decimal(0))),
        has_estimates=any(bar.estimated for bar in bars),
        gap=(gap or _("A gap: no data"))
        if any(all(part not in one.values for one in plotted) for part in parts)
        else "",
    )


def nice(value: Decimal) -> Decimal:
    """The next number above a positive one that people like to read at a line."""
    power = Decimal(1).scaleb(value.adjusted())
    return next(step for step in _STEPS if step * power >= value) * power


def _axis(plotted: Sequence[Plotted], parts: Sequence[date], before: Mapping[date, Decimal]) -> _Axis:
    high = low = Decimal(0)
    for part in parts:
        values = [one.values[part] for one in plotted if part in one.values]
        up, down = (sum(filter(side, values), Decimal(0)) for side in (lambda v: v > 0, lambda v: v < 0))
        high, low = max(high, up, before.get(part, up)), min(low, down, before.get(part, down))
    return _Axis(-nice(-low) if low else low, nice(high) if high or low else Decimal(1))


def _bars(
    plotted: Sequence[Plotted],
    number: int,
    part: date,
    slot: Decimal,
    axis: _Axis,
    before: Mapping[date, Decimal],
) -> Iterator[Bar]:
    """Of one part, from the zero line on: up for what is above it, down for what is below. The E stands above all."""
    width, x = slot * _SHARE, number * slot + slot * (1 - _SHARE) / 2
    up = down = Decimal(0)
    whole = sum((one.values[part] for one in plotted if one.values.get(part, 0) > 0), Decimal(0))
    foot_of_mark = _foot_of_mark(axis.y(whole), before.get(part), axis)
    for one in plotted:
        value = one.values.get(part)
        if value is None:
            continue
        base = up if value >= 0 else down
        top, foot = axis.y(max(base, base + value)), axis.y(min(base, base + value))
        up, down = up + max(value, Decimal(0)), down + min(value, Decimal(0))
        yield Bar(
            _point(x),
            _point(top),
            _point(width),
            _point(foot - top),
            one.color,
            part in one.estimated,
            (_point(x + width / 2), _point(foot_of_mark)),
        )


def _foot_of_mark(top: Decimal, before: Decimal | None, axis: _Axis) -> Decimal:
    """Above the bars, or above the mark of the year before where that would cross the letter."""
    if before is not None and top - _LETTER < (line := axis.y(before)) < top:
        return line - _ABOVE
    return top - _ABOVE


def _befores(
    before: Mapping[date, Decimal], parts: Sequence[date], slot: Decimal, axis: _Axis
) -> Iterator[Mark]:
    margin = slot * (1 - _SHARE) / 4
    for number, part in enumerate(parts):
        if part in before:
            yield Mark(
                _point(number * slot + margin), _point(axis.y(before[part])), width=_point(slot - 2 * margin)
            )


def _point(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.1'), rounding=ROUND_CEILING):f}"
