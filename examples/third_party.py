"""A third party in one file: a standard OAuth client that asks, waits for approval, fetches, refreshes and revokes.

As a library it is what the demo and the tests walk with. As a program it is a small web page, "Connect my utility":

    python examples/third_party.py --issuer http://127.0.0.1:8000 --client-id ID --port 8001

with the client's secret in CLIENT_SECRET. Everything is found from the server's metadata (RFC 8414).
"""

import argparse
import base64
import hashlib
import html
import json
import os
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


AUTHORIZATION_DETAILS: list[dict[str, Any]] = [
    {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"},
    {"type": "bill_data", "start": "-1y", "end": "+1y", "services": "all"},
    {"type": "supply_details", "end": "+1y", "services": "all"},
]

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"></head>
<body><main><h1>{title}</h1>{body}</main></body></html>"""


class ConnectPages(BaseHTTPRequestHandler):
    """The web page of the third party: `/`, `/connect`, `/callback`, `/data`."""

    party: ThirdParty
    pending: dict[str, PendingRequest] = {}
    sessions: dict[str, dict[str, Any]] = {}

    def do_GET(self) -> None:  # noqa: N802 - the name is http.server's
        route = {"/": self.home, "/connect": self.connect, "/callback": self.callback, "/data": self.data}
        page = route.get(urlsplit(self.path).path)
        try:
            page() if page else self._page("Not found", "<p>No such page.</p>", HTTPStatus.NOT_FOUND)
        except (OAuthError, requests.RequestException) as error:
            body = f'<p>{html.escape(str(error))}</p><p><a href="/">Start again</a></p>'
            self._page("It did not work", body, HTTPStatus.BAD_GATEWAY)

    def home(self) -> None:
        self._page(
            "Sunny Roofs (demo)",
            "<p>We size solar panels. To do it well we would like to see how much electricity you use.</p>"
            '<p><a href="/connect">Connect my utility</a></p>',
        )

    def connect(self) -> None:
        pending = self.party.ask(AUTHORIZATION_DETAILS)
        self.pending[pending.state] = pending
        self._redirect(pending.url)

    def callback(self) -> None:
        state = parse_qs(urlsplit(self.path).query).get("state", [""])[0]
        pending = self.pending.pop(state, None)
        if pending is None:
            raise OAuthError("we did not ask this, or it was answered already")
        tokens = self.party.finish(pending, self.path)
        session = secrets.token_urlsafe(16)
        self.sessions[session] = tokens
        self._redirect("/data", cookie=f"third_party={session}; HttpOnly; SameSite=Lax; Path=/")

    def data(self) -> None:
        sent = SimpleCookie(self.headers.get("Cookie", "")).get("third_party")
        tokens = self.sessions.get(sent.value) if sent else None
        if tokens is None:
            raise OAuthError("no such session; it ended when this page was restarted")
        blocks = [self._fetched(name, str(tokens["access_token"])) for name in str(tokens["scope"]).split()]
        granted = html.escape(json.dumps(tokens["authorization_details"], indent=2))
        self._page("What your utility gave us", f"<h2>Granted</h2><pre>{granted}</pre>{''.join(blocks)}")

    def _fetched(self, scope: str, token: str) -> str:
        answer = self.party.get(f"/{scope.removeprefix('customer_')}", token)
        text = html.escape(answer.text[:3000])
        return f"<h2>{html.escape(scope)}: {answer.status_code}</h2><pre>{text}</pre>"

    def _page(self, title: str, body: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        content = PAGE.format(title=html.escape(title), body=body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(content)

    def _redirect(self, target: str, cookie: str = "") -> None:
        self.send_response(HTTPStatus.SEE_OTHER)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Location", target)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: request lines hold codes."""


def main() -> None:
    options = argparse.ArgumentParser(description="The demo's third party.")
    options.add_argument("--issuer", required=True)
    options.add_argument("--client-id", required=True)
    options.add_argument("--port", type=int, default=8001)
    chosen = options.parse_args()
    ConnectPages.party = ThirdParty(
        issuer=chosen.issuer,
        client_id=chosen.client_id,
        client_secret=os.environ["CLIENT_SECRET"],
        redirect_uri=f"http://127.0.0.1:{chosen.port}/callback",
    )
    ThreadingHTTPServer(("127.0.0.1", chosen.port), ConnectPages).serve_forever()


if __name__ == "__main__":
    main()
