"""Every release of data leaves a record, written with the answer."""

from collections.abc import Collection
from datetime import datetime

from cdsc_portal.lib.ranges import Span
from consent.access import DataAccess
from consent.models import Disclosure


def record_disclosure(
    *,
    access: DataAccess,
    scope: str,
    resource: str,
    span: Span,
    value_count: int,
    contracts: Collection[int],
    address: str | None,
    at: datetime,
) -> Disclosure:
    """Record that `resource` was released under `scope`; call it in the transaction of the answer (X-20).

    `span` is the period of the data, unbounded for what tells the present; `value_count` how many values, 0
    for an empty answer; `contracts` database keys of those it was about. Two queries.
    """
    disclosure = Disclosure.objects.create(
        grant_id=access.grant_id,
        scope=scope,
        resource=resource,
        start=span.start,
        end=span.end,
        value_count=value_count,
        released_at=at,
        address=address,
    )
    through = Disclosure.contracts.through
    through.objects.bulk_create(
        through(disclosure_id=disclosure.pk, servicecontract_id=contract) for contract in sorted(contracts)
    )
    return disclosure
