"""A standard OAuth client in this process: PKCE, Basic authentication, form bodies."""

import base64
import hashlib
import json
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.http import HttpResponse
from django.test import Client as Http

from cdsc_portal.lib.time import clock
from consent.models import Client, ConsentRequest, Grant, RequestStatus
from consent.oauth.answers import success_redirect
from tests.factories.consent import SECRET

VERIFIER = "a-verifier-of-more-than-43-characters-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
DETAILS = [{"type": "usage_data", "start": "-1y", "end": "now", "services": "all"}]
FORM = "application/x-www-form-urlencoded"


class ThirdParty:
    """Knows its id, its secret and its redirect address; everything it sends can be overridden."""

    def __init__(self, client: Client, secret: str = SECRET) -> None:
        self.client = client
        self.secret = secret
        self.redirect_uri = client.redirect_uris.split()[0]
        self.http = Http()

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of a good request; a change to None leaves that one out."""
        parameters = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.redirect_uri,
            "state": "st-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "authorization_details": json.dumps(DETAILS),
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def ask(self, **changes: str | None) -> HttpResponse:
        """Send the customer's browser to the authorization endpoint."""
        return self.http.get("/oauth/authorize/", self.request(**changes))

    def push(self, **changes: str | None) -> HttpResponse:
        return self.post("/oauth/par/", self.request(**changes))

    def arrive(self, request_uri: str, **changes: str) -> HttpResponse:
        """Send the customer's browser with a pushed request."""
        sent = {"client_id": self.client.client_id, "request_uri": request_uri, **changes}
        return self.http.get("/oauth/authorize/", sent)

    def code_for(self, grant: Grant, *, redirect_uri_sent: bool = True) -> str:
        """The code that the approval with this grant sends back; a further one, as after a double click."""
        approved = {
            "redirect_uri": self.redirect_uri,
            "redirect_uri_sent": redirect_uri_sent,
            "state": "st-1",
            "code_challenge": CHALLENGE,
            "details": {},
            "status": RequestStatus.APPROVED,
            "expires": clock.now(),
        }
        request, _is_new = ConsentRequest.objects.update_or_create(
            client=self.client, grant=grant, defaults=approved
        )
        return answered(success_redirect(request=request, grant=grant, at=clock.now()))["code"]

    def exchange(self, code: str, **changes: str | None) -> HttpResponse:
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": VERIFIER,
            **changes,
        }
        return self.post("/oauth/token/", {name: value for name, value in sent.items() if value is not None})

    def tokens_for(self, grant: Grant) -> dict:
        return self.exchange(self.code_for(grant)).json()

    def refresh(self, refresh_token: str, **more: str) -> HttpResponse:
        sent = {"grant_type": "refresh_token", "refresh_token": refresh_token, **more}
        return self.post("/oauth/token/", sent)

    def introspect(self, token: str) -> dict:
        return self.post("/oauth/introspect/", {"token": token}).json()

    def revoke(self, token: str) -> HttpResponse:
        return self.post("/oauth/revoke/", {"token": token})

    def post(self, address: str, sent: dict[str, str]) -> HttpResponse:
        """With Basic authentication; a public client sends its id instead."""
        if self.client.client_type == Client.CLIENT_PUBLIC:
            return self.http.post(
                address, urlencode({"client_id": self.client.client_id, **sent}), content_type=FORM
            )
        pair = f"{self.client.client_id}:{self.secret}".encode()
        basic = "Basic " + base64.b64encode(pair).decode()
        return self.http.post(address, urlencode(sent), content_type=FORM, headers={"Authorization": basic})


def answered(address: str) -> dict[str, str]:
    """The query of a redirect."""
    return dict(parse_qsl(urlsplit(address).query))
