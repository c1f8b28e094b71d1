"""A third party that knows one address registers, gets tokens, and finds what it has (CDS-WG1-01 10)."""

import json

import pytest

from tests.consent.api.cds.third_party import basic, bearer

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


@pytest.mark.spec("R-04", "R-05", "R-73", "R-188", "R-189", "R-190", "R-191")
def test_everything_is_found_from_the_well_known_address(client):
    server = client.get("/.well-known/cds-server-metadata.json").json()
    oauth = client.get(server["oauth_metadata"]).json()
    made = client.post(
        oauth["registration_endpoint"],
        json.dumps({"scope": "cds_client_admin usage_data", "client_name": "Demo App"}),
        content_type="application/json",
    ).json()
    token = client.post(
        oauth["token_endpoint"],
        "grant_type=client_credentials&scope=cds_client_admin",
        content_type=FORM,
        headers=basic(made["client_id"], made["client_secret"]),
    ).json()["access_token"]
    objects = client.get(oauth["cds_clients_api"], headers=bearer(token)).json()["clients"]
    secrets = client.get(oauth["cds_credentials_api"], headers=bearer(token)).json()["credentials"]

    assert {each["scope"] for each in objects} == {"cds_client_admin", "cds_grant_admin_1", "usage_data"}
    assert {each["client_id"] for each in secrets} == {each["client_id"] for each in objects}
    for each in objects:
        assert client.get(each["cds_client_uri"], headers=bearer(token)).json() == each
        own = client.get(each["cds_server_metadata"], headers=bearer(token)).json()
        assert own["coverage" if "coverage" in server else "support"] in server.values()
        assert client.get(own["oauth_metadata"], headers=bearer(token)).json()["issuer"] == oauth["issuer"]
    assert set(oauth["cds_scope_descriptions"]) >= {"cds_client_admin", "usage_data"}


@pytest.mark.spec("R-60", "R-61")
def test_what_is_described_can_be_registered_and_nothing_else(client):
    oauth = client.get("/.well-known/oauth-authorization-server").json()
    described = set(oauth["cds_scope_descriptions"])

    def registered(scopes):
        sent = json.dumps({"scope": " ".join(scopes), "client_name": "Demo App"})
        return client.post(oauth["registration_endpoint"], sent, content_type="application/json").status_code

    assert registered(described) == 201
    for other in set(oauth["scopes_supported"]) - described:
        assert registered({"cds_client_admin", other}) == 400
