"""Readings as a Green Button (ESPI) document: one usage point a meter, one block of intervals a day."""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from demo.utility.loads import DAY, Column

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi">\n'
FORWARD, REVERSE = 1, 19  # flowDirection
ACTUAL, ESTIMATED = 17, 8  # QualityOfReading


def espi(columns: Sequence[Column]) -> bytes:
    """One document; a gap of the meter is a gap of the document."""
    return "".join(
        [HEAD, *(part for n, column in enumerate(columns, 1) for part in _channel(n, column)), "</feed>\n"]
    ).encode()


def _channel(number: int, column: Column) -> Iterator[str]:
    point, kind = f"/espi/UsagePoint/{column.meter}", f"/espi/ReadingType/{number}"
    reading = f"{point}/MeterReading/{number}"
    flow = FORWARD if column.direction == "import" else REVERSE
    usage_point = "<espi:ServiceCategory><espi:kind>0</espi:kind></espi:ServiceCategory>"
    yield _entry(point, [reading], column.meter, f"<espi:UsagePoint>{usage_point}</espi:UsagePoint>")
    yield _entry(reading, [kind, f"{reading}/IntervalBlock"], "", "<espi:MeterReading/>")
    reading_type = (
        "<espi:ReadingType><espi:accumulationBehaviour>4</espi:accumulationBehaviour><espi:commodity>1</espi:commodity>"
        f"<espi:flowDirection>{flow}</espi:flowDirection><espi:intervalLength>{column.step}</espi:intervalLength>"
        "<espi:powerOfTenMultiplier>0</espi:powerOfTenMultiplier><espi:uom>72</espi:uom></espi:ReadingType>"
    )
    yield _entry(kind, [], "", reading_type)
    blocks = "".join(_blocks(column))
    yield _entry(f"{reading}/IntervalBlock/1", [], "", blocks, up=f"{reading}/IntervalBlock")


def _blocks(column: Column) -> Iterator[str]:
    rows = zip(column.starts.tolist(), column.values.tolist(), column.known, column.estimated, strict=True)
    day: list[str] = []
    first = 0
    for start, value, known, guess in rows:
        if day and start // DAY != first // DAY:
            yield _block(first, day)
            day = []
        if not known:
            continue
        first = first if day else start
        quality = ESTIMATED if guess else ACTUAL
        day.append(
            f"<espi:IntervalReading><espi:ReadingQuality><espi:quality>{quality}</espi:quality></espi:ReadingQuality>"
            f"<espi:timePeriod><espi:duration>{column.step}</espi:duration><espi:start>{start}</espi:start>"
            f"</espi:timePeriod><espi:value>{value}</espi:value></espi:IntervalReading>"
        )
    if day:
        yield _block(first, day)


def _block(start: int, readings: Sequence[str]) -> str:
    period = (
        f"<espi:interval><espi:duration>{DAY}</espi:duration><espi:start>{start}</espi:start></espi:interval>"
    )
    return f"<espi:IntervalBlock>{period}{''.join(readings)}</espi:IntervalBlock>\n"


def _entry(self_link: str, related: Sequence[str], title: str, content: str, up: str = "") -> str:
    links = f'<link rel="self" href="{escape(self_link)}"/>'
    links += f'<link rel="up" href="{escape(up or self_link.rsplit("/", 1)[0])}"/>'
    links += "".join(f'<link rel="related" href="{escape(link)}"/>' for link in related)
    return f"<entry><title>{escape(title)}</title>{links}<content>{content}</content></entry>\n"
