"""Every resource, in the order of the documents."""

from collections.abc import Iterable

from django.core.exceptions import ImproperlyConfigured

from consent.scopes.base import Scope
from consent.scopes.catalogue import SCOPES
from datahub.resources.base import Resource
from datahub.resources.bill_data import BILL_DATA
from datahub.resources.bill_statements import BILL_STATEMENTS
from datahub.resources.consumption_breakdown import CONSUMPTION_BREAKDOWN
from datahub.resources.distribution_details import DISTRIBUTION_DETAILS
from datahub.resources.generation_breakdown import GENERATION_BREAKDOWN
from datahub.resources.generation_mix import GENERATION_MIX
from datahub.resources.residual_mix import RESIDUAL_MIX
from datahub.resources.supply_details import SUPPLY_DETAILS
from datahub.resources.supply_history import SUPPLY_HISTORY
from datahub.resources.usage_data import USAGE_DATA
from datahub.resources.usage_sums import USAGE_SUMS


def registered(resources: Iterable[Resource], scopes: Iterable[Scope]) -> dict[str, Resource]:
    """By name. Raises ImproperlyConfigured, at import, unless scopes open exactly the resources that there are."""
    by_name: dict[str, Resource] = {}
    names: set[str] = set()
    for resource in resources:
        for part in (resource, *resource.files):
            if part.name in names:
                raise ImproperlyConfigured(f"two addresses have the name {part.name}")
            names.add(part.name)
        by_name[resource.name] = resource
    opened = {name for scope in scopes for name in scope.opens}
    served = {resource.opened_as for resource in by_name.values()}
    if missing := opened - served:
        raise ImproperlyConfigured(
            f"scopes open {', '.join(sorted(missing))}: no such resource is registered"
        )
    if closed := served - opened:
        raise ImproperlyConfigured(f"no scope opens the resource {', '.join(sorted(closed))}")
    return by_name


RESOURCES = registered(
    (
        DISTRIBUTION_DETAILS,
        SUPPLY_DETAILS,
        SUPPLY_HISTORY,
        USAGE_DATA,
        USAGE_SUMS,
        BILL_DATA,
        BILL_STATEMENTS,
        GENERATION_MIX,
        GENERATION_BREAKDOWN,
        CONSUMPTION_BREAKDOWN,
        RESIDUAL_MIX,
    ),
    SCOPES.values(),
)
