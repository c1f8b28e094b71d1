"""Validate an authorization request, pushed or direct, in the order of cds/5 section 2.1."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.timezone import get_default_timezone

from cdsc_portal.lib.json.encoder import dumps
from consent.models import Client, ClientStatus, Grant
from consent.oauth.incoming import GRANT_ID, SEPARATOR
from consent.oauth.redirects import default_redirect_uri
from consent.redirect_addresses import is_registered, why_refused
from consent.requests import AccessRequest, InvalidRequest, parse_request
from consent.services.access_requests import (
    RequestContext,
    allowed_scopes,
    may_request,
    within_limits,
)
from consent.services.third_parties.grant_updates import INVALID_VALUE, grant_to_update

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # base64url of a SHA-256
_PROMPTS = frozenset({"login", "consent", "select_account"})
_STATE_CHARACTERS = 4096  # three bytes each in the answer's address, which a browser must still take


class UntrustedRequest(Exception):
    """Client, redirect address or response type is wrong: the server shows a page and does not redirect (F-164)."""

    def __init__(self, description: str, *, error: str = "invalid_request") -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class RefusedRequest(Exception):
    """A request of a trusted client is invalid; the error goes to the client."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class RedirectTarget:
    """A client, and the registered address to redirect to."""

    client: Client
    redirect_uri: str
    state: str


def registered_client(sent: dict[str, str]) -> Client:
    """The client that `client_id` names. Raises UntrustedRequest, also for a disabled client (F-10)."""
    client_id = sent.get("client_id")
    if not client_id:
        raise UntrustedRequest("client_id is missing.")
    client = Client.objects.filter(client_id=client_id).exclude(status=ClientStatus.DISABLED).first()
    if client is None:
        raise UntrustedRequest("client_id is not known here.")
    return client


def registered_target(client: Client, sent: dict[str, str]) -> RedirectTarget:
    """The registered redirect address; without `redirect_uri` the client's default, else the only one registered, else
    the server's own if it is registered (F-11, X-01, R-82).
    """
    registered = client.redirect_uris.split()
    redirect_uri = sent.get("redirect_uri", "") or client.default_redirect_uri
    if not redirect_uri and len(registered) == 1:
        redirect_uri = registered[0]
    elif not redirect_uri and default_redirect_uri() in registered:
        redirect_uri = default_redirect_uri()
    if not redirect_uri:
        raise UntrustedRequest("redirect_uri is missing.")
    public = client.client_type == Client.CLIENT_PUBLIC
    refused = why_refused(redirect_uri, public=public, plain_loopback=settings.PLAIN_LOOPBACK_REDIRECTS)
    if refused or not is_registered(redirect_uri, registered, public=public):
        raise UntrustedRequest("redirect_uri is not one that the client registered.")
    return RedirectTarget(client, redirect_uri, sent.get("state", ""))


def require_code_flow(sent: dict[str, str]) -> None:
    """Raises UntrustedRequest unless `response_type` is code: no implicit flow (F-09, X-05)."""
    response_type = sent.get("response_type")
    if not response_type:
        raise UntrustedRequest("response_type is missing.")
    if response_type != "code":
        raise UntrustedRequest("response_type must be code.", error="unsupported_response_type")


def validate_request(
    sent: dict[str, str], target: RedirectTarget, *, at: datetime
) -> tuple[AccessRequest, RequestContext]:
    """The values to store of a valid request. Raises RefusedRequest naming the parameter at fault."""
    require_may_request(target.client)
    _require_plain_request(sent)
    challenge = _code_challenge(sent)
    prompts = frozenset(sent.get("prompt", "").split())
    if "none" in prompts:
        raise RefusedRequest("consent_required", "prompt: each request is shown to the customer.")
    if prompts - _PROMPTS:
        raise RefusedRequest("invalid_request", "prompt has a value that is not known.")
    scope, details = _with_defaults(sent, target.client)
    try:
        access = parse_request(
            scope=scope,
            authorization_details=details,
            allowed=allowed_scopes(target.client),
            now=at,
            zone=get_default_timezone(),
            locked=target.client.all_or_nothing,
        )
        access = within_limits(access, client=target.client, at=at)
    except InvalidRequest as wrong:
        raise RefusedRequest(wrong.error, wrong.description) from wrong
    return access, RequestContext(
        redirect_uri=target.redirect_uri,
        state=target.state,
        code_challenge=challenge,
        redirect_uri_sent="redirect_uri" in sent,
        prompt_login="login" in prompts,
        updates=_updated_grant(sent, target.client, access, at),
    )


def _updated_grant(sent: dict[str, str], client: Client, access: AccessRequest, at: datetime) -> Grant | None:
    """The grant that the request names, judged after all its other parameters (R-166, R-167); None without one."""
    if not (named := sent.get(GRANT_ID)):
        return None
    if SEPARATOR in named:
        raise RefusedRequest("invalid_request", f"{GRANT_ID} is there more than once.")
    grant = grant_to_update(named, client=client, access=access, at=at)
    if grant is None:
        raise unfit_grant_id()
    return grant


def unfit_grant_id() -> RefusedRequest:
    return RefusedRequest(
        INVALID_VALUE,
        f"{GRANT_ID} is no grant of this client that can be updated, or does not list the scope that is asked for.",
    )


def _with_defaults(sent: dict[str, str], client: Client) -> tuple[str, str | None]:
    """Scope and details of a request. One that names neither asks for what its client set (R-82); one that names scopes
    alone, for what the client set of these.
    """
    scope, details = sent.get("scope", ""), sent.get("authorization_details")
    if details is not None:
        return scope, details
    scope = scope or client.default_scope
    words = scope.split()
    own = [detail for detail in client.default_authorization_details if detail["type"] in words]
    return scope, dumps(own).decode() if own else None


def require_may_request(client: Client) -> None:
    """Raises RefusedRequest for a client that may not send requests by its status or registration."""
    if not may_request(client) or not client.allows_grant_type(Client.GRANT_AUTHORIZATION_CODE):
        raise RefusedRequest("unauthorized_client", "This client may not ask at present.")


def _require_plain_request(sent: dict[str, str]) -> None:
    if "request" in sent:
        raise RefusedRequest("request_not_supported", "request: push the request instead (RFC 9126).")
    if sent.get("response_mode", "query") != "query":
        raise RefusedRequest("invalid_request", "response_mode must be query.")
    if not sent.get("state", "").isprintable():
        raise RefusedRequest("invalid_request", "state has a control character.")
    if len(sent.get("state", "")) > _STATE_CHARACTERS:
        raise RefusedRequest("invalid_request", f"state has more than {_STATE_CHARACTERS} characters.")


def _code_challenge(sent: dict[str, str]) -> str:
    """The PKCE challenge, S256 on each request; without a method it would mean plain (X-02)."""
    challenge = sent.get("code_challenge", "")
    if not challenge:
        raise RefusedRequest("invalid_request", "code_challenge is missing (PKCE, RFC 7636).")
    if sent.get("code_challenge_method") != "S256":
        raise RefusedRequest("invalid_request", "code_challenge_method must be S256.")
    if not _CHALLENGE.fullmatch(challenge):
        raise RefusedRequest("invalid_request", "code_challenge is no base64url SHA-256 of 43 characters.")
    return challenge
