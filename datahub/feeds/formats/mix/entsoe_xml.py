"""Generation as ENTSO-E publishes it: GL_MarketDocument, MW by type of production, as watt-hours of each step.

The region is the bidding zone's code, the source the type (B01 to B20). In a curve of blocks (A03) a value holds until
the next given position; in a sequence (A01) a missing position is not known. Units of one type (A73) are added up.
What storage consumes is no generation. Intermediate documents are provisional. Times are UTC throughout.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from lxml import etree

from datahub.feeds.formats.cells import decimal, needed, whole_number
from datahub.feeds.formats.espi.entries import line_of
from datahub.rows.base import NO_SETTINGS, FeedStructureError, Parsed, Rejection, Settings
from datahub.rows.mix import AmountRow

NAME = "entsoe_xml"
KIND = "generation_mix"
SUFFIXES = (".xml",)
MOST_BYTES = 16 << 20  # the document is a tree in memory

_HEAD = 1 << 12
_CURVE_OF_BLOCKS = "A03"
_GENERATION_BY_UNIT, _INTERMEDIATE = "A73", "A01"
_MEGA = 10**6
_HOUR = 3600
_STEP = re.compile(r"PT(?:(\d{1,2})H)?(?:(\d{1,3})M)?")
_MOST_NODES = 850_000  # elements and attributes, some 200 bytes each
_MOST_STEPS = 20_000  # half a year of quarter hours; a longer period comes in several
_TIME = "%Y-%m-%dT%H:%MZ"


@dataclass(frozen=True, slots=True)
class _Period:
    """What all points of a period share: `steps` of so many seconds from `start` on."""

    region: str
    source: str
    in_blocks: bool
    provisional: bool
    start: datetime
    seconds: int
    steps: int


def sniff(content: bytes) -> bool:
    head = content[:_HEAD]
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and b"GL_MarketDocument" in head


def parse(content: bytes, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Parsed[AmountRow]:
    """A row a step, or for each point that cannot be taken a rejection that names its position.

    Raises FeedStructureError: not well-formed, a document type, not a generation document, no time series.
    """
    document = _document(content)
    add_up = _text(document, "type") == _GENERATION_BY_UNIT
    provisional = _text(document, "docStatus", "value") == _INTERMEDIATE
    rows: dict[tuple[str, str, datetime, int], AmountRow] = {}
    rejected: list[Rejection] = []
    for series in _children(document, "TimeSeries"):
        for period in _children(series, "Period"):
            for row in _rows(series, period, rejected, provisional=provisional):
                first = rows.setdefault((row.region, row.source, row.start, row.seconds), row)
                if first is not row and add_up:
                    rows[row.region, row.source, row.start, row.seconds] = replace(
                        first, wh=first.wh + row.wh
                    )
                elif first is not row:
                    reason = f"{row.source} at {row.start} is already in line {first.line}"
                    rejected.append(Rejection(row.line, reason))
    return Parsed(list(rows.values()), sorted(rejected, key=lambda rejection: rejection.line))


def _document(content: bytes) -> etree._Element:
    if b"<!DOCTYPE" in content or b"\0" in content:
        raise FeedStructureError("a document type or a byte 0 has no place in a generation document")
    nodes = content.count(b"<") + content.count(b"=") - content.count(b"</")
    if nodes > _MOST_NODES:
        raise FeedStructureError(f"more than {_MOST_NODES:,} elements: send the series in several files")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        document = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise FeedStructureError(f"line {error.lineno}: not well-formed XML: {error.msg}") from error
    # a document type in an encoding with other bytes
    if document.getroottree().docinfo.internalDTD is not None:
        raise FeedStructureError("a document type has no place in a generation document")
    name = etree.QName(document).localname
    if name != "GL_MarketDocument":
        raise FeedStructureError(f"a {name} is no generation document")
    if next(_children(document, "TimeSeries"), None) is None:
        raise FeedStructureError("no time series in the document")
    return document


def _rows(
    series: etree._Element, period: etree._Element, rejected: list[Rejection], *, provisional: bool
) -> Iterator[AmountRow]:
    """The points of a period in their order; in a curve of blocks each fills the steps up to the next one."""
    try:
        shared = _period(series, period, provisional=provisional)
    except ValueError as error:
        rejected += [Rejection(line_of(point), str(error)) for point in period.iter("{*}Point")]
        return
    before: AmountRow | None = None  # whose value is repeated
    last = 0
    for point in _children(period, "Point"):
        try:
            position, row = _row(point, shared)
            if position <= last:
                raise ValueError(f"position {position} follows on position {last}")
        except ValueError as error:
            rejected.append(Rejection(line_of(point), str(error)))
            before = None  # how far the value before it holds is not known
            continue
        if before is not None:
            yield from _repeated(before, position - last - 1)
        yield row
        last = position
        before = row if shared.in_blocks else None
    if before is not None:
        yield from _repeated(before, shared.steps - last)


def _period(series: etree._Element, period: etree._Element, *, provisional: bool) -> _Period:
    """Raises ValueError: no generation, or not in megawatts, or no steps of equal length."""
    region = _text(series, "inBiddingZone_Domain.mRID") or _text(series, "inDomain.mRID")
    if not region and (_text(series, "outBiddingZone_Domain.mRID") or _text(series, "outDomain.mRID")):
        raise ValueError("what storage takes in is no generation")
    unit = _text(series, "quantity_Measure_Unit.name")
    if unit != "MAW":
        raise ValueError(f"unit {unit!r} is not MAW")
    needed(region, "inBiddingZone_Domain.mRID", 50)
    source = needed(_text(series, "MktPSRType", "psrType"), "psrType", 50)
    start, end = (_moment(_text(period, "timeInterval", side)) for side in ("start", "end"))
    resolution = _text(period, "resolution")
    match = _STEP.fullmatch(resolution)
    seconds = int(match[1] or 0) * _HOUR + int(match[2] or 0) * 60 if match else 0
    length = int((end - start).total_seconds())
    if seconds <= 0 or length <= 0 or length % seconds or length // seconds > _MOST_STEPS:
        raise ValueError(f"a period from {start} to {end} has no steps of {resolution or 'no resolution'}")
    in_blocks = _text(series, "curveType") == _CURVE_OF_BLOCKS
    return _Period(region, source, in_blocks, provisional, start, seconds, length // seconds)


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time like 2026-03-01T23:00Z") from error


def _repeated(row: AmountRow, times: int) -> Iterator[AmountRow]:
    for number in range(1, times + 1):
        yield replace(row, start=row.start + timedelta(seconds=number * row.seconds))


def _row(point: etree._Element, period: _Period) -> tuple[int, AmountRow]:
    position = whole_number(_text(point, "position"), "position")
    if not 1 <= position <= period.steps:
        raise ValueError(f"position {position} is not in a period of {period.steps} steps")
    try:
        power = decimal(_text(point, "quantity"), "quantity", decimals=6)
    except ValueError as error:
        raise ValueError(f"position {position}: {error}") from error
    energy = power * _MEGA * period.seconds / _HOUR
    if energy < 0 or energy != energy.to_integral_value():
        raise ValueError(f"position {position}: {power} MW is below 0 or no whole number of watt-hours")
    start = period.start + timedelta(seconds=(position - 1) * period.seconds)
    return position, AmountRow(
        line_of(point), "generated", period.region, period.source, start, period.seconds,
        int(Decimal(energy)), provisional=period.provisional,
    )  # fmt: skip


def _children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return element.iterchildren(f"{{*}}{name}")


def _text(element: etree._Element, *path: str) -> str:
    return (element.findtext("/".join(f"{{*}}{name}" for name in path)) or "").strip()
