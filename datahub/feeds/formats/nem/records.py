"""What NEM12 and NEM13 share: a header and an end around records, market time, suffixes, qualities."""

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
from datahub.feeds.formats.units import check_commodity, measure
from datahub.rows.base import FeedStructureError, Settings, choice
from datahub.rows.usage import ChannelKey, Direction, Kind, Quality

_BLOCK_BYTES = 4 << 20
_LONGEST_LINE = 1 << 20  # bytes; a day of minutes has 20,000
_TAIL_BYTES = 1 << 12  # in which the end record is
_MARKET_OFFSET = "+10:00"  # of the whole market, all year
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
# unit and direction by the first letter of a suffix, as the customer calls them: the market's export is import
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
    """Numbered lines that follow each other, and how many bytes of the file are read after the last."""

    lines: list[tuple[int, bytes]]
    offset: int


def is_version(head: bytes, version: str) -> bool:
    """Whether a file begins with the header of `version`."""
    cells = [
        cell.strip(b' \t"\r').upper() for cell in head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b",", 2)
    ]
    return cells[:2] == [b"100", version.encode()]


def blocks_of(source: BinaryIO, version: str, first_record: bytes) -> Iterator[Block]:
    """The lines of a file that is complete. Its header may be missing.

    Raises FeedStructureError before the first block: a header of another version, no end 900, another record than
    `first_record` first or after the header.
    """
    if not source.seekable():  # whether a file is complete is known by its end
        copy = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as it is read
        shutil.copyfileobj(source, copy)
        copy.seek(0)
        source = copy
    start = source.tell()
    head = source.read(_LONGEST_LINE)
    lines = head.split(b"\n")
    has_header = record_of(lines[0]) != first_record
    if has_header and not is_version(head, version):
        raise FeedStructureError(f"line 1: no header record 100,{version}")
    for number, line in enumerate(lines[has_header:], 1 + has_header):
        record = record_of(line)
        if record and record not in (first_record, b"900"):
            name, due = record.decode("ascii", "replace")[:20], first_record.decode()
            raise FeedStructureError(f"line {number}: record {name!r} where the first {due} record is due")
        if record:
            break
    end = source.seek(0, io.SEEK_END)
    source.seek(max(start, end - _TAIL_BYTES))
    if record_of(source.read().rstrip(b"\r\n \t\x1a\x00").rpartition(b"\n")[2]) != b"900":
        raise FeedStructureError("the end record 900 is missing: the file is cut off")
    source.seek(start)
    return _blocks(source)


def _blocks(source: BinaryIO) -> Iterator[Block]:
    lines: list[tuple[int, bytes]] = []
    number, offset, full = 1, 0, _BLOCK_BYTES
    while line := source.readline(_LONGEST_LINE):  # each piece of a longer line is rejected with its number
        lines.append((number, line.rstrip(b"\r\n")))
        number += line.endswith(b"\n")
        offset += len(line)
        if offset >= full:
            yield Block(lines, offset)
            lines, full = [], offset + _BLOCK_BYTES
    yield Block(lines, offset)


def record_of(line: bytes) -> bytes:
    """The record indicator."""
    return line.partition(b",")[0].strip(b' \t"\xef\xbb\xbf\r')


def cells_of(line: bytes) -> list[bytes]:
    """The cells of a record without outer blanks; a comma in a quoted cell becomes a blank."""
    if b'"' in line:
        text = next(csv.reader([line.decode("utf-8", "replace")]), [])
        return [cell.replace(",", " ").strip().encode() for cell in text]
    return [cell.strip() for cell in line.split(b",")]


def text_of(line: bytes) -> str:
    return line.decode("utf-8", "replace")


def market_offset(settings: Settings) -> int:
    """Seconds east of UTC, from setting `offset` or the market's. Raises FeedStructureError for no offset."""
    text = settings.get("offset") or _MARKET_OFFSET
    match = _OFFSET.fullmatch(text)
    if match is None or int(match[2]) > 14:
        raise FeedStructureError(f"setting offset {text!r} is not like +10:00")
    seconds = int(match[2]) * 3600 + int(match[3]) * 60
    return -seconds if match[1] == "-" else seconds


def meter_cell(settings: Settings) -> int:
    """The cell of a 200 or 250 record that names the meter: the NMI, by setting `meter` its serial number."""
    return 6 if choice(settings, "meter", "nmi", "serial") == "serial" else 1


@lru_cache(maxsize=1 << 12)
def market_time(text: str, example: str) -> int:
    """Epoch seconds of a date (like 20260301) or time (like 20260301093000) read as UTC."""
    try:
        if len(text) != len(example) or not (text.isascii() and text.isdigit()):
            raise ValueError
        return int(datetime.strptime(text.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise ValueError(f"{text!r} is not a date like {example}") from None


@lru_cache(maxsize=1 << 10)
def quality_of(text: str) -> int:
    """A quality method as stored, UNKNOWN for N, VARIES for V; the method's number is not kept."""
    match = _FLAG.fullmatch(text)
    if match is None:
        raise ValueError(f"quality {text!r} is not known: it begins with A, E, F, N, S or V")
    return {"N": UNKNOWN, "V": VARIES}.get(match[1]) or _QUALITIES.get(match[1], Quality.ACTUAL)


def channel_of(
    *, meter: str, register: str, suffix: str, uom: str, direction: str = ""
) -> tuple[ChannelKey, int]:
    """(channel, power of ten of its values). The first letter of the suffix implies unit and direction where no
    cell states them. Raises ValueError: no name, a unit that is unknown or neither stated nor implied.
    """
    implied, flow = _FLOWS.get(suffix[:1].upper(), ("", "import"))
    if not uom and not implied:
        raise ValueError("the unit is neither said nor implied by the suffix")
    measured = measure(uom or implied)
    commodity = measured.commodity or "electricity"
    check_commodity(measured.unit, commodity)
    kind: Kind = "demand" if measured.unit in ("W", "VA", "var") else "interval"
    key = ChannelKey(
        needed(meter, "meter", 100),
        at_most(register, "register", 100),
        commodity,
        measured.unit,
        "none" if measured.unit in ("V", "A") else _DIRECTIONS.get(direction.upper(), flow),
        kind,
    )
    return key, measured.exponent
