"""The Clients API (CDS-WG1-02 8)."""

import json
from datetime import timedelta

import pytest

from cdsc_portal.lib.time import clock
from consent.models import AccessToken, Client, Credential, Message, Review
from consent.services.third_parties.client_changes import CHANGEABLE
from tests.consent.api.cds.third_party import register
from tests.factories.consent import ClientFactory
from tests.support.queries import count_queries
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db
LIST = "/cds/clients"
REQUIRED = {
    "client_id", "client_id_issued_at", "scope", "redirect_uris", "grant_types", "response_types", "contacts",
    "token_endpoint_auth_method", "client_name", "authorization_details_types", "cds_created", "cds_modified",
    "cds_client_uri", "cds_status", "cds_status_options", "cds_server_metadata",
}  # fmt: skip
DEFAULTS = {"cds_default_scope", "cds_default_redirect_uri", "cds_default_authorization_details"}


@pytest.mark.spec("R-01", "R-76", "R-78", "R-82")
def test_the_listing_has_every_object_of_the_registration_with_every_member(party, stranger):
    clients = party.get(LIST).json()["clients"]

    mine = party.registration.clients.values_list("client_id", flat=True)
    assert {each["client_id"] for each in clients} == set(mine) >= {party.client_id, party.sandbox.client_id}
    assert all(each.keys() >= REQUIRED for each in clients)
    asking = next(each for each in clients if each["response_types"])
    assert asking.keys() >= DEFAULTS
    assert asking["authorization_details_types"] == ["usage_data"]
    assert not any("client_secret" in each for each in clients)
    assert len({each["cds_client_uri"] for each in clients}) == 3


@pytest.mark.spec("R-178", "R-179", "R-74")
def test_it_is_filtered_by_ids_and_sorted_by_the_last_change(party, stranger):
    Client.objects.filter(pk=party.admin.pk).update(modified=clock.now() + timedelta(days=1))
    ids = f"{party.sandbox.client_id} {stranger.client_id}"

    assert [each["client_id"] for each in party.get(LIST).json()["clients"]][0] == party.client_id
    filtered = party.get(f"{LIST}?client_ids={ids}").json()
    assert [each["client_id"] for each in filtered["clients"]] == [party.sandbox.client_id]
    assert party.get(f"{LIST}?client_ids=nobody").json() == {"clients": [], "next": None, "previous": None}


def test_a_listing_makes_as_many_queries_for_many_as_for_few(party):
    few = count_queries(lambda: party.get(LIST))
    for _ in range(5):
        ClientFactory(registration=party.registration)

    assert count_queries(lambda: party.get(LIST)) == few


def test_a_page_has_a_hundred_and_links_to_the_others(party):
    for _ in range(100):
        ClientFactory(registration=party.registration, secret="")

    first = party.get(LIST).json()
    second = party.get(first["next"]).json()

    assert (len(first["clients"]), len(second["clients"])) == (100, 3)
    assert (first["previous"], second["next"]) == (None, None)
    assert party.get(second["previous"]).json()["clients"] == first["clients"]


@pytest.mark.spec("R-84")
def test_an_object_is_read_at_its_address_and_a_foreign_one_is_not_there(party, stranger):
    assert party.get(party.uri(party.sandbox)).json()["cds_status"] == "sandbox"
    assert party.get(party.uri(stranger.admin)).status_code == 404
    assert party.send("put", party.uri(stranger.admin), {}).status_code == 404
    assert party.get("/cds/clients/nobody").status_code == 404


@pytest.mark.spec(
    "R-84", "R-86", "R-91", "R-92",
    "R-86:redirect_uris", "R-86:client_name", "R-86:client_uri", "R-86:logo_uri", "R-86:contacts", "R-86:tos_uri",
    "R-86:policy_uri", "R-86:cds_default_redirect_uri",
)  # fmt: skip
def test_in_the_sandbox_a_replacement_holds_at_once_and_leaves_a_message(party):
    before = party.get(party.uri(party.sandbox)).json()
    sent = {
        **before,
        "redirect_uris": ["https://app.example/cb", *before["redirect_uris"]],
        "client_name": "New Name",
        "client_uri": "https://app.example/",
        "logo_uri": "https://10.0.0.1/logo.png",
        "tos_uri": "https://app.example/terms",
        "policy_uri": "https://app.example/policy",
        "contacts": ["ops@app.example"],
        "cds_default_redirect_uri": "https://app.example/cb",
    }

    answer = party.send("put", party.uri(party.sandbox), sent)

    assert answer.status_code == 200
    after = party.get(party.uri(party.sandbox)).json()
    assert {name: value for name, value in after.items() if name != "cds_modified"} == {
        name: value for name, value in sent.items() if name != "cds_modified"
    }
    assert after["cds_modified"] > before["cds_modified"]
    message = Message.objects.get(type="field_changes")
    assert (message.status, message.client) == ("complete", party.sandbox)
    changed = {each["field"]: each for each in message.updates_requested}
    assert (changed["client_name"]["previous_value"], changed["client_name"]["new_value"]) == (
        "Demo App",
        "New Name",
    )


@pytest.mark.spec("R-89")
def test_what_is_left_out_returns_to_its_default(party):
    party.send(
        "put",
        party.uri(party.sandbox),
        {"client_name": "N", "contacts": ["a@b.example"], "redirect_uris": ["https://app.example/cb"]},
    )

    answer = party.send("put", party.uri(party.sandbox), {}).json()

    assert answer["client_name"] == answer["client_id"]
    assert answer["contacts"] == []
    assert answer["redirect_uris"] == [answer["cds_default_redirect_uri"]]
    assert answer["redirect_uris"][0].endswith("/oauth/done/")
    assert (answer["scope"], answer["cds_default_scope"]) == ("usage_data", "usage_data")
    assert answer["cds_status"] == "sandbox"


@pytest.mark.spec("R-87", "R-88")
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("client_id", "other"),
        ("client_id_issued_at", 1),
        ("client_secret", "s"),
        ("client_secret_expires_at", 0),
        ("grant_types", ["client_credentials"]),
        ("response_types", []),
        ("token_endpoint_auth_method", "none"),
        ("cds_created", "2020-01-01T00:00:00Z"),
        ("cds_modified", "2020-01-01T00:00:00Z"),
        ("cds_client_uri", "https://app.example/"),
        ("cds_server_metadata", "https://app.example/"),
        ("cds_status_options", ["production"]),
        ("software_id", "x"),
    ],
)
def test_what_the_server_sets_may_be_sent_back_unchanged_only(party, member, value):
    before = party.get(party.uri(party.sandbox)).json()

    answer = party.send("put", party.uri(party.sandbox), {**before, "client_name": "New", member: value})

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["error"] == "invalid_client_metadata"
    assert member in answer.json()["error_description"]
    assert party.get(party.uri(party.sandbox)).json() == before


@pytest.mark.spec("R-86", "R-77", "R-79")
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("redirect_uris", ["http://app.example/cb"]),
        ("redirect_uris", ["https://app.example/cb#part"]),
        ("redirect_uris", ["http://localhost/cb"]),
        ("redirect_uris", ["https://*.app.example/cb"]),
        ("redirect_uris", ["https://me@app.example/cb"]),
        ("redirect_uris", ["com.example.app:/cb"]),
        ("redirect_uris", "https://app.example/cb"),
        ("scope", "usage_data openid"),
        ("scope", "cds_client_admin"),
        ("scope", ["usage_data"]),
        ("cds_status", "production"),
        ("cds_status", "suspended"),
        ("cds_default_scope", "bill_data"),
        ("cds_default_redirect_uri", "https://other.example/"),
        ("cds_default_authorization_details", [{"type": "bill_data"}]),
        ("cds_default_authorization_details", ["usage_data"]),
        ("client_name", "x" * 201),
        ("logo_uri", "javascript:alert(1)"),
    ],
)
def test_a_value_that_cannot_be_taken_changes_nothing(party, settings, member, value):
    settings.PLAIN_LOOPBACK_REDIRECTS = False
    before = party.get(party.uri(party.sandbox)).json()

    answer = party.send("put", party.uri(party.sandbox), {**before, "contacts": ["new"], member: value})

    assert answer.status_code == 400
    assert member in answer.json()["error_description"]
    assert party.get(party.uri(party.sandbox)).json() == before


@pytest.mark.spec("R-86:scope", "R-86:cds_default_scope", "R-86:cds_default_authorization_details")
def test_scopes_that_fit_the_object_can_be_added_and_taken_away(party):
    details = [{"type": "bill_data"}]
    wider = {
        "scope": "usage_data bill_data",
        "cds_default_scope": "bill_data",
        "cds_default_authorization_details": details,
    }

    added = party.send("put", party.uri(party.sandbox), wider).json()
    taken = party.send("put", party.uri(party.sandbox), {"scope": "usage_data"}).json()

    assert (added["scope"], added["cds_default_scope"]) == ("usage_data bill_data", "bill_data")
    assert added["cds_default_authorization_details"] == details
    assert (taken["scope"], taken["cds_default_scope"]) == ("usage_data", "usage_data")
    assert taken["cds_default_authorization_details"] == []


def test_the_object_for_the_apis_keeps_its_scope_and_asks_no_customer(party):
    for wrong in ({"scope": "usage_data"}, {"scope": ""}, {"redirect_uris": ["https://a.example"]}):
        assert party.send("put", party.uri(party.admin), wrong).status_code == 400
    assert party.send("put", party.uri(party.admin), {"client_name": "A"}).json()["client_name"] == "A"


@pytest.mark.spec("R-90", "R-116")
def test_in_production_a_new_name_waits_for_staff_and_the_old_one_stands(party):
    ClientFactory(registration=party.registration, status="production")
    before = party.get(party.uri(party.sandbox)).json()

    answer = party.send(
        "put", party.uri(party.sandbox), {**before, "client_name": "Utility", "contacts": ["ops@app.example"]}
    )

    assert answer.status_code == 202
    assert (answer.json()["client_name"], answer.json()["contacts"]) == ("Demo App", ["ops@app.example"])
    review = Review.objects.get(kind="field_changes")
    assert (review.client, review.message.status, review.message.type) == (
        party.sandbox,
        "pending",
        "field_changes",
    )
    assert review.message.updates_requested == [
        {
            "field": "client_name", "name": "client_name", "description": "",
            "previous_value": "Demo App", "new_value": "Utility",
        }
    ]  # fmt: skip


@pytest.mark.spec("R-90")
def test_a_newer_change_takes_the_place_of_one_that_waits(party):
    ClientFactory(registration=party.registration, status="production")

    for name in ("First", "Second", "Second"):
        party.send("put", party.uri(party.sandbox), {"client_name": name})

    reviews = Review.objects.filter(kind="field_changes").order_by("pk")
    assert [review.status for review in reviews] == ["withdrawn", "waiting"]
    assert [review.message.status for review in reviews] == ["rejected", "pending"]


@pytest.mark.spec("R-86:cds_status", "R-140", "R-79")
def test_disabling_is_for_good_ends_secrets_and_tokens_and_says_when(party):
    sandbox = party.sandbox

    answer = party.send("put", party.uri(sandbox), {"cds_status": "disabled"})

    assert (answer.status_code, answer.json()["cds_status"]) == (200, "disabled")
    assert answer.json()["cds_status_options"] == ["disabled"]
    credential = Credential.objects.get(client=sandbox)
    assert credential.expires <= clock.now()
    assert credential.public_id in Message.objects.get(name="Credentials ended").description
    assert not AccessToken.objects.filter(application=sandbox).exists()
    assert party.send("put", party.uri(sandbox), {"cds_status": "sandbox"}).status_code == 400
    assert party.get(LIST).status_code == 200  # the object for the APIs goes on


def test_what_staff_suspended_is_in_production_on_the_wire_and_stays_suspended(party):
    held = ClientFactory(registration=party.registration, status="suspended")

    assert party.get(party.uri(held)).json()["cds_status"] == "production"
    party.send("put", party.uri(held), {"cds_status": "production"})

    held.refresh_from_db()
    assert held.status == "suspended"


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"a": 1, "a": 2}', b'"' + b"x" * 300_000 + b'"'])
def test_a_body_that_is_no_object_is_refused(party, body):
    answer = party.send("put", party.uri(party.sandbox), body)

    assert answer.status_code in (400, 413)
    assert answer.json()["error"] in ("invalid_client_metadata", "request_too_large")


@pytest.mark.django_db(transaction=True)
def test_two_replacements_at_once_are_each_whole(client):
    from tests.consent.api.cds.third_party import third_party

    party = third_party(client)
    uri, names = party.uri(party.sandbox), iter(["A", "B"])

    def replace():
        name = next(names)
        other = type(client)()
        sent = json.dumps({"client_name": name, "contacts": [name]})
        headers = {"Authorization": f"Bearer {party.token}"}
        return other.put(uri, sent, content_type="application/json", headers=headers).status_code

    assert at_once(2, replace) == [200, 200]
    after = party.get(uri).json()
    assert after["contacts"] == [after["client_name"]]
    changes = [
        each for m in Message.objects.all() for each in m.updates_requested if each["field"] == "client_name"
    ]
    assert [each["previous_value"] for each in reversed(changes)] == ["Demo App", changes[-1]["new_value"]]


@pytest.mark.spec("R-86")
def test_the_table_has_the_members_of_the_specification_and_no_other():
    assert set(CHANGEABLE) == {
        "redirect_uris", "client_name", "client_uri", "logo_uri", "scope", "contacts", "tos_uri", "policy_uri",
        "cds_status", *DEFAULTS,
    }  # fmt: skip


def test_values_of_registration_fields_are_shown_and_stay(client, monkeypatch, party):
    party.registration.values["company"] = "Demo Ltd"
    from consent.models import Registration, RegistrationField

    RegistrationField.objects.create(
        field_id="company",
        type="registration_field",
        field_name="cds_company",
        format="string",
        description="Name",
    )
    Registration.objects.filter(pk=party.registration.pk).update(values={"company": "Demo Ltd"})

    before = party.get(party.uri(party.sandbox)).json()
    assert before["cds_company"] == "Demo Ltd"
    assert party.send("put", party.uri(party.sandbox), before).status_code == 200
    assert party.send("put", party.uri(party.sandbox), {**before, "cds_company": "Other"}).status_code == 400
    assert register(client).status_code == 201
