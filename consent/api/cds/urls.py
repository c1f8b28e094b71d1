from django.urls import URLPattern, path

from consent.api.cds import (
    clients,
    coverage,
    credentials,
    endpoints,
    grants,
    messages,
    provided_files,
    sandbox,
)
from consent.api.cds.openapi import cds_schema
from consent.api.cds.registration import registration
from consent.api.cds.server_metadata import client_metadata, server_metadata_document
from consent.oauth.metadata import client_oauth_metadata

_VIEWS = {
    endpoints.SERVER_METADATA: server_metadata_document,
    endpoints.COVERAGE: coverage.coverage_listing,
    endpoints.COVERAGE_MAP: coverage.coverage_map,
    endpoints.COVERAGE_GEOJSON: coverage.coverage_geojson,
    endpoints.REGISTRATION: registration,
    endpoints.CLIENTS: clients.clients,
    endpoints.CLIENT: clients.client,
    endpoints.CLIENT_METADATA: client_metadata,
    endpoints.CLIENT_OAUTH_METADATA: client_oauth_metadata,
    endpoints.MESSAGES: messages.messages,
    endpoints.MESSAGE: messages.message,
    endpoints.MESSAGE_ATTACHMENT: messages.attachment,
    endpoints.CREDENTIALS: credentials.credentials,
    endpoints.CREDENTIAL: credentials.credential,
    endpoints.GRANTS: grants.grants,
    endpoints.GRANT: grants.grant,
    endpoints.FILES: provided_files.files,
    endpoints.FILE: provided_files.file,
    endpoints.FILE_CONTENT: provided_files.content,
    endpoints.SANDBOX_DECISIONS: sandbox.decisions,
    endpoints.SANDBOX_GRANT: sandbox.grant,
}

urlpatterns: list[URLPattern] = [
    path("api/cds/schema", cds_schema, name="cds_schema"),
    *(path(endpoint.route, view, name=endpoint.name) for endpoint, view in _VIEWS.items()),
]
