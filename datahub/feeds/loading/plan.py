"""From a stored file to the chunks that load it."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured

from cdsc_portal.lib import clock
from datahub.feeds.formats.registry import formats
from datahub.feeds.loading.attachments import unpack
from datahub.feeds.loading.base import Chunk, Outcome, Step
from datahub.feeds.loading.bills import load_bills
from datahub.feeds.loading.generation_mix import load_mix
from datahub.feeds.loading.hierarchy import load_hierarchy_rows, load_supply_term_rows
from datahub.feeds.loading.parking import load_or_park
from datahub.feeds.loading.usage import look_up, months_of
from datahub.models import Feed, FeedKind
from datahub.rows.base import KINDS, FeedStructureError, Part, Rejection
from datahub.rows.usage import UsageRows
from datahub.store.load import Loaded
from datahub.store.tally import Origin

Chunks = Generator[Chunk, None, None]


class _WholeFile(NamedTuple):
    """What a loader of a kind that is read as a whole may need beside rows and origin."""

    attachments: Mapping[str, bytes]
    confirmed: bool
    unread: int  # rows that the format rejected


class _Loader(NamedTuple):
    """How rows of a kind are loaded, so many a chunk; None = all at once."""

    load: Callable[[Sequence[Any], Origin, _WholeFile], Loaded]
    rows_a_chunk: int | None


_LOADERS = {
    FeedKind.HIERARCHY: _Loader(
        lambda rows, origin, file: load_hierarchy_rows(
            hierarchy=rows[0], confirmed=file.confirmed, unread=file.unread, origin=origin
        ),
        1,
    ),
    FeedKind.BILLS: _Loader(
        lambda rows, origin, file: load_bills(bills=rows, attachments=file.attachments, origin=origin), 200
    ),
    FeedKind.SUPPLY_TERMS: _Loader(
        lambda rows, origin, _file: load_supply_term_rows(rows=rows, origin=origin), None
    ),
    FeedKind.GENERATION_MIX: _Loader(lambda rows, origin, _file: load_mix(rows=rows, origin=origin), 5_000),
}
_unloaded = set(FeedKind) - {FeedKind.USAGE} - _LOADERS.keys()  # readings are loaded part by part
_unread = set(FeedKind.values) ^ set(KINDS)
if _unloaded or _unread:
    names = ", ".join(sorted({*map(str, _unloaded), *_unread}))
    raise ImproperlyConfigured(
        f"feeds of {names}: a kind has a loader here and stands among the kinds of formats"
    )


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
    loader = _LOADERS[FeedKind(feed.kind)]
    load = partial(_loaded, loader, _WholeFile(attachments, confirmed, len(rejected)))
    at_once = loader.rows_a_chunk or max(len(rows), 1)
    for first in range(0, len(rows), at_once):
        some = rows[first : first + at_once]
        read = sum(getattr(row, "size", 1) for row in some)
        yield Chunk(read, size * (first + len(some)) // len(rows), (), partial(load, some))


def _loaded(loader: _Loader, file: _WholeFile, rows: Sequence[Any], origin: Origin) -> Outcome:
    return Outcome(loader.load(rows, origin, file))


def _unclaimed(rows: Iterable[Any], attachments: Mapping[str, bytes]) -> Iterable[Rejection]:
    """Files beside the bills that no bill names."""
    named = {getattr(row, "file_name", "") for row in rows} if attachments else set()
    for name in sorted(attachments.keys() - named):
        yield Rejection(0, f"{name}: no bill that could be read names this file", name)
