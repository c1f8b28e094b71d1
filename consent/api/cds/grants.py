"""The Grants API: what customers and the utility allow the objects of a registration (R-149 to R-163)."""

from datetime import datetime

import orjson
from django.http import HttpResponse, QueryDict

from consent.api.cds import endpoints
from consent.api.cds.calls import AdminCall, admin_endpoint, not_here
from consent.api.cds.documents import json_answer
from consent.api.cds.listing import ParameterRefused, Place, listed_words, moment_of, page_of
from consent.api.cds.problems import Refused
from consent.api.cds.shapes import GrantObject
from consent.models import Grant
from consent.queries.grant_listing import GrantFilter, GrantKey, Start, grant_keys
from consent.queries.registration_grants import RegistrationGrant, grant_of_registration, grants_of_keys
from consent.services.third_parties.client_values import ValueRefused
from consent.services.third_parties.grant_changes import change_grant
from consent.transitions import GrantStatus

_FILTERS = (
    "grant_ids", "parents", "statuses", "client_ids", "scopes", "receipt_confirmations", "after", "before",
)  # fmt: skip
_STATUSES = frozenset(status.value for status in GrantStatus)


def grant_object(grant: RegistrationGrant, uri: str, *, at: datetime) -> GrantObject:
    """Its members as of `at`. `uri` is the address that grants have, before their id.

    `expires` and `not_after` are one end (B-13). While the third party wants more than was allowed, scope and details
    are what it wants, and what is enabled is what it has.
    """
    status = grant.status_at(at)
    enabled_scope, enabled_details = grant.enabled()
    return {
        "grant_id": grant.grant_id,
        "uri": uri + grant.grant_id,
        "replacing": [uri + each for each in grant.replaced],
        "replaced_by": [uri + grant.replaced_by] if grant.replaced_by else [],
        "parent": grant.parent,
        "children": grant.children,
        "created": grant.created,
        "modified": grant.modified,
        "not_before": grant.not_before,
        "not_after": grant.access_ends,
        "eta": grant.eta if status is GrantStatus.PENDING else None,
        "expires": grant.access_ends,
        "status": status.value,
        "client_id": grant.client_id,
        "scope": grant.requested_scope or grant.scope,
        "authorization_details": orjson.Fragment(grant.requested_details or grant.details),
        "receipt_confirmations": grant.confirmations,
        "enabled_scope": enabled_scope,
        "enabled_authorization_details": orjson.Fragment(enabled_details),
    }


def list_grants(call: AdminCall) -> HttpResponse:
    """Newest change first (R-184, R-185). Three queries, one more where an object is in the sandbox."""

    def read(place: Place | None, limit: int) -> list[GrantKey]:
        start = Start(place.moment, place.pk, place.to_older) if place else None
        registration = call.access.registration_id
        return grant_keys(registration=registration, sought=sought, start=start, limit=limit, at=call.at)

    sought = _sought(call.query)
    page = page_of(read, call.query, by="modified", url=endpoints.GRANTS.url(), filters=_FILTERS)
    grants, uri = grants_of_keys([key.pk for key in page.items], at=call.at), _uri()
    return json_answer(
        {
            "grants": [grant_object(grant, uri, at=call.at) for grant in grants],
            "next": page.next,
            "previous": page.previous,
        }
    )


def get_grant(call: AdminCall, grant_id: str) -> HttpResponse:
    """One query, one more where its object is in the sandbox."""
    return json_answer(grant_object(_own(call, grant_id), _uri(), at=call.at))


def patch_grant(call: AdminCall, grant_id: str) -> HttpResponse:
    """Close it, give some of it up, or want more (R-158 to R-162): 202 where staff look at that first (R-163)."""
    grants = Grant.objects.filter(client__registration=call.access.registration_id)
    grant = grants.filter(public_id=grant_id).first()
    if grant is None:
        raise not_here()
    try:
        waits = change_grant(grant=grant, sent=call.body, at=call.at, uri=_uri() + grant_id)
    except ValueRefused as refused:
        raise Refused(400, refused.error, str(refused)) from refused
    grant_as_read = grant_object(_own(call, grant_id), _uri(), at=call.at)
    return json_answer(grant_as_read, status=202 if waits else 200)


def _sought(query: QueryDict) -> GrantFilter:
    statuses = listed_words(query, "statuses")
    if unknown := next((status for status in statuses if status not in _STATUSES), None):
        raise ParameterRefused(f"statuses: there is no {unknown[:40]!r}.")
    return GrantFilter(
        grant_ids=listed_words(query, "grant_ids"),
        parents=listed_words(query, "parents"),
        statuses=statuses,
        client_ids=listed_words(query, "client_ids"),
        scopes=listed_words(query, "scopes"),
        receipt_confirmations=listed_words(query, "receipt_confirmations"),
        after=moment_of(query, "after"),
        before=moment_of(query, "before"),
    )


def _own(call: AdminCall, grant_id: str) -> RegistrationGrant:
    registration = call.access.registration_id
    grant = grant_of_registration(grant_id, registration=registration, at=call.at)
    if grant is None:
        raise not_here()
    return grant


def _uri() -> str:
    return endpoints.GRANT.url(grant_id="0").removesuffix("0")


grants = admin_endpoint(get=list_grants)
grant = admin_endpoint(get=get_grant, patch=patch_grant)
