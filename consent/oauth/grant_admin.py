"""Grant Admin tokens: asked for by one object, for a grant of another of its registration (R-32 to R-35)."""

from datetime import datetime
from typing import Any

from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors

from consent.models import Client, Grant
from consent.queries.opened_grants import OfProduction, opened_grant
from consent.requests import InvalidDetails
from consent.requests.details_json import printable, read_entries
from consent.scopes.fields import check_value
from consent.scopes.offer_types import GRANT_ADMIN, offer_types

_KIND = offer_types()[GRANT_ADMIN]
_FIELDS = {field.id: field for field in _KIND.fields}


def is_grant_admin(scope: str) -> bool:
    """Whether `scope` is the id of an offer of the type."""
    return _KIND.takes_id(scope)


def refused_details(why: str, request: Request) -> errors.OAuth2Error:
    return errors.CustomOAuth2Error("invalid_authorization_details", why, request=request)


def details_types(text: str, request: Request) -> list[str]:
    """The types that `authorization_details` name: a request may leave out `scope` beside them."""
    return list(dict.fromkeys(str(entry.get("type", "")) for entry in _objects(text, request)))


def administered(
    request: Request, client: Client, scopes: list[str], *, at: datetime
) -> tuple[list[dict[str, str]], Grant]:
    """The details of a Grant Admin's request as they are kept, and the grant that it opens.

    Raises OAuth2Error: not one object of details with its fields, other scopes beside it, a grant that is not there,
    not this registration's, over, or opened by another scope; these four look the same. A client in the sandbox is told
    that a grant of its sibling in production is none for it.
    """
    entries = _objects(getattr(request, "authorization_details", None) or "[]", request)
    if len(entries) != 1:
        raise refused_details("A Grant Admin token takes one object of authorization_details.", request)
    detail = entries[0]
    if scopes != [detail.get("type")]:
        raise refused_details("type: it must be the Grant Admin scope of the request, and no other.", request)
    values = {name: _value(detail, name, request) for name in _FIELDS}
    if unknown := sorted(set(detail) - {"type", *values}):
        raise refused_details(f"{printable(unknown[0])}: this type has no such member.", request)
    try:
        grant = opened_grant(
            administrator=client,
            scope=scopes[0],
            client_id=values["client_id"],
            grant_id=values["grant_id"],
            at=at,
        )
    except OfProduction as sibling:
        why = "grant_id: an object in the sandbox opens no grant of an object in production."
        raise refused_details(why, request) from sibling
    if grant is None:
        raise refused_details("grant_id: this scope opens no such grant of the object client_id.", request)
    return [{"type": scopes[0], **values}], grant


def _objects(text: str, request: Request) -> list[dict[str, Any]]:
    try:
        entries = list(read_entries(text))
    except InvalidDetails as refused:
        raise refused_details(str(refused), request) from refused
    if not all(isinstance(entry, dict) for entry in entries):
        raise refused_details("authorization_details must be a JSON array of objects.", request)
    return entries


def _value(detail: dict[str, Any], name: str, request: Request) -> str:
    value = detail.get(name)
    try:
        check_value(_FIELDS[name], value)
        if "\0" in str(value):
            raise ValueError("must not hold a character 0")
        str(value).encode()  # no half of a pair
    except UnicodeEncodeError as error:
        raise refused_details(f"{name}: must be text", request) from error
    except ValueError as error:
        raise refused_details(f"{name}: {error}", request) from error
    return str(value)
