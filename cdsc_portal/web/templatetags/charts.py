"""Shapes of a chart, of which a page has hundreds: a template's node for each would take most of its time."""

from collections.abc import Iterable
from typing import Protocol

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


class Bar(Protocol):
    """Numbers as the drawing takes them; `mark` x and y of the E of an estimate."""

    @property
    def x(self) -> str: ...
    @property
    def y(self) -> str: ...
    @property
    def width(self) -> str: ...
    @property
    def height(self) -> str: ...
    @property
    def color(self) -> int: ...
    @property
    def estimated(self) -> bool: ...
    @property
    def mark(self) -> tuple[str, str]: ...


@register.simple_tag
def bars(each: Iterable[Bar], chart: str) -> SafeString:
    """Filled, or hatched by the pattern of the chart and marked with an E where it is an estimate."""
    hatch, shapes = conditional_escape(chart), []
    for bar in each:
        place = f'x="{bar.x}" y="{bar.y}" width="{bar.width}" height="{bar.height}"'
        if bar.estimated:
            x, y = bar.mark
            shapes.append(f'<rect fill="url(#hatch-{hatch}-{bar.color})" {place}></rect>')
            shapes.append(f'<text class="chart__mark" x="{x}" y="{y}">E</text>')
        else:
            shapes.append(f'<rect class="chart__bar chart__bar--{bar.color}" {place}></rect>')
    return mark_safe("".join(shapes))  # noqa: S308 - numbers, and the name of the chart, which is escaped
