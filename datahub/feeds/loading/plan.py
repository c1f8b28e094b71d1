"""From a stored file to the chunks that load it."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from datahub.feeds.formats.registry import formats
from datahub.feeds.loading.attachments import unpack
from datahub.feeds.loading.kind import Chunk, Kind, Outcome, WholeFile
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
    if kind.chunk_of is None:
        yield from _chunks_of_small_file(kind, feed, file, confirmed)
    else:
        yield from map(kind.chunk_of, parts_of(feed=feed, file=file))


def parts_of(*, feed: Feed, file: BinaryIO) -> Iterator[Part[Any]]:
    """What the feed's format makes of `file`. Raises FeedStructureError where it is refused."""
    file_format = formats().get(feed.format)
    if file_format is None:
        raise FeedStructureError(f"no format named {feed.format} is installed")
    zone = ZoneInfo(feed.time_zone)
    return file_format.read(file, zone=zone, settings=feed.settings, mapping=feed.mapping)


def _chunks_of_small_file(kind: Kind, feed: Feed, file: BinaryIO, confirmed: bool) -> Chunks:
    """All rows are read before the first is loaded. The first chunk has what was rejected and loads nothing."""
    attachments: Mapping[str, bytes] = {}
    skipped: Sequence[str] = ()
    size = file.seek(0, 2)
    file.seek(0)
    if kind.attachments:
        file, attachments, skipped = unpack(file)
    parts = list(parts_of(feed=feed, file=file))
    rows = [row for part in parts for row in part.rows]
    rejected = [rejection for part in parts for rejection in part.rejected]
    for name in sorted(attachments.keys() - {getattr(row, "file_name", "") for row in rows}):
        rejected.append(Rejection(0, f"{name}: no bill that could be read names this file", name))
    yield Chunk(len(rejected), 0, rejected, lambda _origin: Outcome(Loaded()), skipped)

    whole_file = WholeFile(attachments, confirmed, len(rejected))

    def load(some: Sequence[Any], origin: Origin) -> Outcome:
        assert kind.load is not None  # a kind without chunk_of has it
        return Outcome(kind.load(some, origin, whole_file))

    rows_a_chunk = kind.rows_a_chunk or max(len(rows), 1)
    for first in range(0, len(rows), rows_a_chunk):
        some = rows[first : first + rows_a_chunk]
        read = sum(getattr(row, "size", 1) for row in some)
        yield Chunk(read, size * (first + len(some)) // len(rows), (), partial(load, some))
