"""The same activity as a file: every read and every step on a line of its own."""

from collections.abc import Iterator
from datetime import datetime
from heapq import merge
from operator import itemgetter

from accounts.models import User
from cdsc_portal.lib.text.csv_cells import plain_cell
from consent.models import Disclosure, Grant
from consent.pages.activity.page import ActivityFilter, Line, happened
from consent.queries.visible_reads import visible_reads
from consent.scopes.catalogue import SCOPES

CSV_HEADER = (
    "at_utc",
    "kind",
    "who",
    "what",
    "data",
    "first_value_utc",
    "last_value_end_utc",
    "values",
    "resolution",
    "from_address",
    "sharing_id",
)


def activity_rows(*, user: User, chosen: ActivityFilter, at: datetime) -> Iterator[tuple[object, ...]]:
    """Under CSV_HEADER, newest first; instants in UTC, periods half-open."""
    everything = happened(user=user, chosen=chosen, at=at)
    steps = sorted(everything.steps, key=lambda line: line.at, reverse=True)
    start, end = chosen.bounds
    reads = visible_reads(user=user, at=at).filter(
        grant__in=everything.grants.keys(), released_at__gte=start, released_at__lt=end
    )
    return merge(
        (_read_row(read, everything.grants[read.grant_id]) for read in reads.iterator(chunk_size=2000)),
        map(_step_row, steps),
        key=itemgetter(0),  # instants of one form sort as text
        reverse=True,
    )


def _read_row(read: Disclosure, grant: Grant) -> tuple[object, ...]:
    return (
        _instant(read.released_at),
        "company",
        plain_cell(grant.client.name),
        "read",
        SCOPES[read.scope].title,
        _instant(read.data_start),
        _instant(read.data_end),
        read.value_count,
        read.resolution,
        read.address or "",
        grant.public_id,
    )


def _step_row(line: Line) -> tuple[object, ...]:
    return (_instant(line.at), line.kind, line.who, plain_cell(line.what), "", "", "", "", "", "", line.grant)


def _instant(moment: datetime | None) -> str:
    return moment.isoformat(timespec="microseconds") if moment else ""
