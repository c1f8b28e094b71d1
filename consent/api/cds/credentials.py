"""The Credentials API: the secrets of a registration's objects (R-135 to R-148)."""

from django.http import HttpResponse

from cdsc_portal.lib.json.encoder import instant
from consent.api.cds import endpoints
from consent.api.cds.calls import AdminCall, admin_endpoint, not_here
from consent.api.cds.documents import json_answer
from consent.api.cds.listing import listed_words, moment_of, newest_first
from consent.api.cds.problems import Refused
from consent.api.cds.shapes import CredentialObject
from consent.models import Credential
from consent.queries.registration_objects import credentials_of, objects_of
from consent.services.credentials import secret_of
from consent.services.third_parties.client_values import ValueRefused
from consent.services.third_parties.credential_changes import add_credential, set_expiry, unix_time

_FILTERS = ("credential_ids", "client_ids", "after", "before")
_EXPIRES = "client_secret_expires_at"


def credential_object(credential: Credential) -> CredentialObject:
    """Its members (R-136 to R-139). `client_secret` is null for one of before that was not used since; it works."""
    return {
        "credential_id": credential.public_id,
        "client_id": credential.client.client_id,
        "uri": endpoints.CREDENTIAL.url(credential_id=credential.public_id),
        "created": instant(credential.created),
        "modified": instant(credential.modified),
        "type": "client_secret",
        "client_secret": secret_of(credential) or None,
        "client_secret_expires_at": unix_time(credential.expires),
    }


def list_credentials(call: AdminCall) -> HttpResponse:
    """Newest change first (R-182, R-183). One query."""
    credentials = credentials_of(
        registration=call.access.registration_id,
        ids=listed_words(call.query, "credential_ids"),
        clients=listed_words(call.query, "client_ids"),
        after=moment_of(call.query, "after"),
        before=moment_of(call.query, "before"),
    )
    page = newest_first(
        credentials, call.query, by="modified", url=endpoints.CREDENTIALS.url(), filters=_FILTERS
    )
    return json_answer(
        {
            "credentials": [credential_object(credential) for credential in page.items],
            "next": page.next,
            "previous": page.previous,
        }
    )


def post_credential(call: AdminCall) -> HttpResponse:
    client_id = call.body.get("client_id")
    if not isinstance(client_id, str):
        raise Refused(400, "invalid_request", "client_id: it must be a text")
    client = objects_of(registration=call.access.registration_id).filter(client_id=client_id).first()
    if client is None:
        raise Refused(400, "invalid_request", "client_id: it is none of this registration's objects")
    try:
        credential = add_credential(client=client, address=_address(), at=call.at)
    except ValueRefused as refused:
        raise Refused(400, "invalid_request", str(refused)) from refused
    members = credential_object(credential)
    return json_answer(members, status=201, headers={"Location": members["uri"]})


def get_credential(call: AdminCall, credential_id: str) -> HttpResponse:
    return json_answer(credential_object(_own(call, credential_id)))


def patch_credential(call: AdminCall, credential_id: str) -> HttpResponse:
    """Only the expiry changes; other members are ignored (R-143, R-144)."""
    credential = _own(call, credential_id)
    if _EXPIRES in call.body:
        expires = call.body[_EXPIRES]
        if isinstance(expires, bool) or not isinstance(expires, int) or expires < 0:
            raise Refused(400, "invalid_request", f"{_EXPIRES}: it must be a whole number, 0 or more")
        try:
            credential = set_expiry(credential=credential, expires=expires, address=_address(), at=call.at)
        except ValueRefused as refused:
            raise Refused(400, "invalid_request", str(refused)) from refused
    return json_answer(credential_object(credential))


def _own(call: AdminCall, credential_id: str) -> Credential:
    credential = credentials_of(registration=call.access.registration_id, ids=[credential_id]).first()
    if credential is None:
        raise not_here()
    return credential


def _address() -> str:
    return endpoints.CREDENTIAL.url(credential_id="0").removesuffix("0") + "{id}"


credentials = admin_endpoint(get=list_credentials, post=post_credential)
credential = admin_endpoint(get=get_credential, patch=patch_credential)
