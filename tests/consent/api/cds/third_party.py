"""A third party as its program sees the server: by addresses from the metadata, with tokens it got itself."""

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from django.test import Client as Browser

from consent.models import Client

ADMIN = "cds_client_admin"


def register(browser: Browser, **members: Any):
    """The answer to a registration; `scope` is the admin's and usage data where it is left out."""
    sent = {"scope": f"{ADMIN} usage_data", "client_name": "Demo App", **members}
    return browser.post("/cds/registration", json.dumps(sent), content_type="application/json")


@dataclass
class ThirdParty:
    """One that registered: its objects by id, and a token for the APIs."""

    browser: Browser
    client_id: str
    secret: str
    token: str

    @property
    def admin(self) -> Client:
        return Client.objects.get(client_id=self.client_id)

    @property
    def registration(self):
        return self.admin.registration

    @property
    def sandbox(self) -> Client:
        """The object that asks customers."""
        return self.registration.clients.get(status="sandbox")

    def get(self, path: str):
        return self.browser.get(path, headers=bearer(self.token))

    def send(self, method: str, path: str, body: Any):
        text = body if isinstance(body, bytes | str) else json.dumps(body)
        call = getattr(self.browser, method)
        return call(path, text, content_type="application/json", headers=bearer(self.token))

    def uri(self, client: Client) -> str:
        return f"/cds/clients/{client.client_id}"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{client_id}:{secret}'.encode()).decode()}"}


def ask_for_token(browser: Browser, client_id: str, secret: str, **form: str):
    sent = {"grant_type": "client_credentials", "scope": ADMIN, **form}
    return browser.post(
        "/oauth/token",
        "&".join(f"{name}={value}" for name, value in sent.items()),
        content_type="application/x-www-form-urlencoded",
        headers=basic(client_id, secret),
    )


def third_party(browser: Browser, **members: Any) -> ThirdParty:
    made = register(browser, **members)
    assert made.status_code == 201, made.content
    object_ = made.json()
    token = ask_for_token(browser, object_["client_id"], object_["client_secret"])
    assert token.status_code == 200, token.content
    return ThirdParty(browser, object_["client_id"], object_["client_secret"], token.json()["access_token"])
