"""What a third party can register for, as the metadata describes it (R-06 to R-28)."""

from dataclasses import dataclass

from django.conf import settings

from consent.queries.scope_offers import offered_now


@dataclass(frozen=True, slots=True)
class Registrable:
    """A described scope. `auth_methods`: the first is used where a registration names none; empty = no token.

    `requirements` and `optional` are ids of registration fields.
    """

    id: str
    response_types: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ()
    auth_methods: tuple[str, ...] = ()
    grant_admin_scope: str | None = None
    requirements: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


def registrable_scopes() -> dict[str, Registrable]:
    """Every scope that a registration may name, by id. Four queries."""
    return {
        offer.id: Registrable(
            id=offer.id,
            response_types=offer.kind.response_types,
            grant_types=offer.kind.grant_types,
            auth_methods=offer.kind.client_authentication,
            grant_admin_scope=offer.grant_admin_scope,
            requirements=offer.registration_requirements,
            optional=offer.registration_optional,
        )
        for offer in offered_now(role=settings.UTILITY_ROLE)
    }
