"""What every chart is made of: scales place values, marks draw them, axes and keys name them.

`components/_chart.html` prints a whole chart, the tag `drawing` one without axes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise
from typing import NamedTuple

from django.utils.formats import number_format

WIDTH = 640  # of a plot, in the units of the drawing
_LETTER, _BETWEEN = (
    13,
    10,
)  # what a letter below the plot takes on a phone, and what stays free between two words
_STEPS = tuple(map(Decimal, ("1", "1.2", "1.6", "2", "2.4", "3", "4", "5", "6", "8", "10")))
_SHARE = Decimal("0.8")  # of a slot's width that its column takes


class Paint(NamedTuple):
    """`color` names a class `fill-` of charts.css, `pattern` what is drawn in it, or over what lies below where there
    is no color. `opacity` of a class: the stronger, the more."""

    color: str = ""
    pattern: str = ""
    opacity: str = ""


class Box(NamedTuple):
    x: Decimal
    y: Decimal
    width: Decimal
    height: Decimal
    paint: Paint


class Outline(NamedTuple):
    """A path."""

    d: str
    paint: Paint


class Words(NamedTuple):
    """Written around a point, in a style of charts.css."""

    x: Decimal
    y: Decimal
    words: str
    style: str


Mark = Box | Outline | Words


@dataclass(frozen=True, slots=True)
class Scale:
    """Places values from `low` to `high` on a line of `length`; slots are the whole numbers from 0 on."""

    low: Decimal
    high: Decimal
    length: Decimal = Decimal(WIDTH)

    def at(self, value: Decimal | int) -> Decimal:
        """From the beginning of the line."""
        return (value - self.low) * self.length / (self.high - self.low)

    def up(self, value: Decimal | int) -> Decimal:
        """From its end: the y of a value, as a drawing counts downwards."""
        return self.length - self.at(value)


class Tick(NamedTuple):
    """A word of an axis."""

    at: Decimal
    words: str


class Key(NamedTuple):
    """A line of the legend: marks of 12 by 12, none for a plain remark."""

    words: str
    marks: tuple[Mark, ...] = ()


class Part(NamedTuple):
    """A slot that opens something; it can be clicked over the whole height of the plot."""

    x: Decimal
    width: Decimal
    url: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Marks of a plot. `grid`: columns and rows, where marks are placed by cells.

    `label` says what is to be seen, "" for nothing more than what stands beside it.
    """

    marks: tuple[Mark, ...]
    width: int = WIDTH
    height: int = 200
    label: str = ""
    grid: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """`title` states what is to be seen; `sides` and `feet` are its axes, with lines where they are `ruled`.

    `reads` tells the script which points there are: `chart` the rows of a table and `columns` its columns, from 1, or
    `cells`. Without it the table alone is read.
    """

    title: str
    name: str
    drawing: Drawing
    sides: tuple[Tick, ...]
    feet: tuple[Tick, ...]
    legend: tuple[Key, ...] = ()
    zero: Decimal = Decimal(0)
    ruled: bool = True
    parts: tuple[Part, ...] = ()
    reads: Mapping[str, str] = field(default_factory=dict)

    @property
    def view(self) -> str:
        """With room for the axes."""
        return f"-84 -14 736 {self.drawing.height + 46}"

    @property
    def is_dense(self) -> bool:
        """More words below than stand side by side on a phone."""
        least = min((after.at - before.at for before, after in pairwise(self.feet)), default=WIDTH)
        return least < _LETTER * max((len(tick.words) for tick in self.feet), default=0) + _BETWEEN


def column(slots: Scale, place: int, values: Scale, begin: Decimal, end: Decimal, paint: Paint) -> Box:
    """A bar of one slot, between two values."""
    slot = slots.at(1)
    top = values.up(max(begin, end))
    x = slots.at(place) + slot * (1 - _SHARE) / 2
    return Box(x, top, slot * _SHARE, values.up(min(begin, end)) - top, paint)


def point(value: Decimal) -> str:
    """A number of a drawing, to a tenth."""
    return f"{value.quantize(Decimal('0.1'), rounding=ROUND_CEILING):f}".removesuffix(".0")


def round_up(value: Decimal) -> Decimal:
    """The next number above a positive one that people like to read at a line."""
    power = Decimal(1).scaleb(value.adjusted())
    return next(step for step in _STEPS if step * power >= value) * power


def plain_number(value: Decimal) -> str:
    """In the reader's language, without needless zeros."""
    whole = value.normalize()
    decimals = -int(whole.as_tuple().exponent)
    return number_format(whole, max(0, decimals), use_l10n=True, force_grouping=True)
