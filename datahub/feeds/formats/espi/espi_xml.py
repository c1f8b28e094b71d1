"""Green Button (NAESB ESPI) XML: an Atom feed of usage points, readings, their types and blocks.

A channel's meter is named by the self link of its usage point, without scheme and host: no two points share it. Setting
`meter` makes it the `title`, or the `id` (last part of the link). With "yes" others correct what vendors write wrongly:
`wall_clock_as_utc`, local clock time written as if it were UTC; `end_as_start`, the end of a reading where its start
belongs; `mean_power_as_energy`, the mean power of an interval where its energy is meant. Setting `meter_readings` =
"apart" makes each meter reading a register of its own, named by its link: for vendors who give two of one kind for the
same time. Setting `outside_interval` = "rejected" takes no readings from outside the interval that their block states;
many vendors state it carelessly. Bills in the same feed (UsageSummary) are read by `bills_espi`.
"""

from collections.abc import Iterator
from typing import BinaryIO
from zoneinfo import ZoneInfo

from lxml import etree

from datahub.feeds.formats.espi.blocks import BLOCK, READING, BlockReader
from datahub.feeds.formats.espi.directory import Directory, slot_channels
from datahub.feeds.formats.espi.entries import ATOM, ESPI, Links, ReadingType, UsagePoint, line_of
from datahub.feeds.formats.espi.feed import events, holds_only_bills, is_green_button
from datahub.feeds.formats.espi.uniform_readings import UniformReadings
from datahub.feeds.formats.spool import Spool
from datahub.rows.base import NO_SETTINGS, FeedStructureError, Part, Settings, choice
from datahub.rows.usage import UsageColumns

NAME = "espi_xml"
KIND = "usage"
SUFFIXES = (".xml",)


def sniff(content: bytes) -> bool:
    return is_green_button(content) and not holds_only_bills(content)


def read(
    source: BinaryIO, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS
) -> Iterator[Part[UsageColumns]]:
    """Readings by channel, once the whole file is through; those that cannot be taken are rejected one by one.

    Raises FeedStructureError: not well-formed, a document type, no entries, an entry of a block without it, a block
    whose meter reading, unit or usage point is missing or contradictory.
    """
    wall_clock, ends, mean_power = (
        choice(settings, name, "no", "yes") == "yes"
        for name in ("wall_clock_as_utc", "end_as_start", "mean_power_as_energy")
    )
    outside = choice(settings, "outside_interval", "taken", "rejected") == "taken"
    apart = choice(settings, "meter_readings", "joined", "apart") == "apart"
    directory = Directory(choice(settings, "meter", "link", "title", "id"))
    spool = Spool()
    blocks = BlockReader(spool, zone if wall_clock else None, ends=ends, outside=outside)
    for event in events(source):
        if isinstance(event, UniformReadings):
            blocks.read_run(event)
        elif event.tag == READING:
            blocks.read(event)
        else:
            links = Links.of(event)
            blocks.close(event, links)
            _read_entry(event, links, directory)
    channels = slot_channels(directory, blocks.slots, ends=ends, mean_power=mean_power, apart=apart)
    yield from spool.parts(channels, size=source.tell())


def _read_entry(entry: etree._Element, links: Links, directory: Directory) -> None:
    resources = [resource for part in entry.iterchildren(f"{ATOM}content") for resource in part]
    for resource in resources:
        if resource.tag == f"{ESPI}UsagePoint":
            directory.add_point(UsagePoint.of(resource, links, entry.findtext(f"{ATOM}title")))
        elif resource.tag == f"{ESPI}MeterReading":
            directory.add_reading(links)
        elif resource.tag == f"{ESPI}ReadingType":
            directory.add_type(links.own, ReadingType.of(resource))
    if links.is_a("IntervalBlock") and not any(resource.tag == BLOCK for resource in resources):
        raise FeedStructureError(f"line {line_of(entry)}: the entry of an IntervalBlock holds none")
