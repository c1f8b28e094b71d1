"""The hierarchy and supply terms go to the app that owns them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from accounts.feed_rows import Hierarchy, SupplyTermRow
from accounts.services.hierarchy import load_hierarchy
from accounts.services.loading.load import LoadResult
from accounts.services.supply_terms import load_supply_terms
from datahub.feeds.loading.kind import LoadHeldError
from datahub.rows.base import Rejection
from datahub.store.load import Loaded
from datahub.store.tally import Origin


def load_hierarchy_rows(*, hierarchy: Hierarchy, confirmed: bool, unread: int, origin: Origin) -> Loaded:
    """Raises LoadHeldError where too many links would end and nobody has confirmed it."""
    result = load_hierarchy(
        hierarchy=hierarchy, at=origin.at, version_at=hierarchy.as_of, confirmed=confirmed, unread=unread
    )
    if result.hold_reason:
        raise LoadHeldError(result.hold_reason)
    return _loaded(result)


def load_supply_term_rows(*, rows: Sequence[SupplyTermRow], origin: Origin) -> Loaded:
    """Raises nothing: a row that does not fit is rejected."""
    version_at = datetime.fromtimestamp(origin.version / 1_000_000, UTC)
    return _loaded(load_supply_terms(rows=rows, at=origin.at, version_at=version_at))


def _loaded(result: LoadResult) -> Loaded:
    rejected = [Rejection(refusal.line, refusal.reason) for refusal in result.rejected]
    return Loaded(accepted=result.accepted, unchanged=result.unchanged, rejected=rejected)
