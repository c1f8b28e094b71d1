"""From a stored file to the chunks that load it."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from cdsc_portal.lib import clock
from datahub.feeds.formats.base import FeedStructureError, Part, Rejection
from datahub.feeds.formats.registry import formats
from datahub.feeds.formats.usage_rows import UsageRows
from datahub.feeds.loading.attachments import unpack
from datahub.feeds.loading.base import Chunk, Outcome, Step
from datahub.feeds.loading.bills import load_bills
from datahub.feeds.loading.generation_mix import load_mix
from datahub.feeds.loading.hierarchy import load_hierarchy_rows, load_supply_term_rows
from datahub.feeds.loading.parking import load_or_park
from datahub.feeds.loading.usage import look_up, months_of
from datahub.feeds.store.load import Loaded
from datahub.feeds.store.tally import Origin
from datahub.models import Feed, FeedKind

Chunks = Generator[Chunk, None, None]
# rows a chunk; supply terms all at once
_AT_ONCE = {FeedKind.BILLS: 200, FeedKind.GENERATION_MIX: 5_000, FeedKind.HIERARCHY: 1}


def chunks_of(*, feed: Feed, file: BinaryIO, confirmed: bool) -> Chunks:
    """Read `file` as `feed` says. Raises FeedStructureError where the file as a whole is refused."""
    if feed.kind == FeedKind.USAGE:
        return _usage_chunks(parts_of(feed=feed, file=file))
    return _whole_chunks(feed, file, confirmed)


def parts_of(*, feed: Feed, file: BinaryIO) -> Iterator[Part[Any]]:
    """What the feed's format makes of `file`. Raises FeedStructureError where it is refused."""
    file_format = formats().get(feed.format)
    if file_format is None:
        raise FeedStructureError(f"no format named {feed.format} is installed")
    zone = ZoneInfo(feed.time_zone)
    return file_format.read(file, zone=zone, settings=feed.settings, mapping=feed.mapping)


def _usage_chunks(parts: Iterator[Part[Any]]) -> Chunks:
    for part in parts:
        yield Chunk(
            part.read,
            part.offset,
            part.rejected,
            load=_step(partial(load_or_park, rows=part.rows)),
            skipped=part.skipped,
            months=months_of(part.rows),
            look_up=partial(_looked_up, part.rows),
            meters=frozenset(number for rows in part.rows for number in rows.channels.meters),
        )


def _looked_up(rows: Sequence[UsageRows]) -> Step:
    return _step(partial(load_or_park, rows=rows, ahead=look_up(rows=rows, at=clock.now())))


def _step(load: Callable[..., Outcome]) -> Step:
    return lambda origin: load(origin=origin)


def _whole_chunks(feed: Feed, file: BinaryIO, confirmed: bool) -> Chunks:
    """Kinds that stay small: all rows are there before the first is loaded."""
    attachments: Mapping[str, bytes] = {}
    skipped: Sequence[str] = ()
    size = file.seek(0, 2)
    file.seek(0)
    if feed.kind == FeedKind.BILLS:
        file, attachments, skipped = unpack(file)
    parts = list(parts_of(feed=feed, file=file))
    rows = [row for part in parts for row in part.rows]
    rejected = [rejection for part in parts for rejection in part.rejected]
    rejected += _unclaimed(rows, attachments)
    yield Chunk(len(rejected), 0, rejected, lambda _origin: Outcome(Loaded()), skipped)
    load = _loader(FeedKind(feed.kind), attachments, confirmed, unread=len(rejected))
    at_once = _AT_ONCE.get(FeedKind(feed.kind), max(len(rows), 1))
    for first in range(0, len(rows), at_once):
        some = rows[first : first + at_once]
        read = sum(getattr(row, "size", 1) for row in some)
        yield Chunk(read, size * (first + len(some)) // len(rows), (), partial(_loaded, load, some))


def _loaded(load: Callable[[Sequence[Any], Origin], Loaded], rows: Sequence[Any], origin: Origin) -> Outcome:
    return Outcome(load(rows, origin))


def _loader(
    kind: FeedKind, attachments: Mapping[str, bytes], confirmed: bool, *, unread: int
) -> Callable[[Sequence[Any], Origin], Loaded]:
    match kind:
        case FeedKind.BILLS:
            return lambda rows, origin: load_bills(bills=rows, attachments=attachments, origin=origin)
        case FeedKind.GENERATION_MIX:
            return lambda rows, origin: load_mix(rows=rows, origin=origin)
        case FeedKind.SUPPLY_TERMS:
            return lambda rows, origin: load_supply_term_rows(rows=rows, origin=origin)
        case _:
            return lambda rows, origin: load_hierarchy_rows(
                hierarchy=rows[0], confirmed=confirmed, unread=unread, origin=origin
            )


def _unclaimed(rows: Iterable[Any], attachments: Mapping[str, bytes]) -> Iterable[Rejection]:
    """Files beside the bills that no bill names."""
    named = {getattr(row, "file_name", "") for row in rows} if attachments else set()
    for name in sorted(attachments.keys() - named):
        yield Rejection(0, f"{name}: no bill that could be read names this file", name)
