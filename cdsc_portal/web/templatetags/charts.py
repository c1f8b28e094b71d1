"""Shapes of charts, of which a page has hundreds: a template's node for each would take most of its time."""

from collections.abc import Iterable, Iterator

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from datahub.charts.drawing import Box, Chart, Drawing, Key, Mark, Outline, Paint, Words, point

register = template.Library()
_LINE = '<path class="chart__stroke" d="{}"></path>'
_SIDE = '<text class="chart__side" x="-10" y="{}" dy="4">{}</text>'
_FOOT = '<text class="chart__tick" x="{}" y="{}">{}</text>'
_PART = (
    '<a href="{}" tabindex="-1" aria-hidden="true" data-part><rect class="chart__part" x="{}" y="0" width="{}"'
    ' height="{}"></rect></a>'
)
_KEY = '<li><svg class="chart__key" viewBox="0 0 12 12" aria-hidden="true">{}</svg> {}</li>'
# what lies over a color: attributes and content of each pattern
_PATTERNS = {
    "plain": ('width="8" height="8"', ""),
    "rising": ('width="8" height="8" patternTransform="rotate(45)"', _LINE.format("M0 0V8")),
    "lying": ('width="8" height="8"', _LINE.format("M0 4H8")),
    "falling": ('width="8" height="8" patternTransform="rotate(-45)"', _LINE.format("M0 0V8")),
    "dots": ('width="8" height="8"', '<circle class="chart__dot" cx="4" cy="4" r="1.5"></circle>'),
    "rising-line": (
        'width="8" height="8" patternTransform="rotate(45)"',
        '<path class="chart__stroke chart__stroke--line" d="M0 0V8"></path>',
    ),
    "cells": (
        'width="5" height="5" patternTransform="rotate(45) scale(0.05)"',
        '<rect class="fill-ink" width="1.5" height="5"></rect>',
    ),
}
_ESTIMATE = (
    'width="6" height="6" patternTransform="rotate(45)"',
    '<rect class="fill-{0} chart__pale" width="6" height="6"></rect>'
    '<rect class="fill-{0}" width="2.5" height="6"></rect>',
)


@register.simple_tag
def plot(chart: Chart) -> SafeString:
    """All inside the drawing of a chart: axes, patterns, marks, and above them what is read and opened."""
    keys = (mark for key in chart.legend for mark in key.marks)
    paints = [mark.paint for mark in (*chart.drawing.marks, *keys) if not isinstance(mark, Words)]
    patterns = "".join(_pattern(paint, chart.name) for paint in dict.fromkeys(paints) if paint.pattern)
    width, height = chart.drawing.width, chart.drawing.height
    rules = "".join(f"M0 {point(tick.at)}h{width}" for tick in chart.sides) if chart.ruled else ""
    cursor = f'<rect class="chart__cursor" data-cursor x="0" y="0" width="0" height="{height}"></rect>'
    return format_html(
        '<path class="chart__line" d="{}"></path>{}<g>{}</g>{}<path class="chart__axis" d="M0 {}h{}"></path>{}{}',
        rules,
        format_html_join("", _SIDE, ((point(tick.at), tick.words) for tick in chart.sides)),
        format_html_join("", _FOOT, ((point(tick.at), height + 22, tick.words) for tick in chart.feet)),
        mark_safe(f"<defs>{patterns}</defs>{_grid(chart.drawing, chart.name)}"),  # noqa: S308 - made here
        point(chart.zero),
        width,
        mark_safe(cursor if chart.reads else ""),  # noqa: S308 - a number
        format_html_join(
            "", _PART, ((each.url, point(each.x), point(each.width), height) for each in chart.parts)
        ),
    )


@register.simple_tag
def legend(keys: Iterable[Key], chart: str = "") -> SafeString:
    """`chart` is the name of the one whose patterns the keys are drawn in."""
    made = ((mark_safe("".join(_shapes(key.marks, chart))), key.words) for key in keys)  # noqa: S308 - made here
    lines = (format_html(_KEY, *key) if key[0] else format_html("<li>{}</li>", key[1]) for key in made)
    return format_html('<ul class="chart__legend">{}</ul>', mark_safe("".join(lines)))  # noqa: S308 - escaped above


@register.simple_tag
def drawing(each: Drawing, style: str) -> SafeString:
    """A drawing without axes; where it has no label, what stands beside it says the same."""
    label = (
        format_html('role="img" aria-label="{}"', each.label)
        if each.label
        else mark_safe('aria-hidden="true"')
    )
    return format_html(
        '<svg class="drawing {}" viewBox="0 0 {} {}" preserveAspectRatio="none" {}>{}</svg>',
        style, each.width, each.height, label, mark_safe(_grid(each, "")),  # noqa: S308 - made here
    )  # fmt: skip


@register.simple_tag
def reads(chart: Chart) -> SafeString:
    """What the script reads points from, as attributes."""
    return format_html_join("", ' data-{}="{}"', chart.reads.items())


def _grid(each: Drawing, chart: str) -> str:
    shapes = "".join(_shapes(each.marks, chart))
    if each.grid is None:
        return shapes
    columns, rows = each.grid
    return f'<g transform="scale({each.width / columns:g} {each.height / rows:g})" class="chart__grid">{shapes}</g>'


def _shapes(marks: Iterable[Mark], chart: str) -> Iterator[str]:
    """Numbers, and words and names that are escaped."""
    for mark in marks:
        match mark:
            case Box(x, y, width, height, paint):
                place = f'x="{point(x)}" y="{point(y)}" width="{point(width)}" height="{point(height)}"'
                yield f"<rect {_painted(paint, chart)} {place}></rect>"
            case Outline(d, paint):
                yield f'<path {_painted(paint, chart)} d="{d}"></path>'
            case Words(x, y, words, style):
                yield f'<text class="{style}" x="{point(x)}" y="{point(y)}">{conditional_escape(words)}</text>'


def _painted(paint: Paint, chart: str) -> str:
    if paint.pattern:
        return f'fill="url(#{_pattern_id(paint, chart)})"'
    return f'class="fill-{paint.color}"' + (f' fill-opacity="{paint.opacity}"' if paint.opacity else "")


def _pattern_id(paint: Paint, chart: str) -> str:
    return conditional_escape(f"{chart}-{paint.pattern}{f'-{paint.color}' if paint.color else ''}")


def _pattern(paint: Paint, chart: str) -> str:
    place, content = (
        _PATTERNS[paint.pattern] if not paint.color else (_ESTIMATE[0], _ESTIMATE[1].format(paint.color))
    )
    return (
        f'<pattern id="{_pattern_id(paint, chart)}" patternUnits="userSpaceOnUse" {place}>{content}</pattern>'
    )
