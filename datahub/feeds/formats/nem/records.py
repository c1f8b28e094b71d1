"""What NEM12 and NEM13 have in common: a header and an end around records, market time, suffixes, qualities."""

import csv
import io
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from datahub.feeds.formats.cells import at_most, needed
from datahub.feeds.formats.units import Measure, check_commodity, measure
from datahub.rows.base import FeedStructureError, Settings
from datahub.rows.usage import ChannelKey, Direction, Kind, Quality

_BLOCK = 4 << 20  # bytes a part is made of
_LONGEST = 1 << 20  # of a line; a day of minutes has 20,000
_TAIL = 1 << 12
_MARKET = "+10:00"  # the whole market keeps this time, all year
_OFFSET = re.compile(r"([+-])(\d\d):?([0-5]\d)")
_FLAG = re.compile(r"([AEFNSV])(\d\d)?")
_QUALITIES = {
    "A": Quality.ACTUAL,
    "E": Quality.ESTIMATED,  # forward estimate
    "F": Quality.SUBSTITUTED,  # final substitute
    "S": Quality.PROVISIONAL,  # substitute that a better value may follow
}
UNKNOWN = 255  # in place of a quality: there is no reading (flag N)
VARIES = 254  # the qualities are in the records below (flag V)
# seen from the customer: what the market calls export is what it sells
_FLOWS: dict[str, tuple[str, Direction]] = {
    **dict.fromkeys("DEF", ("kWh", "import")),
    **dict.fromkeys("ABC", ("kWh", "export")),
    **dict.fromkeys("PQR", ("kvarh", "import")),
    **dict.fromkeys("JKL", ("kvarh", "export")),
    **dict.fromkeys("STU", ("kVAh", "import")),
    "N": ("kWh", "net"),
    "V": ("V", "none"),
}
_DIRECTIONS: dict[str, Direction] = {"E": "import", "I": "export"}


class Block(NamedTuple):
    """A stretch of numbered lines, and how many bytes of the file are through after the last."""

    lines: list[tuple[int, bytes]]
    offset: int


def is_version(head: bytes, version: str) -> bool:
    """Whether a file begins with the header of `version`."""
    cells = [
        cell.strip(b' \t"\r').upper() for cell in head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b",", 2)
    ]
    return cells[:2] == [b"100", version.encode()]


def blocks_of(source: BinaryIO, version: str, first_record: bytes) -> Iterator[Block]:
    """The lines of a file whose frame is whole. Whoever chose the format needs no header to know it.

    Raises FeedStructureError before the first block: a header of another version, no end 900, another record than
    `first_record` first or after the header.
    """
    source = _seekable(source)
    start = source.tell()
    head = source.read(_LONGEST)
    lines = head.split(b"\n")
    has_header = record_of(lines[0]) != first_record
    if has_header and not is_version(head, version):
        raise FeedStructureError(f"line 1: no header record 100,{version}")
    for number, line in enumerate(lines[has_header:], 1 + has_header):
        record = record_of(line)
        if record and record not in (first_record, b"900"):
            said, due = record.decode("ascii", "replace")[:20], first_record.decode()
            raise FeedStructureError(f"line {number}: record {said!r} where the first {due} record is due")
        if record:
            break
    end = source.seek(0, io.SEEK_END)
    source.seek(max(start, end - _TAIL))
    if record_of(source.read().rstrip(b"\r\n \t\x1a\x00").rpartition(b"\n")[2]) != b"900":
        raise FeedStructureError("the end record 900 is missing: the file is cut off")
    source.seek(start)
    return _blocks(source)


def _seekable(source: BinaryIO) -> BinaryIO:
    """Whether a file is whole stands at its end: what cannot be wound is copied to where it can."""
    if source.seekable():
        return source
    copy = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as it is read
    shutil.copyfileobj(source, copy)
    copy.seek(0)
    return copy


def _blocks(source: BinaryIO) -> Iterator[Block]:
    lines: list[tuple[int, bytes]] = []
    number, offset, full = 1, 0, _BLOCK
    while line := source.readline(_LONGEST):  # of a longer one the pieces are refused, each with its number
        lines.append((number, line.rstrip(b"\r\n")))
        number += line.endswith(b"\n")
        offset += len(line)
        if offset >= full:
            yield Block(lines, offset)
            lines, full = [], offset + _BLOCK
    yield Block(lines, offset)


def record_of(line: bytes) -> bytes:
    """The record indicator."""
    return line.partition(b",")[0].strip(b' \t"\xef\xbb\xbf\r')


def cells_of(line: bytes) -> list[bytes]:
    """The cells of a record without outer blanks; in a quoted one a comma is a blank."""
    if b'"' in line:
        text = next(csv.reader([line.decode("utf-8", "replace")]), [])
        return [cell.replace(",", " ").strip().encode() for cell in text]
    return [cell.strip() for cell in line.split(b",")]


def text_of(line: bytes) -> str:
    return line.decode("utf-8", "replace")


def market_offset(settings: Settings) -> int:
    """Seconds east of UTC, from setting `offset` or the market's. Raises FeedStructureError for no offset."""
    said = settings.get("offset") or _MARKET
    found = _OFFSET.fullmatch(said)
    if found is None or int(found[2]) > 14:
        raise FeedStructureError(f"setting offset {said!r} is not like +10:00")
    seconds = int(found[2]) * 3600 + int(found[3]) * 60
    return -seconds if found[1] == "-" else seconds


@lru_cache(maxsize=1 << 12)
def market_time(text: str, example: str) -> int:
    """Epoch seconds of a date (like 20260301) or time (like 20260301093000), as if it were UTC."""
    try:
        if len(text) != len(example) or not (text.isascii() and text.isdigit()):
            raise ValueError
        return int(datetime.strptime(text.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise ValueError(f"{text!r} is not a date like {example}") from None


@lru_cache(maxsize=1 << 10)
def quality_of(text: str) -> int:
    """A quality method as stored, UNKNOWN for N, VARIES for V; the method's number is not kept."""
    found = _FLAG.fullmatch(text)
    if found is None:
        raise ValueError(f"quality {text!r} is not known: it begins with A, E, F, N, S or V")
    return {"N": UNKNOWN, "V": VARIES}.get(found[1]) or _QUALITIES.get(found[1], Quality.ACTUAL)


def channel_of(
    *, meter: str, register: str, suffix: str, uom: str, direction: str = ""
) -> tuple[ChannelKey, int]:
    """(channel, power of ten of its values). The first letter of the suffix says unit and direction where no
    cell does. Raises ValueError: no name, a unit that is unknown or neither said nor implied.
    """
    implied, flow = _FLOWS.get(suffix[:1].upper(), ("", "import"))
    unit = _unit(uom or implied)
    check_commodity(unit.unit, unit.commodity or "electricity")
    kind: Kind = "demand" if unit.unit in ("W", "VA", "var") else "interval"
    key = ChannelKey(
        needed(meter, "meter", 100),
        at_most(register, "register", 100),
        unit.commodity or "electricity",
        unit.unit,
        "none" if unit.unit in ("V", "A") else _DIRECTIONS.get(direction.upper(), flow),
        kind,
    )
    return key, unit.exponent


def _unit(text: str) -> Measure:
    if not text:
        raise ValueError("the unit is neither said nor implied by the suffix")
    try:
        return measure(text)
    except FeedStructureError as error:
        raise ValueError(str(error)) from error
