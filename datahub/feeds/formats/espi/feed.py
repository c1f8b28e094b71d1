"""A Green Button file as a stream of its readings, runs of readings, and entries, in bounded memory."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from lxml import etree

from datahub.feeds.formats.espi.entries import ATOM, ESPI
from datahub.feeds.formats.espi.uniform_readings import RunFinder, UniformReadings
from datahub.rows.base import FeedStructureError

_ENTRY, _READING = f"{ATOM}entry", f"{ESPI}IntervalReading"
# encodings with a byte a character
_DECLARED = re.compile(
    rb"\s*<\?xml[^>]*\sencoding\s*=\s*[\"'](iso-8859-\d+|windows-125\d)[\"']", re.IGNORECASE
)
_PIECE = 1 << 20
_HEAD = 1 << 16
_DOCTYPE = b"<!DOCTYPE"
# between a reading or the end of an entry and the next one, all of which is in memory
_MOST_BYTES = 16 << 20
_MOST_NODES = 500_000  # elements and attributes, some 200 bytes each
_SUMMARY = re.compile(rb"<(?:[\w.-]+:)?(?:ElectricPower)?UsageSummary[\s>]")
_READINGS = re.compile(rb"<(?:[\w.-]+:)?(?:MeterReading|IntervalBlock)[\s/>]")


def is_green_button(content: bytes) -> bool:
    """By its beginning."""
    head = content[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"<") and b"http://naesb.org/espi" in head


def holds_only_bills(content: bytes) -> bool:
    """Whether a file begins with summaries of usage and has no readings in its beginning."""
    head = content[:_HEAD]
    return is_green_button(head) and bool(_SUMMARY.search(head)) and not _READINGS.search(head)


def events(source: BinaryIO) -> Iterator[etree._Element | UniformReadings]:
    """Each IntervalReading and Atom entry as it ends, a reading before its entry, and after the first reading of a run
    the whole run. An entry is removed from memory before the next is read. Nothing outside the file is ever fetched.

    Raises FeedStructureError: not UTF-8 (nor a declared encoding of single bytes), not well-formed, a document type,
    no entry, too much that is neither a reading nor an entry.
    """
    finder = RunFinder()
    texts = _texts(source, finder)
    first = next(texts)
    declared = _DECLARED.match(first)
    parser = etree.XMLPullParser(
        ("end", "pi"),
        tag=(_ENTRY, _READING),
        encoding=declared[1].decode() if declared else "utf-8",  # whatever else a vendor declares is UTF-8
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        huge_tree=True,
    )
    has_entry = False
    between = nodes = 0
    try:
        for text in chain([first], texts):
            between += len(text)
            if between > _MOST_BYTES:
                raise FeedStructureError(f"{_MOST_BYTES >> 20} MB without a reading or the end of an entry")
            nodes += text.count(b"<") + text.count(b"=") - text.count(b"</")
            if nodes > _MOST_NODES:
                raise FeedStructureError(f"{_MOST_NODES:,} elements without a reading or the end of an entry")
            if text:
                parser.feed(text)
            else:
                parser.close()
            for _, element in parser.read_events():
                if isinstance(element, etree._ProcessingInstruction):
                    if element.target == finder.target:
                        between = nodes = 0
                        yield finder.runs[int(element.text or "")]
                elif isinstance(element, etree._Element):
                    between = nodes = 0
                    yield element
                    if element.tag == _ENTRY:
                        has_entry = True
                        _remove_through(element)
            finder.runs.clear()
    except etree.XMLSyntaxError as error:
        raise FeedStructureError(f"line {error.lineno}: not well-formed XML: {error.msg}") from error
    if not has_entry:
        raise FeedStructureError("no Atom entry in the file")


def _texts(source: BinaryIO, finder: RunFinder) -> Iterator[bytes]:
    """The file without its runs, b"" at its end."""
    piece, behind = b"-", b""
    while piece:
        piece = source.read(_PIECE)
        text = finder.take(piece)
        if text.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise FeedStructureError("not UTF-8")
        if _DOCTYPE in behind + text or b"\0" in text:
            raise FeedStructureError("a document type or a byte 0 has no place in a Green Button file")
        behind = (behind + text)[1 - len(_DOCTYPE) :]  # it may lie across two pieces
        if text:
            yield text
    yield b""


def _remove_through(entry: etree._Element) -> None:
    """Free the memory of the entry and of all that is ahead of it."""
    entry.clear()
    parent = entry.getparent()
    while parent is not None and entry.getprevious() is not None:
        del parent[0]
