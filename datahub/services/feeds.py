"""Feeds: where data comes from."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from datahub.feeds.formats.registry import formats
from datahub.models import Feed


class FeedRefusedError(ValueError):
    """The feed cannot be registered so; `field` names what is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def check_feed(*, kind: str, format_name: str, time_zone: str) -> None:
    """Raises FeedRefusedError: format not installed or of another kind, zone unknown."""
    file_format = formats().get(format_name)
    if file_format is None:
        raise FeedRefusedError("format", f"no format named {format_name}; there are {', '.join(formats())}")
    if file_format.kind != kind:
        raise FeedRefusedError("format", f"{format_name} is a format of {file_format.kind}, not of {kind}")
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise FeedRefusedError("time_zone", f"{time_zone} is not an IANA time zone") from error


def register_feed(
    *, name: str, format_name: str, time_zone: str, settings: Mapping[str, str], at: datetime
) -> Feed:
    """Register a feed, or bring the one of that name up to date; its kind is its format's.

    Raises FeedRefusedError as `check_feed` does, and where the feed of that name is of another kind.
    """
    file_format = formats().get(format_name)
    kind = file_format.kind if file_format else ""
    check_feed(kind=kind, format_name=format_name, time_zone=time_zone)
    feed = Feed.objects.filter(name=name).first() or Feed(name=name, kind=kind, created=at)
    if feed.kind != kind:
        raise FeedRefusedError("format", f"the feed {name} brings {feed.kind}, {format_name} reads {kind}")
    feed.format, feed.time_zone, feed.settings = format_name, time_zone, dict(settings)
    feed.save()
    return feed
