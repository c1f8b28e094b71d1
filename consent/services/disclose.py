"""Every release of data leaves a record, written with the answer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from cdsc_portal.lib.db.prepared import array, prepared_cursor
from cdsc_portal.lib.runtime.counters import DISCLOSURES
from cdsc_portal.lib.time.ranges import Span
from consent.access import DataAccess, FilesAccess

_STATEMENT = """
    INSERT INTO consent_disclosure
        (grant_id, scope, resource, start, "end", data_start, data_end, value_count, resolution, released_at, address,
         contracts)
    VALUES (%s, %s, %s, %s::timestamptz, %s::timestamptz, %s::timestamptz, %s::timestamptz, %s, %s, %s, %s::inet,
            %s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Release:
    """Data that leave as `resource`.

    `data` is the time from the first value that leaves to the end of the last, None without any; `value_count` how many
    values, 0 for an empty answer; `contracts` database keys of those it was about; `resolution` how fine readings are,
    empty where there are none (`Disclosure.resolution`).
    """

    resource: str
    data: Span | None
    value_count: int
    contracts: Collection[int]
    resolution: str = ""


def record_disclosure(
    release: Release,
    *,
    access: DataAccess | FilesAccess,
    scope: str,
    span: Span,
    address: str | None,
    at: datetime,
) -> None:
    """Record what left under `scope`; call it in the transaction of the answer (X-20). One row,
    one statement.

    `span` is the period that the answer could speak of, unbounded for what speaks of the present.
    """
    values = release.data or Span()
    DISCLOSURES.labels(release.resource).inc()
    with prepared_cursor() as cursor:
        cursor.execute(
            _STATEMENT,
            [
                access.grant_id, scope, release.resource, span.start, span.end, values.start, values.end,
                release.value_count, release.resolution, at, address, array(sorted(release.contracts)),
            ],
        )  # fmt: skip
