"""Every scope, in the order of the pages."""

from consent.scopes.base import Scope
from consent.scopes.bill_data import BILL_DATA
from consent.scopes.bill_statements import BILL_STATEMENTS
from consent.scopes.consumption_breakdown import CONSUMPTION_BREAKDOWN
from consent.scopes.customer_distribution_details import CUSTOMER_DISTRIBUTION_DETAILS
from consent.scopes.customer_supply_details import CUSTOMER_SUPPLY_DETAILS
from consent.scopes.customer_supply_history import CUSTOMER_SUPPLY_HISTORY
from consent.scopes.generation_breakdown import GENERATION_BREAKDOWN
from consent.scopes.generation_mix import GENERATION_MIX
from consent.scopes.residual_mix import RESIDUAL_MIX
from consent.scopes.usage_data import USAGE_DATA

SCOPES: dict[str, Scope] = {
    scope.id: scope
    for scope in (
        CUSTOMER_DISTRIBUTION_DETAILS,
        CUSTOMER_SUPPLY_DETAILS,
        CUSTOMER_SUPPLY_HISTORY,
        USAGE_DATA,
        BILL_DATA,
        BILL_STATEMENTS,
        GENERATION_MIX,
        GENERATION_BREAKDOWN,
        CONSUMPTION_BREAKDOWN,
        RESIDUAL_MIX,
    )
}


def scope_named(name: str) -> Scope | None:
    """The scope that a request calls `name`, with or without the `customer_` prefix; None if there is none."""
    return SCOPES.get(name) or next((scope for scope in SCOPES.values() if name in scope.aliases), None)


def is_offered(scope: Scope, role: str) -> bool:
    """Whether a utility of this role offers it; one that only distributes knows no suppliers."""
    return role == "full" or not scope.needs_supply


def offered_scopes(role: str) -> tuple[Scope, ...]:
    """What a utility of this role offers."""
    return tuple(scope for scope in SCOPES.values() if is_offered(scope, role))
