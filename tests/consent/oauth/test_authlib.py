"""An OAuth client as its makers ship it (Authlib), against the running server: nothing in it knows this project."""

import json
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from cdsc_portal.lib.time import clock
from tests.factories.accounts import household
from tests.factories.feeds import load_days

DETAILS = [{"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}]


@pytest.fixture
def metadata(live_server, settings, monkeypatch):
    """The authorization server's document, of a server with one test customer."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # the test's server has no certificate
    settings.PUBLIC_URL = live_server.url
    home = household()
    home.customer.is_test = True
    home.customer.save()
    load_days(home.meter, clock.now().date() - timedelta(days=10), 9)
    return requests.get(f"{live_server.url}/.well-known/oauth-authorization-server", timeout=30).json()


@pytest.mark.django_db(transaction=True)
@pytest.mark.spec("R-05", "R-63", "R-73", "R-138", "R-188")
def test_it_registers_gets_tokens_with_pkce_refreshes_introspects_and_revokes(metadata, live_server):
    sent = {"scope": "cds_client_admin usage_data", "client_name": "Authlib"}
    made = requests.post(metadata["registration_endpoint"], json=sent, timeout=30).json()
    admin = OAuth2Session(made["client_id"], made["client_secret"], scope="cds_client_admin")
    admin.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
    clients = admin.get(metadata["cds_clients_api"]).json()["clients"]
    asking = next(each for each in clients if each["response_types"] == ["code"])
    listed = admin.get(f"{metadata['cds_credentials_api']}?client_ids={asking['client_id']}").json()
    client = OAuth2Session(
        asking["client_id"],
        listed["credentials"][0]["client_secret"],
        redirect_uri=asking["cds_default_redirect_uri"],
        code_challenge_method="S256",
    )

    # authorization, its parameters pushed (RFC 9126)
    verifier = "v" * 64
    address, state = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, authorization_details=json.dumps(DETAILS)
    )
    pushed = requests.post(
        metadata["pushed_authorization_request_endpoint"],
        data=dict(parse_qsl(urlsplit(address).query)),
        auth=(client.client_id, client.client_secret),
        timeout=30,
    ).json()
    decided = admin.post(
        f"{live_server.url}/cds/sandbox/decisions",
        json={"client_id": client.client_id, "request_uri": pushed["request_uri"], "decision": "approve"},
    ).json()
    token = client.fetch_token(
        metadata["token_endpoint"],
        authorization_response=decided["redirect_uri"],
        state=state,
        code_verifier=verifier,
    )

    assert token["cds_grant_ids"] == [decided["grant_id"]]
    assert client.get(f"{live_server.url}/usage_data").json()["data"]
    renewed = client.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
    assert renewed["access_token"] != token["access_token"]
    introspected = client.introspect_token(
        metadata["introspection_endpoint"], token=renewed["access_token"]
    ).json()
    assert (introspected["active"], introspected["client_id"]) == (True, client.client_id)
    assert (
        client.revoke_token(metadata["revocation_endpoint"], token=renewed["refresh_token"]).status_code
        == 200
    )
    gone = client.introspect_token(metadata["introspection_endpoint"], token=renewed["access_token"]).json()
    assert gone == {"active": False}
    with pytest.raises(OAuthError, match="invalid_grant"):
        client.refresh_token(metadata["token_endpoint"], refresh_token=renewed["refresh_token"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.spec("R-33", "R-35")
def test_it_gets_a_grant_admin_token_and_is_told_why_it_gets_none(metadata):
    sent = {"scope": "cds_client_admin usage_data", "client_name": "Authlib"}
    made = requests.post(metadata["registration_endpoint"], json=sent, timeout=30).json()
    admin = OAuth2Session(made["client_id"], made["client_secret"], scope="cds_client_admin")
    admin.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
    clients = admin.get(metadata["cds_clients_api"]).json()["clients"]
    opener = next(each["client_id"] for each in clients if each["scope"] == "cds_grant_admin_1")
    listed = admin.get(f"{metadata['cds_credentials_api']}?client_ids={opener}").json()
    client = OAuth2Session(opener, listed["credentials"][0]["client_secret"])

    details = [{"type": "cds_grant_admin_1", "client_id": opener, "grant_id": "unknown"}]
    with pytest.raises(OAuthError, match="invalid_authorization_details"):
        client.fetch_token(
            metadata["token_endpoint"],
            grant_type="client_credentials",
            authorization_details=json.dumps(details),
        )
