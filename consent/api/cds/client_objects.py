"""A Client Object as its third party reads it (R-74 to R-83)."""

from typing import Any

from cdsc_portal.lib.json.encoder import instant
from consent.api.cds import endpoints
from consent.api.cds.shapes import ClientObject
from consent.models import Client, ClientStatus, FieldType, RegistrationField
from consent.scopes.base import CLIENT_ADMIN


def field_names() -> dict[str, str]:
    """Registration fields' members by their ids. One query."""
    fields = RegistrationField.objects.filter(type=FieldType.REGISTRATION_FIELD)
    return dict(fields.values_list("field_id", "field_name"))


def client_object(client: Client, names: dict[str, str]) -> dict[str, Any]:
    """Its members; never a secret (R-74, R-75). `names` are those of `field_names`; `registration` must be fetched."""
    asks = bool(client.response_types)
    members: ClientObject = {
        "client_id": client.client_id,
        "client_id_issued_at": int(client.created.timestamp()),
        "scope": " ".join(client.allowed_scopes),
        "redirect_uris": client.redirect_uris.split(),
        "grant_types": client.grant_types,
        "response_types": client.response_types,
        "contacts": client.contact_addresses,
        "token_endpoint_auth_method": client.auth_method,
        "client_name": client.name or client.client_id,
        "authorization_details_types": [name for name in client.allowed_scopes if name != CLIENT_ADMIN],
        "cds_created": instant(client.created),
        "cds_modified": instant(client.modified),
        "cds_client_uri": endpoints.CLIENT.url(client_id=client.client_id),
        "cds_status": wire_status(client),
        "cds_status_options": client.status_options,
        "cds_server_metadata": endpoints.CLIENT_METADATA.url(client_id=client.client_id),
    }
    if asks:
        members["cds_default_scope"] = client.default_scope
        members["cds_default_redirect_uri"] = client.default_redirect_uri
        members["cds_default_authorization_details"] = client.default_authorization_details
    texts = {
        "client_uri": client.client_uri,
        "logo_uri": client.logo_uri,
        "tos_uri": client.terms_uri,
        "policy_uri": client.policy_uri,
    }
    values = client.registration.values if client.registration else {}
    return {
        **members,
        **{member: text for member, text in texts.items() if text},
        **{names[field]: value for field, value in values.items() if field in names},
    }


def wire_status(client: Client) -> str:
    """R-77: what staff suspended stays in production on the wire, and reads nothing."""
    return ClientStatus.PRODUCTION if client.status == ClientStatus.SUSPENDED else client.status
