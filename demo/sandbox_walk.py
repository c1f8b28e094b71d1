"""A third party that nobody knows registers by API and reads a test customer's data in the sandbox: HTTP alone."""

import base64
import hashlib
import json
import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from demo.main_job import require
from examples.third_party import TIMEOUT

_NAME, _SCOPE = "A stranger (demo)", "cds_client_admin usage_data"
_YEAR = [{"type": "usage_data", "start": "-1y", "services": "all"}]


def register_and_fetch(base_url: str) -> None:
    """From the well-known address to data. Raises StepFailed where it does not hold."""
    server = _json(requests.get(f"{base_url}/.well-known/cds-server-metadata.json", timeout=TIMEOUT))
    oauth = _json(requests.get(server["oauth_metadata"], timeout=TIMEOUT))
    sent = {"scope": _SCOPE, "client_name": _NAME, "contacts": ["stranger@example.com"]}
    made = _json(requests.post(oauth["registration_endpoint"], json=sent, timeout=TIMEOUT))
    _say("registered", f"by API as {_NAME}, scope {made['scope']}")
    form = {"grant_type": "client_credentials", "scope": "cds_client_admin"}
    admin = _token(oauth, made["client_id"], made["client_secret"], form)["access_token"]

    clients = _listed(oauth["cds_clients_api"], admin)["clients"]
    sandbox = next(each["client_id"] for each in clients if each["response_types"] == ["code"])
    secret = _listed(oauth["cds_credentials_api"], admin, client_ids=sandbox)["credentials"][0][
        "client_secret"
    ]
    _say("found", f"{len(clients)} objects, of which {sandbox} asks customers in the sandbox")

    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    request = {
        "response_type": "code",
        "authorization_details": json.dumps(_YEAR),
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    pushed = _json(
        requests.post(
            oauth["pushed_authorization_request_endpoint"],
            data=request,
            auth=(sandbox, secret),
            timeout=TIMEOUT,
        )
    )
    decision = {"client_id": sandbox, "request_uri": pushed["request_uri"], "decision": "approve"}
    decided = _json(
        requests.post(
            f"{base_url}/cds/sandbox/decisions", json=decision, headers=_bearer(admin), timeout=TIMEOUT
        )
    )
    code = parse_qs(urlsplit(decided["redirect_uri"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
    token = _token(oauth, sandbox, secret, form)["access_token"]
    segments = _listed(f"{base_url}/usage_data", token)["data"]
    require(any(segment["values"] for segment in segments), "the sandbox gave no readings")
    _say("fetched", f"{len(segments)} segments of a test customer, approved by one call in the sandbox")


def _token(oauth: dict[str, Any], client_id: str, secret: str, form: dict[str, str]) -> dict[str, Any]:
    return _json(requests.post(oauth["token_endpoint"], data=form, auth=(client_id, secret), timeout=TIMEOUT))


def _listed(url: str, token: str, **query: str) -> dict[str, Any]:
    return _json(requests.get(url, params=query, headers=_bearer(token), timeout=TIMEOUT))


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _json(answer: requests.Response) -> dict[str, Any]:
    require(answer.ok, f"{urlsplit(answer.url).path} answered {answer.status_code}: {answer.text[:300]}")
    body: dict[str, Any] = answer.json()
    return body


def _say(what: str, detail: str) -> None:
    print(f"      {what:10} {detail}", flush=True)
