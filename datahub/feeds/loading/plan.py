"""From a stored file to the steps that load it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from datahub.feeds.formats.base import FeedStructureError, Hierarchy, Parsed, Rejection, UsageSeries
from datahub.feeds.formats.registry import formats
from datahub.feeds.formats.usage_rows import UsageColumns
from datahub.feeds.loading.attachments import unpacked
from datahub.feeds.loading.base import Plan, Step
from datahub.feeds.loading.bills import load_bills
from datahub.feeds.loading.generation_mix import load_shares
from datahub.feeds.loading.hierarchy import load_hierarchy_rows, load_supply_term_rows
from datahub.feeds.loading.usage import load_usage, make_room
from datahub.feeds.store.codec import DAY_SECONDS
from datahub.models import Feed, FeedKind

_BLOCKS_A_STEP = 2_000
_BILLS_A_STEP = 200
_SHARES_A_STEP = 5_000


def plan_of(*, feed: Feed, content: bytes, confirmed: bool) -> Plan:
    """Read `content` as `feed` says. Raises FeedStructureError where the file as a whole is refused."""
    data, attachments = unpacked(content) if feed.kind == FeedKind.BILLS else (content, {})
    file_format = formats().get(feed.format)
    if file_format is None:
        raise FeedStructureError(f"no format named {feed.format} is installed")
    parsed = file_format.parse(data, zone=ZoneInfo(feed.time_zone), settings=feed.settings)
    rejected = [*parsed.rejected, *_unclaimed(parsed, attachments)]
    return Plan(
        rows_read=parsed.accepted + len(rejected),
        rejected=rejected,
        steps=_steps(FeedKind(feed.kind), parsed, attachments, confirmed),
        texts=_lines(data),
        make_room=partial(make_room, rows=[UsageColumns.of(parsed.rows)])
        if feed.kind == FeedKind.USAGE
        else lambda: None,
    )


def _steps(
    kind: FeedKind, parsed: Parsed[Any], attachments: Mapping[str, bytes], confirmed: bool
) -> list[Step]:
    rows = parsed.rows
    match kind:
        case FeedKind.USAGE:
            parts = ([UsageColumns.of(part)] for part in _usage_parts(rows))
            return [partial(_with, load_usage, "rows", part) for part in parts]
        case FeedKind.BILLS:
            load = partial(load_bills, attachments=attachments)
            return [partial(_with, load, "bills", part) for part in _parts(rows, _BILLS_A_STEP)]
        case FeedKind.GENERATION_MIX:
            return [partial(_with, load_shares, "rows", part) for part in _parts(rows, _SHARES_A_STEP)]
        case FeedKind.SUPPLY_TERMS:
            return [partial(_with, load_supply_term_rows, "rows", rows)] if rows else []
        case FeedKind.HIERARCHY:
            hierarchies: Sequence[Hierarchy] = rows
            load = partial(load_hierarchy_rows, confirmed=confirmed, unread=len(parsed.rejected))
            return [partial(_with, load, "hierarchy", one) for one in hierarchies]


def _with(load: Callable[..., Any], name: str, part: object, origin: object) -> Any:  # noqa: ANN401
    return load(**{name: part}, origin=origin)


def _usage_parts(rows: Sequence[UsageSeries]) -> Iterable[list[UsageSeries]]:
    """Whole series together until they fill about _BLOCKS_A_STEP day blocks."""
    part: list[UsageSeries] = []
    blocks = 0
    for series in rows:
        days = (int(series.starts[-1]) - int(series.starts[0])) // DAY_SECONDS + 1 if series.size else 0
        part.append(series)
        blocks += min(days, series.size)
        if blocks >= _BLOCKS_A_STEP:
            yield part
            part, blocks = [], 0
    if part:
        yield part


def _parts(rows: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


def _unclaimed(parsed: Parsed[Any], attachments: Mapping[str, bytes]) -> Iterable[Rejection]:
    """Files beside the bills that no bill names."""
    named = {getattr(row, "file_name", "") for row in parsed.rows} if attachments else set()
    for name in sorted(attachments.keys() - named):
        yield Rejection(0, f"{name}: no bill that could be read names this file", name)


def _lines(data: bytes) -> list[str]:
    try:
        return data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return []
