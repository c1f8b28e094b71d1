"""GET /.well-known/cds-server-metadata.json"""

from datetime import datetime
from urllib.parse import urlsplit

import pytest
from django.urls import resolve

from cdsc_portal.lib.time import clock
from consent.models import ScopeSetting, ServerDescription
from consent.services.server_description import save_server_description
from tests.consent.api.cds.coverage import listed_entry
from tests.support.queries import count_queries

pytestmark = pytest.mark.django_db
ADDRESS = "/.well-known/cds-server-metadata.json"
TEXTS = (
    "cds_metadata_version",
    "cds_metadata_url",
    "name",
    "description",
    "website",
    "documentation",
    "support",
)


@pytest.mark.spec("M-01", "M-02", "M-04", "M-07", "M-08", "M-09", "R-04")
def test_everybody_reads_the_metadata_object(client, settings):
    answer = client.get(ADDRESS)
    metadata = answer.json()

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert all(isinstance(metadata[name], str) and metadata[name] for name in TEXTS)
    assert metadata["cds_metadata_version"] == "v1"
    assert metadata["cds_metadata_url"] == settings.PUBLIC_URL + ADDRESS
    assert metadata["name"] == settings.UTILITY_NAME
    assert datetime.fromisoformat(metadata["created"]) <= datetime.fromisoformat(metadata["updated"])
    assert metadata["capabilities"] == ["oauth"]
    assert metadata["oauth_metadata"] == f"{settings.PUBLIC_URL}/.well-known/oauth-authorization-server"
    assert "coverage" not in metadata


@pytest.mark.spec("M-10", "M-11")
def test_coverage_is_a_capability_once_an_entry_is_published(client, settings):
    listed_entry(capabilities=["oauth"])

    metadata = client.get(ADDRESS).json()

    assert metadata["capabilities"] == ["coverage", "oauth"]
    assert metadata["coverage"] == f"{settings.PUBLIC_URL}/cds/coverage"


@pytest.mark.spec("M-38", "R-191")
def test_whatever_it_links_of_this_server_is_read_without_a_login(client, settings):
    listed_entry()
    links = [url for url in client.get(ADDRESS).json().values() if str(url).startswith(settings.PUBLIC_URL)]

    assert len(links) >= 5
    assert {client.get(urlsplit(url).path).status_code for url in links} == {200}
    assert all(resolve(urlsplit(url).path) for url in links)


@pytest.mark.spec("M-12", "M-27")
def test_what_staff_write_is_read_at_once_and_moves_updated(client):
    before = client.get(ADDRESS).json()
    description = ServerDescription.objects.get()
    description.name, description.related_metadata = "Valley", ["https://gas.example.com/cds.json"]
    save_server_description(description, at=clock.now())

    after = client.get(ADDRESS).json()

    assert (after["name"], after["related_metadata"]) == ("Valley", ["https://gas.example.com/cds.json"])
    assert (after["created"], after["updated"] > before["updated"]) == (before["created"], True)
    assert "related_metadata" not in before


@pytest.mark.spec("M-02")
def test_a_reader_who_has_it_gets_304(client, django_assert_num_queries):
    known = client.get(ADDRESS)["ETag"].removeprefix("W/")

    with django_assert_num_queries(2):  # the count of calls, the description
        answer = client.get(ADDRESS, headers={"If-None-Match": f'W/{known}, "other"'})

    assert (answer.status_code, answer.content, answer["ETag"].removeprefix("W/")) == (304, b"", known)
    assert answer["Cache-Control"] == "public, max-age=300"
    assert client.get(ADDRESS, headers={"If-None-Match": '"other"'}).status_code == 200


def test_pages_of_every_origin_may_read_it(client):
    answer = client.get(ADDRESS, headers={"Origin": "https://app.example.com"})

    assert answer["Access-Control-Allow-Origin"] == "*"
    assert client.options(ADDRESS)["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.spec("M-03")
def test_another_method_is_refused_in_words_of_both_kinds(client):
    answer = client.post(ADDRESS)

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.json()["error"] == answer.json()["code"] == "method_not_allowed"


@pytest.mark.spec("M-28", "M-29")
def test_a_domain_that_was_left_leads_to_the_new_one(client, settings):
    settings.METADATA_MOVED_TO = "https://new.example.com/.well-known/cds-server-metadata.json"

    answer = client.get(ADDRESS)

    assert (answer.status_code, answer["Location"]) == (301, settings.METADATA_MOVED_TO)


@pytest.mark.spec("M-40s", "R-193s")
def test_an_address_that_calls_too_often_waits_and_others_do_not(client, settings):
    settings.PUBLIC_CALLS_PER_MINUTE = 2
    answers = [client.get(ADDRESS) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["RateLimit"].split(";")[1] for answer in answers] == ["r=1", "r=0", "r=0"]
    assert answers[0]["RateLimit-Policy"] == '"minute";q=2;w=60'
    assert 0 < int(answers[2]["Retry-After"]) <= 60
    assert answers[2].json()["error"] == "too_many_calls"
    assert client.get("/cds/coverage").status_code == 429
    assert client.get(ADDRESS, REMOTE_ADDR="10.0.0.7").status_code == 200


@pytest.mark.spec("M-37", "R-80", "R-81", "R-192")
def test_an_objects_own_metadata_is_for_its_registration_alone(client, party, stranger):
    path = f"/cds/clients/{party.sandbox.client_id}/server-metadata"

    own = party.get(path)

    public = client.get(ADDRESS).json()
    assert party.get(party.uri(party.sandbox)).json()["cds_server_metadata"] == own.json()["cds_metadata_url"]
    assert own.json().keys() == public.keys()
    assert {name for name, value in own.json().items() if value != public[name]} == {
        "cds_metadata_url",
        "oauth_metadata",
    }
    assert own["Cache-Control"] == "no-store"
    refused = client.get(path)
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
    assert stranger.get(path).status_code == 404


@pytest.mark.spec("M-38", "M-39")
def test_what_it_links_to_is_public_or_opens_with_the_same_token(client, party, settings):
    listed_entry()
    own = party.get(f"/cds/clients/{party.client_id}/server-metadata").json()

    links = {
        name: value.removeprefix(settings.PUBLIC_URL)
        for name, value in own.items()
        if isinstance(value, str) and value.startswith(settings.PUBLIC_URL)
    }

    assert {"cds_metadata_url", "oauth_metadata", "coverage", "documentation", "support"} <= links.keys()
    for name, path in links.items():
        assert party.get(path).status_code == 200, name
        assert client.get(path).status_code == (
            401 if name in ("cds_metadata_url", "oauth_metadata") else 200
        )


@pytest.mark.spec("R-80")
def test_its_document_has_what_the_object_may_ask_for(client, party, stranger):
    ScopeSetting.objects.create(scope="bill_data", client=party.sandbox, is_open=False)
    path = f"/cds/clients/{party.sandbox.client_id}/oauth-metadata"

    own = party.get(path).json()
    public = client.get("/.well-known/oauth-authorization-server").json()

    assert set(public["cds_scope_descriptions"]) - set(own["cds_scope_descriptions"]) == {"bill_data"}
    assert own["token_endpoint"] == public["token_endpoint"]
    assert client.get(path).status_code == 401
    assert stranger.get(path).status_code == 404


def test_an_objects_metadata_costs_a_steady_number_of_queries(party):
    # the gate, the count, the object, the description, whether coverage is listed
    path = f"/cds/clients/{party.client_id}/server-metadata"

    assert count_queries(lambda: party.get(path)) <= 5
