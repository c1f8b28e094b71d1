"""Every release of data leaves a record, written with the answer."""

from collections.abc import Collection
from datetime import datetime

from cdsc_portal.lib.db.prepared import array, prepared_cursor
from cdsc_portal.lib.db.public_ids import new_public_id
from cdsc_portal.lib.runtime.counters import DISCLOSURES
from cdsc_portal.lib.time.ranges import Span
from consent.access import DataAccess, FilesAccess

_STATEMENT = """
    WITH released AS (
        INSERT INTO consent_disclosure
            (public_id, grant_id, scope, resource, start, "end", data_start, data_end, value_count, resolution,
             released_at, address)
        VALUES (%s, %s, %s, %s, %s::timestamptz, %s::timestamptz, %s::timestamptz, %s::timestamptz, %s, %s, %s,
                %s::inet)
        RETURNING id
    )
    INSERT INTO consent_disclosure_contracts (disclosure_id, servicecontract_id)
    SELECT released.id, about.contract FROM released, unnest(%s::bigint[]) AS about (contract)
"""


def record_disclosure(
    *,
    access: DataAccess | FilesAccess,
    scope: str,
    resource: str,
    span: Span,
    data: Span | None,
    value_count: int,
    resolution: str,
    contracts: Collection[int],
    address: str | None,
    at: datetime,
) -> None:
    """Record that `resource` was released under `scope`; call it in the transaction of the answer (X-20).

    `span` is the period that the answer could speak of, unbounded for what speaks of the present; `data` the one from
    the first value that leaves to the end of the last, None without any; `value_count` how many values, 0 for an empty
    answer; `resolution` how fine readings are, as `Disclosure` has it; `contracts` database keys of those it was about.
    One statement.
    """
    values = data or Span()
    DISCLOSURES.labels(resource).inc()
    with prepared_cursor() as cursor:
        cursor.execute(
            _STATEMENT,
            [
                new_public_id(), access.grant_id, scope, resource, span.start, span.end, values.start, values.end,
                value_count, resolution, at, address, array(sorted(contracts)),
            ],
        )  # fmt: skip
