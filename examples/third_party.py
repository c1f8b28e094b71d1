"""A third party in one file: a standard OAuth client that asks, waits for approval, fetches, refreshes and revokes.

It is what the demo and the tests walk with; `company_site.py` is a web site built on it. Everything is found from the
server's metadata (RFC 8414).
"""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

TIMEOUT = 60  # seconds


class OAuthError(Exception):
    """The server answered with an OAuth error; the message is its code and description."""


@dataclass(slots=True)
class PendingRequest:
    """What the client remembers between sending a customer away and their return."""

    url: str
    state: str
    verifier: str


@dataclass(slots=True)
class ThirdParty:
    """One registered client. `metadata` is what the issuer publishes about itself."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    metadata: dict[str, Any] = field(default_factory=dict)

    def discover(self) -> dict[str, Any]:
        """Read the server's metadata; it must name the issuer it was fetched from (RFC 8414 section 3.3)."""
        answer = requests.get(f"{self.issuer}/.well-known/oauth-authorization-server", timeout=TIMEOUT)
        answer.raise_for_status()
        self.metadata = answer.json()
        if self.metadata["issuer"] != self.issuer:
            raise OAuthError(f"the metadata of {self.issuer} names another issuer")
        return self.metadata

    def ask(self, details: list[dict[str, Any]]) -> PendingRequest:
        """Push a request (RFC 9126, RFC 9396, PKCE) and return where to send the customer."""
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        digest = hashlib.sha256(verifier.encode()).digest()
        pushed = self._post(
            "pushed_authorization_request_endpoint",
            response_type="code",
            redirect_uri=self.redirect_uri,
            authorization_details=json.dumps(details),
            state=state,
            code_challenge=base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            code_challenge_method="S256",
        )
        query = urlencode({"client_id": self.client_id, "request_uri": pushed["request_uri"]})
        return PendingRequest(f"{self._endpoint('authorization_endpoint')}?{query}", state, verifier)

    def finish(self, pending: PendingRequest, returned_to: str) -> dict[str, Any]:
        """Check the customer's return (state, issuer) and exchange its code for a token."""
        answer = {name: values[0] for name, values in parse_qs(urlsplit(returned_to).query).items()}
        if answer.get("state") != pending.state:
            raise OAuthError("the answer is not to our question: its state differs")
        if answer.get("iss") != self.issuer:
            raise OAuthError("the answer does not come from the issuer that was asked (RFC 9207)")
        if "error" in answer:
            raise OAuthError(f"{answer['error']}: {answer.get('error_description', '')}")
        return self._post(
            "token_endpoint",
            grant_type="authorization_code",
            code=answer["code"],
            redirect_uri=self.redirect_uri,
            code_verifier=pending.verifier,
        )

    def refresh(self, refresh_token: str) -> dict[str, Any]:
        """A new pair of tokens; the old refresh token is spent."""
        return self._post("token_endpoint", grant_type="refresh_token", refresh_token=refresh_token)

    def introspect(self, token: str) -> dict[str, Any]:
        return self._post("introspection_endpoint", token=token)

    def revoke(self, token: str) -> None:
        """Give a token back (RFC 7009)."""
        self._post("revocation_endpoint", token=token)

    def get(self, path: str, access_token: str, **query: str) -> requests.Response:
        """Call a resource of the API with a bearer token; the caller looks at the status."""
        headers = {"Authorization": f"Bearer {access_token}"}
        return requests.get(f"{self.issuer}{path}", params=query, headers=headers, timeout=TIMEOUT)

    def get_all(self, path: str, access_token: str, **query: str) -> list[dict[str, Any]]:
        """Every item of a listing, following `next` to its end."""
        items: list[dict[str, Any]] = []
        answer = self.get(path, access_token, **query)
        while True:
            answer.raise_for_status()
            page = answer.json()
            items += page["data"]
            if not page["next"]:
                return items
            headers = {"Authorization": f"Bearer {access_token}"}
            answer = requests.get(page["next"], headers=headers, timeout=TIMEOUT)

    def _endpoint(self, name: str) -> str:
        if not self.metadata:
            self.discover()
        return str(self.metadata[name])

    def _post(self, endpoint: str, **form: str) -> dict[str, Any]:
        answer = requests.post(
            self._endpoint(endpoint), data=form, auth=(self.client_id, self.client_secret), timeout=TIMEOUT
        )
        body: dict[str, Any] = answer.json() if answer.content else {}
        if not answer.ok:
            raise OAuthError(f"{body.get('error')}: {body.get('error_description', '')}")
        return body
