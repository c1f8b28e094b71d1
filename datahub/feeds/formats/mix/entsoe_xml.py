"""Generation as ENTSO-E publishes it: GL_MarketDocument, MW by type of production, as watt-hours of each step.

The region is the bidding zone's code, the source the type (B01 to B20). A curve of blocks (A03) repeats a value until
the next position that is told; of a sequence (A01) what is missing is not told. Units of one type (A73) are added up.
What storage takes in is no generation. Intermediate documents are provisional. Times are UTC throughout.
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
_BLOCKS = "A03"
_UNITS, _INTERMEDIATE = "A73", "A01"
_MEGA = 10**6
_HOUR = 3600
_STEP = re.compile(r"PT(?:(\d{1,2})H)?(?:(\d{1,3})M)?")
_MOST_NODES = 850_000  # elements and attributes, some 200 bytes each
_MOST_STEPS = 20_000  # half a year of quarter hours; a longer period is split by whoever publishes
_TIME = "%Y-%m-%dT%H:%MZ"


@dataclass(frozen=True, slots=True)
class _Series:
    """What all points of a time series share."""

    region: str
    source: str
    in_blocks: bool
    provisional: bool


@dataclass(frozen=True, slots=True)
class _Period:
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
    kind = _text(document, "type")
    provisional = _text(document, "docStatus", "value") == _INTERMEDIATE
    rows: list[AmountRow] = []
    rejected: list[Rejection] = []
    for series in _children(document, "TimeSeries"):
        for told in _points(series, provisional):
            if isinstance(told, Rejection):
                rejected.append(told)
            else:
                rows.append(told)
    return _without_doubles(rows, rejected, add_up=kind == _UNITS)


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
    if (
        document.getroottree().docinfo.internalDTD is not None
    ):  # in an encoding in which it is spelt otherwise
        raise FeedStructureError("a document type has no place in a generation document")
    if _name(document) != "GL_MarketDocument":
        raise FeedStructureError(f"a {_name(document)} is no generation document")
    if next(_children(document, "TimeSeries"), None) is None:
        raise FeedStructureError("no time series in the document")
    return document


def _points(series: etree._Element, provisional: bool) -> Iterator[AmountRow | Rejection]:
    try:
        shared = _shared(series, provisional)
    except ValueError as error:
        yield from _all_rejected(series, str(error))
        return
    for period in _children(series, "Period"):
        try:
            grid = _period(period)
        except ValueError as error:
            yield from _all_rejected(period, str(error))
            continue
        yield from _steps(period, grid, shared)


def _shared(series: etree._Element, provisional: bool) -> _Series:
    region = _text(series, "inBiddingZone_Domain.mRID") or _text(series, "inDomain.mRID")
    if not region and (_text(series, "outBiddingZone_Domain.mRID") or _text(series, "outDomain.mRID")):
        raise ValueError("what storage takes in is no generation")
    unit = _text(series, "quantity_Measure_Unit.name")
    if unit != "MAW":
        raise ValueError(f"unit {unit!r} is not MAW")
    return _Series(
        needed(region, "inBiddingZone_Domain.mRID", 50),
        needed(_text(series, "MktPSRType", "psrType"), "psrType", 50),
        _text(series, "curveType") == _BLOCKS,
        provisional,
    )


def _period(period: etree._Element) -> _Period:
    start, end = (_moment(_text(period, "timeInterval", side)) for side in ("start", "end"))
    told = _text(period, "resolution")
    found = _STEP.fullmatch(told)
    seconds = int(found[1] or 0) * _HOUR + int(found[2] or 0) * 60 if found else 0
    length = int((end - start).total_seconds())
    if seconds <= 0 or length <= 0 or length % seconds or length // seconds > _MOST_STEPS:
        raise ValueError(f"a period from {start} to {end} has no steps of {told or 'no resolution'}")
    return _Period(start, seconds, length // seconds)


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time like 2026-03-01T23:00Z") from error


def _steps(period: etree._Element, grid: _Period, shared: _Series) -> Iterator[AmountRow | Rejection]:
    """Points in the order of the file; in a curve of blocks each fills the steps up to the next one told."""
    before: tuple[int, AmountRow] | None = None
    last = 0
    for point in _children(period, "Point"):
        line = line_of(point)
        try:
            position, row = _row(point, grid, shared)
            if position <= last:
                raise ValueError(f"position {position} follows on position {last}")
        except ValueError as error:
            yield Rejection(line, str(error))
            before = None  # what a value that cannot be read was repeated as is not known
            continue
        last = position
        if before is not None:
            yield from _repeated(*before, until=position)
        yield row
        before = (position, row) if shared.in_blocks else None
    if before is not None:
        yield from _repeated(*before, until=grid.steps + 1)


def _repeated(position: int, row: AmountRow, *, until: int) -> Iterator[AmountRow]:
    for ahead in range(1, until - position):
        yield replace(row, start=row.start + timedelta(seconds=ahead * row.seconds))


def _row(point: etree._Element, grid: _Period, shared: _Series) -> tuple[int, AmountRow]:
    position = whole_number(_text(point, "position"), "position")
    if not 1 <= position <= grid.steps:
        raise ValueError(f"position {position} is not in a period of {grid.steps} steps")
    try:
        power = decimal(_text(point, "quantity"), "quantity", decimals=6)
    except ValueError as error:
        raise ValueError(f"position {position}: {error}") from error
    energy = power * _MEGA * grid.seconds / _HOUR
    if energy < 0 or energy != energy.to_integral_value():
        raise ValueError(f"position {position}: {power} MW is below 0 or no whole number of watt-hours")
    start = grid.start + timedelta(seconds=(position - 1) * grid.seconds)
    return position, AmountRow(
        line_of(point), "generated", shared.region, shared.source, start, grid.seconds,
        int(Decimal(energy)), provisional=shared.provisional,
    )  # fmt: skip


def _without_doubles(rows: list[AmountRow], rejected: list[Rejection], *, add_up: bool) -> Parsed[AmountRow]:
    kept: dict[tuple[str, str, datetime, int], AmountRow] = {}
    for row in rows:
        key = (row.region, row.source, row.start, row.seconds)
        first = kept.get(key)
        if first is None:
            kept[key] = row
        elif add_up:
            kept[key] = replace(first, wh=first.wh + row.wh)
        else:
            rejected.append(
                Rejection(row.line, f"{row.source} at {row.start} is already in line {first.line}")
            )
    return Parsed(list(kept.values()), sorted(rejected, key=lambda rejection: rejection.line))


def _all_rejected(element: etree._Element, reason: str) -> Iterator[Rejection]:
    for point in element.iter("{*}Point"):
        yield Rejection(line_of(point), reason)


def _children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return element.iterchildren(f"{{*}}{name}")


def _text(element: etree._Element, *path: str) -> str:
    return (element.findtext("/".join(f"{{*}}{name}" for name in path)) or "").strip()


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname
