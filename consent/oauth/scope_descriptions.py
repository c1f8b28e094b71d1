"""Each offer as third parties find it: a ScopeDescription of CDS-WG1-02 section 3."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.urls import reverse

from consent.oauth.redirects import issuer
from consent.queries.scope_offers import OfferedScope, OfferLimits
from consent.scopes.base import Period
from consent.scopes.fields import as_metadata
from consent.scopes.offer_types import wire_type


def scope_description(offer: OfferedScope, *, listed: Collection[str]) -> dict[str, Any]:
    """The members in order; `listed` are the ids of all offers in the document (R-21 to R-25)."""
    kind = offer.kind
    documentation = issuer() + reverse("docs_scope", args=[offer.id])
    details_types = [offer.id] if kind.has_details else []
    opener = offer.grant_admin_scope
    return {
        "id": offer.id,
        "type": wire_type(kind, prefix=settings.SERVER_PREFIX),
        "name": offer_name(offer),
        "description": offer.description or str(kind.description),
        "documentation": documentation,
        "registration_requirements": list(offer.registration_requirements),
        "registration_optional": list(offer.registration_optional),
        "response_types_supported": list(kind.response_types),
        "grant_types_supported": list(kind.grant_types),
        "token_endpoint_auth_methods_supported": list(kind.client_authentication),
        "code_challenge_methods_supported": list(kind.challenge_methods),
        "coverages_supported": list(offer.coverages),
        "grant_admin_scope": opener if opener in listed else None,
        "authorization_details_types_supported": details_types,
        "authorization_details_fields_supported": [
            {
                **as_metadata(field, documentation=documentation, for_types=details_types),
                "description": f"{field.description}{_in_days(offer, field.id)}",
            }
            for field in offer.fields
        ],
    }


def offer_name(offer: OfferedScope) -> str:
    """The name of the type, with the offer's own label where it has one (R-28)."""
    return f"{offer.kind.name}: {offer.label}" if offer.label else str(offer.kind.name)


def _in_days(offer: OfferedScope, field_id: str) -> str:
    """What staff limited in days, which no format of a text can say."""
    limits: OfferLimits = offer.limits
    is_data = offer.kind.scope is not None and offer.kind.scope.period is Period.DATA
    if field_id == "start" and is_data and limits.days_back is not None:
        return f" At most {limits.days_back} days before the request."
    if field_id == "end" and offer.kind.scope is not None and limits.days_ahead is not None:
        return f" At most {limits.days_ahead} days after the request."
    return ""
