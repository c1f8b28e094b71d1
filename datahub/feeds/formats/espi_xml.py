"""Green Button (NAESB ESPI) XML: an Atom feed of usage points, readings, their types and blocks.

A channel's meter is named by the self link of its usage point, without scheme and host: the one name that no
two points share. Setting `meter` makes it the `title`, or the `id` (last part of the link). Setting
`wall_clock_as_utc` ("yes") mends files that write local clock time as if it were UTC. Bills in the same feed
(UsageSummary) are not read.
"""

from collections.abc import Iterator
from io import BytesIO
from zoneinfo import ZoneInfo

from lxml import etree

from datahub.feeds.formats.base import (
    NO_SETTINGS,
    FeedStructureError,
    Parsed,
    Settings,
    UsageSeries,
    choice,
    decoded,
)
from datahub.feeds.formats.espi_blocks import Blocks
from datahub.feeds.formats.espi_links import ATOM, ESPI, Links, line_of
from datahub.feeds.formats.espi_names import Directory, channels_of
from datahub.feeds.formats.espi_types import MeterReading, ReadingType, UsagePoint
from datahub.feeds.formats.readings import parsed_channels

NAME = "espi_xml"
KIND = "usage"
SUFFIXES = (".xml",)

_HEAD = 1 << 16


def sniff(content: bytes) -> bool:
    head = content[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"<") and b"http://naesb.org/espi" in head


def parse(content: bytes, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Parsed[UsageSeries]:
    """Series by channel; readings that cannot be taken are rejected one by one.

    Raises FeedStructureError: not well-formed, a document type, no entries, an interval block that is not
    there, a block whose meter reading, unit or usage point cannot be found or is told twice, differently.
    """
    wall_clock = choice(settings, "wall_clock_as_utc", "no", "yes") == "yes"
    directory = Directory(choice(settings, "meter", "link", "title", "id"))
    blocks = Blocks(zone if wall_clock else None)
    for entry in _entries(content):
        _take(entry, directory, blocks)
    return parsed_channels(channels_of(directory, blocks.channels), blocks.rejected)


def _take(entry: etree._Element, directory: Directory, blocks: Blocks) -> None:
    links = Links.of(entry)
    resources = [resource for part in entry.iterchildren(f"{ATOM}content") for resource in part]
    for resource in resources:
        if resource.tag == f"{ESPI}UsagePoint":
            directory.points[links.own] = UsagePoint.of(resource, links, entry.findtext(f"{ATOM}title"))
        elif resource.tag == f"{ESPI}MeterReading":
            directory.readings[links.own] = MeterReading(links)
        elif resource.tag == f"{ESPI}ReadingType":
            directory.add_type(links.own, ReadingType.of(resource))
        elif resource.tag == f"{ESPI}IntervalBlock":
            blocks.take(resource, links)
    if links.is_a("IntervalBlock") and not any(part.tag == f"{ESPI}IntervalBlock" for part in resources):
        raise FeedStructureError(f"line {line_of(entry)}: the entry of an IntervalBlock holds none")


def _entries(content: bytes) -> Iterator[etree._Element]:
    """Each Atom entry, gone from memory when the next is read. Nothing outside the file is ever fetched."""
    if "<!DOCTYPE" in decoded(content) or b"\x00" in content:
        raise FeedStructureError("a document type or a byte 0 has no place in a Green Button file")
    any_entry = False
    entries = etree.iterparse(
        BytesIO(content),
        tag=f"{ATOM}entry",
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
    )
    try:
        for _, entry in entries:
            any_entry = True
            yield entry
            entry.clear()
            while entry.getprevious() is not None:
                del entry.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise FeedStructureError(f"line {error.lineno}: not well-formed XML: {error.msg}") from error
    if not any_entry:
        raise FeedStructureError("no Atom entry in the file")
