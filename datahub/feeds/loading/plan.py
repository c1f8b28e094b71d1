"""From a stored file to the chunks that load it."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from datahub.feeds.formats.registry import formats
from datahub.feeds.loading.attachments import unpack
from datahub.feeds.loading.base import Chunk, Outcome
from datahub.feeds.loading.kind import Kind, WholeFile
from datahub.feeds.loading.kinds import KINDS
from datahub.models import Feed
from datahub.rows.base import FeedStructureError, Part, Rejection
from datahub.store.load import Loaded
from datahub.store.tally import Origin

Chunks = Generator[Chunk, None, None]


def chunks_of(*, feed: Feed, file: BinaryIO, confirmed: bool) -> Chunks:
    """Read `file` as `feed` says. Raises FeedStructureError where the file as a whole is refused."""
    kind = KINDS.get(feed.kind)
    if kind is None:
        raise FeedStructureError(f"no kind of feed named {feed.kind} is installed")
    if kind.chunk_of is not None:
        return _part_chunks(kind.chunk_of, parts_of(feed=feed, file=file))
    return _whole_chunks(kind, feed, file, confirmed)


def parts_of(*, feed: Feed, file: BinaryIO) -> Iterator[Part[Any]]:
    """What the feed's format makes of `file`. Raises FeedStructureError where it is refused."""
    file_format = formats().get(feed.format)
    if file_format is None:
        raise FeedStructureError(f"no format named {feed.format} is installed")
    zone = ZoneInfo(feed.time_zone)
    return file_format.read(file, zone=zone, settings=feed.settings, mapping=feed.mapping)


def _part_chunks(chunk_of: Callable[[Part[Any]], Chunk], parts: Iterator[Part[Any]]) -> Chunks:
    for part in parts:
        yield chunk_of(part)


def _whole_chunks(kind: Kind, feed: Feed, file: BinaryIO, confirmed: bool) -> Chunks:
    """Kinds that stay small: all rows are there before the first is loaded."""
    attachments: Mapping[str, bytes] = {}
    skipped: Sequence[str] = ()
    size = file.seek(0, 2)
    file.seek(0)
    if kind.attachments:
        file, attachments, skipped = unpack(file)
    parts = list(parts_of(feed=feed, file=file))
    rows = [row for part in parts for row in part.rows]
    rejected = [rejection for part in parts for rejection in part.rejected]
    rejected += _unclaimed(rows, attachments)
    yield Chunk(len(rejected), 0, rejected, lambda _origin: Outcome(Loaded()), skipped)
    load = partial(_loaded, kind, WholeFile(attachments, confirmed, len(rejected)))
    at_once = kind.rows_a_chunk or max(len(rows), 1)
    for first in range(0, len(rows), at_once):
        some = rows[first : first + at_once]
        read = sum(getattr(row, "size", 1) for row in some)
        yield Chunk(read, size * (first + len(some)) // len(rows), (), partial(load, some))


def _loaded(kind: Kind, file: WholeFile, rows: Sequence[Any], origin: Origin) -> Outcome:
    assert kind.load is not None  # noqa: S101 - a kind without it has chunk_of
    return Outcome(kind.load(rows, origin, file))


def _unclaimed(rows: Iterable[Any], attachments: Mapping[str, bytes]) -> Iterable[Rejection]:
    """Files beside the bills that no bill names."""
    named = {getattr(row, "file_name", "") for row in rows} if attachments else set()
    for name in sorted(attachments.keys() - named):
        yield Rejection(0, f"{name}: no bill that could be read names this file", name)
