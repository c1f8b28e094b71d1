"""GET /.well-known/cds-server-metadata.json: where everything about this server begins (CDS-WG1-01 3)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from cdsc_portal.lib.json.encoder import instant
from consent.api.cds import endpoints
from consent.api.cds.calls import AdminCall, admin_endpoint
from consent.api.cds.clients import own_object
from consent.api.cds.documents import json_answer, json_document
from consent.api.cds.public import public_document
from consent.api.cds.shapes import ServerMetadata
from consent.capabilities import COVERAGE, offered_capabilities
from consent.oauth.redirects import issuer
from consent.queries.server_description import server_description


@public_document
def server_metadata_document(request: HttpRequest) -> HttpResponse:
    """The public metadata object, or 301 to where it moved (M-01 to M-04, M-28 to M-30). One query beside the count."""
    if settings.METADATA_MOVED_TO:
        return HttpResponse(status=301, headers={"Location": settings.METADATA_MOVED_TO})
    return json_document(server_metadata())


def get_client_metadata(call: AdminCall, client_id: str) -> HttpResponse:
    """The metadata of one object, for its registration alone (M-37, R-80, R-81): its addresses are public, but for its
    own document of the authorization server, which the same token opens (M-39).
    """
    client = own_object(call, client_id)
    members = server_metadata()
    members["cds_metadata_url"] = endpoints.CLIENT_METADATA.url(client_id=client.client_id)
    members["oauth_metadata"] = endpoints.CLIENT_OAUTH_METADATA.url(client_id=client.client_id)
    return json_answer(members)


client_metadata = admin_endpoint(get=get_client_metadata)


def server_metadata() -> ServerMetadata:
    """The members of the metadata object (M-08 to M-12, R-04); every address in it is public (M-38)."""
    description, lists_coverage = server_description()
    capabilities = offered_capabilities(lists_coverage=lists_coverage)
    members: ServerMetadata = {
        "cds_metadata_version": "v1",
        "cds_metadata_url": endpoints.SERVER_METADATA.url(),
        "created": instant(description.created),
        "updated": instant(description.updated),
        "name": description.name or settings.UTILITY_NAME,
        "description": description.description
        or f"Customers of {description.name or settings.UTILITY_NAME} share their energy data here.",
        "website": description.website or f"{settings.PUBLIC_URL}/",
        "documentation": description.documentation or settings.PUBLIC_URL + reverse("docs"),
        "support": description.support or settings.PUBLIC_URL + reverse("docs_support"),
        "capabilities": capabilities,
        "oauth_metadata": issuer() + reverse("oauth_metadata"),
    }
    if COVERAGE in capabilities:
        members["coverage"] = endpoints.COVERAGE.url()
    if description.related_metadata:
        members["related_metadata"] = description.related_metadata
    return members
