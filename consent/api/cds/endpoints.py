"""Every address of the interface for third parties: URLs, the metadata documents and the docs derive from it."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

_SLUG = re.compile(r"[-a-zA-Z0-9_]+")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address. `route` is Django's pattern without the first slash, `name` what `reverse` knows it by.

    `member` is what the authorization server's document calls it; empty where it does not name it.
    """

    name: str
    route: str
    member: str = ""

    def url(self, **parts: str) -> str:
        """The whole address, `parts` filled in; the same whatever host a caller names."""
        return settings.PUBLIC_URL + reverse(self.name, kwargs=parts)

    def part_of(self, uri: str, name: str) -> str:
        """What stands in `uri` for the one variable part `name` of this address; "" where it is another address."""
        part = uri.removeprefix(self.url(**{name: "-"})[:-1])
        return part if part != uri and _SLUG.fullmatch(part) else ""


def all_endpoints() -> list[Endpoint]:
    """Each, as they stand below."""
    return [value for value in globals().values() if isinstance(value, Endpoint)]


def announced() -> list[Endpoint]:
    """Those that the authorization server's document names."""
    return [endpoint for endpoint in all_endpoints() if endpoint.member]


SERVER_METADATA = Endpoint("cds_server_metadata", ".well-known/cds-server-metadata.json")
COVERAGE = Endpoint("cds_coverage", "cds/coverage")
COVERAGE_MAP = Endpoint("cds_coverage_map", "cds/coverage/<slug:entry_id>/map")
COVERAGE_GEOJSON = Endpoint("cds_coverage_geojson", "cds/coverage/<slug:entry_id>/area.geojson")
REGISTRATION = Endpoint("cds_registration", "cds/registration", "registration_endpoint")
CLIENTS = Endpoint("cds_clients", "cds/clients", "cds_clients_api")
CLIENT = Endpoint("cds_client", "cds/clients/<slug:client_id>")
CLIENT_METADATA = Endpoint("cds_client_metadata", "cds/clients/<slug:client_id>/server-metadata")
CLIENT_OAUTH_METADATA = Endpoint("cds_client_oauth_metadata", "cds/clients/<slug:client_id>/oauth-metadata")
MESSAGES = Endpoint("cds_messages", "cds/messages", "cds_messages_api")
MESSAGE = Endpoint("cds_message", "cds/messages/<slug:message_id>")
MESSAGE_ATTACHMENT = Endpoint(
    "cds_message_attachment", "cds/messages/<slug:message_id>/attachments/<slug:attachment_id>"
)
CREDENTIALS = Endpoint("cds_credentials", "cds/credentials", "cds_credentials_api")
CREDENTIAL = Endpoint("cds_credential", "cds/credentials/<slug:credential_id>")
GRANTS = Endpoint("cds_grants", "cds/grants", "cds_grants_api")
GRANT = Endpoint("cds_grant", "cds/grants/<slug:grant_id>")
FILES = Endpoint("cds_files", "cds/files", "cds_server_provided_files_api")
FILE = Endpoint("cds_file", "cds/files/<slug:file_id>")
FILE_CONTENT = Endpoint("cds_file_content", "cds/files/<slug:file_id>/content")
SANDBOX_DECISIONS = Endpoint("cds_sandbox_decisions", "cds/sandbox/decisions")
SANDBOX_GRANT = Endpoint("cds_sandbox_grant", "cds/sandbox/grants/<slug:grant_id>")
