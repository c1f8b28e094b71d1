"""How service is delivered now."""

from datetime import datetime

from accounts.queries.deliveries import Delivery, deliveries
from datahub.answers.coverage import Coverage
from datahub.answers.loaded_until import standing
from datahub.answers.page import Page


def current_deliveries(covered: Coverage, *, at: datetime) -> Page[Delivery]:
    """One delivery a contract, with its points and meters at `at`. Three queries."""
    items = deliveries(covered.spans.keys(), at=at)
    return Page(
        items=items,
        standings={item.contract_key: standing(found=True, synced=item.verified) for item in items},
        contracts=frozenset(item.contract_key for item in items),
        values=len(items),
    )
