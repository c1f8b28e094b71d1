"""A Green Button file as what happens in it while it goes by: readings, runs of them, entries."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from lxml import etree

from datahub.feeds.formats.espi.links import ATOM, ESPI
from datahub.feeds.formats.espi.uniform_readings import RunFinder, UniformReadings
from datahub.rows.base import FeedStructureError

_ENTRY, _READING = f"{ATOM}entry", f"{ESPI}IntervalReading"
_DECLARED = re.compile(
    rb"\s*<\?xml[^>]*\sencoding\s*=\s*[\"'](iso-8859-\d+|windows-125\d)[\"']", re.IGNORECASE
)
_PIECE = 1 << 20
_HEAD = 1 << 16
_DOCTYPE = b"<!DOCTYPE"
_MOST_BETWEEN = 16 << 20  # bytes that go by without a reading or the end of an entry: all of it is in memory
_MOST_NODES = 500_000  # elements and attributes of it, some 200 bytes each
_SUMMARY = re.compile(rb"<(?:[\w.-]+:)?(?:ElectricPower)?UsageSummary[\s>]")
_READINGS = re.compile(rb"<(?:[\w.-]+:)?(?:MeterReading|IntervalBlock)[\s/>]")


def is_green_button(content: bytes) -> bool:
    """By its beginning."""
    head = content[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"<") and b"http://naesb.org/espi" in head


def holds_only_bills(content: bytes) -> bool:
    """Whether a file begins with summaries of usage and says nothing of readings."""
    head = content[:_HEAD]
    return is_green_button(head) and bool(_SUMMARY.search(head)) and not _READINGS.search(head)


def events(source: BinaryIO) -> Iterator[etree._Element | UniformReadings]:
    """Each IntervalReading and Atom entry as it ends, a reading before its entry, and after the first reading of a run
    all of the run. Entries are gone from memory when the next is read, and nothing outside the file is ever fetched.

    Raises FeedStructureError: not UTF-8 (nor a declared encoding of single bytes), not well-formed, a document type,
    no entry, too much that is neither a reading nor an entry.
    """
    finder = RunFinder()
    texts = _texts(source, finder)
    first = next(texts)
    parser = etree.XMLPullParser(
        ("end", "pi"),
        tag=(_ENTRY, _READING),
        encoding=_encoding(first),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        huge_tree=True,
    )
    any_entry = False
    between = nodes = 0
    try:
        for text in chain([first], texts):
            between += len(text)
            if between > _MOST_BETWEEN:
                raise FeedStructureError(f"{_MOST_BETWEEN >> 20} MB without a reading or the end of an entry")
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
                        any_entry = True
                        _forget(element)
            finder.runs.clear()
    except etree.XMLSyntaxError as error:
        raise FeedStructureError(f"line {error.lineno}: not well-formed XML: {error.msg}") from error
    if not any_entry:
        raise FeedStructureError("no Atom entry in the file")


def _encoding(head: bytes) -> str:
    """UTF-8, whatever else a vendor declares of it; unless that is one byte a character."""
    declared = _DECLARED.match(head)
    return declared[1].decode() if declared else "utf-8"


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
        behind = (behind + text)[1 - len(_DOCTYPE) :]  # one may lie across two pieces
        if text:
            yield text
    yield b""


def _forget(entry: etree._Element) -> None:
    entry.clear()
    parent = entry.getparent()
    while parent is not None and entry.getprevious() is not None:
        del parent[0]
