"""Feeds: where data comes from."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from datahub.feeds.formats.csv.mapping_json import mapping_of
from datahub.feeds.formats.registry import NO_MAPPING, formats
from datahub.models import Feed
from datahub.rows.base import FeedStructureError


class FeedRefusedError(ValueError):
    """The feed cannot be registered so; `field` names what is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def check_feed(
    *, kind: str, format_name: str, time_zone: str, mapping: Mapping[str, object] = NO_MAPPING
) -> None:
    """Raises FeedRefusedError: format not installed or of another kind, zone unknown, mapping not to be used."""
    file_format = formats().get(format_name)
    if file_format is None:
        raise FeedRefusedError("format", f"no format named {format_name}; there are {', '.join(formats())}")
    if file_format.kind != kind:
        raise FeedRefusedError("format", f"{format_name} is a format of {file_format.kind}, not of {kind}")
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise FeedRefusedError("time_zone", f"{time_zone} is not an IANA time zone") from error
    if mapping:
        if not file_format.mapped:
            raise FeedRefusedError("format", f"{format_name} takes no mapping")
        needed = check_mapping(mapping)
        if needed != format_name:
            raise FeedRefusedError("format", f"the mapping is one for {needed}, not for {format_name}")


def check_mapping(mapping: Mapping[str, object]) -> str:
    """The format that reads by such a mapping. Raises FeedRefusedError with the member that is wrong."""
    try:
        return f"usage_csv_{mapping_of(mapping).shape}"
    except FeedStructureError as error:
        raise FeedRefusedError("mapping", str(error)) from error


def map_feed(*, feed: Feed, mapping: Mapping[str, object]) -> None:
    """Let a feed's files be read by `mapping`; the format follows its shape. An empty one is the plain layout.

    Raises FeedRefusedError.
    """
    format_name = check_mapping(mapping) if mapping else feed.format
    check_feed(kind=feed.kind, format_name=format_name, time_zone=feed.time_zone, mapping=mapping)
    feed.format, feed.mapping = format_name, dict(mapping)
    feed.save(update_fields=["format", "mapping"])


def register_feed(
    *,
    name: str,
    format_name: str,
    time_zone: str,
    settings: Mapping[str, str],
    at: datetime,
    mapping: Mapping[str, object] = NO_MAPPING,
) -> Feed:
    """Register a feed, or bring the one of that name up to date; its kind is its format's.

    Raises FeedRefusedError as `check_feed` does, and where the feed of that name is of another kind.
    """
    file_format = formats().get(format_name)
    kind = file_format.kind if file_format else ""
    check_feed(kind=kind, format_name=format_name, time_zone=time_zone, mapping=mapping)
    feed = Feed.objects.filter(name=name).first() or Feed(name=name, kind=kind, created=at)
    if feed.kind != kind:
        raise FeedRefusedError("format", f"the feed {name} brings {feed.kind}, {format_name} reads {kind}")
    feed.format, feed.time_zone = format_name, time_zone
    feed.settings, feed.mapping = dict(settings), dict(mapping)
    feed.save()
    return feed
