"""Acting as a test customer, without a browser (decision 42, by object)."""

import base64
import hashlib
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from accounts.models import Customer
from consent.models import Grant
from tests.consent.api.cds.third_party import basic
from tests.factories.accounts import CustomerFactory, MembershipFactory, household
from tests.factories.consent import SECRET, ClientFactory

pytestmark = pytest.mark.django_db
DECIDE = "/cds/sandbox/decisions"
VERIFIER = "v" * 43
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def home(db):
    """A test customer."""
    made = household()
    Customer.objects.filter(pk=made.customer.pk).update(is_test=True)
    return made


def _push(party, client=None, secret=None, scope="usage_data", **more):
    client = client or party.sandbox
    listed = party.get(f"/cds/credentials?client_ids={client.client_id}").json()["credentials"]
    secret = secret or listed[0]["client_secret"]
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    sent = {
        "response_type": "code",
        "scope": scope,
        "state": "xyz",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **more,
    }
    answer = party.browser.post(
        "/oauth/par", urlencode(sent), content_type=FORM, headers=basic(client.client_id, secret)
    )
    assert answer.status_code == 201, answer.content
    return answer.json()["request_uri"], secret


def _decide(party, home, request_uri, **members):
    return _send(party, home, {"request_uri": request_uri, **members})


def _send(party, home, members):
    sent = {
        "client_id": party.sandbox.client_id,
        "account": home.owner.email,
        "decision": "approve",
        **members,
    }
    return party.send("post", DECIDE, sent)


@pytest.mark.spec("R-68", "R-70", "R-77")
def test_one_call_approves_and_its_code_opens_data_of_the_test_customer(client, party, home):
    request_uri, secret = _push(party)

    answer = _decide(party, home, request_uri)

    assert answer.status_code == 201, answer.content
    query = parse_qs(urlsplit(answer.json()["redirect_uri"]).query)
    assert query["state"] == ["xyz"]
    exchange = {"grant_type": "authorization_code", "code": query["code"][0], "code_verifier": VERIFIER}
    token = client.post(
        "/oauth/token", urlencode(exchange), content_type=FORM, headers=basic(party.sandbox.client_id, secret)
    ).json()
    assert token["grant_id"] == answer.json()["grant_id"]
    assert token["cds_grant_ids"] == [token["grant_id"]]
    read = client.get("/usage_data", headers={"Authorization": f"Bearer {token['access_token']}"})
    assert read.status_code == 200
    assert [each["contract_number"] for each in read.json()["services"]] == [home.contract.contract_number]


def test_one_call_declines(party, home):
    request_uri, _secret = _push(party)

    answer = _decide(party, home, request_uri, decision="deny").json()

    assert "error=access_denied" in answer["redirect_uri"]
    assert not Grant.objects.filter(client=party.sandbox).exists()


@pytest.mark.spec("R-167", "R-168", "R-172")
def test_one_call_agrees_to_more_of_a_grant_and_sends_back_what_does_not_fit(party, home):
    party.send("put", party.uri(party.sandbox), {"scope": "usage_data bill_data"})
    grant_id = _decide(party, home, _push(party)[0]).json()["grant_id"]
    party.send("patch", f"/cds/grants/{grant_id}", {"scope": "usage_data bill_data"})
    of_other, fits, late = (_push(party, scope="bill_data", cds_grant_id=grant_id)[0] for _ in range(3))
    other = household()
    Customer.objects.filter(pk=other.customer.pk).update(is_test=True)

    refused = _decide(party, other, of_other).json()
    agreed = _decide(party, home, fits).json()
    shown = party.get(f"/cds/grants/{grant_id}").json()
    party.send("patch", f"/cds/grants/{grant_id}", {"status": "closed"})
    closed = _decide(party, home, late).json()

    assert (agreed["grant_id"], refused["grant_id"], closed["grant_id"]) == (grant_id, None, None)
    assert "error=cds_grant_id_invalid_user" in refused["redirect_uri"]
    assert "error=cds_grant_id_invalid_value" in closed["redirect_uri"]
    assert (shown["status"], shown["enabled_scope"]) == ("active", "usage_data bill_data")
    assert len(shown["receipt_confirmations"]) == 2


def test_one_call_narrows_and_one_stops(party, home):
    party.send("put", party.uri(party.sandbox), {"scope": "usage_data bill_data"})
    request_uri, _secret = _push(party, scope="usage_data bill_data")
    grant_id = _decide(party, home, request_uri).json()["grant_id"]
    uri = f"/cds/sandbox/grants/{grant_id}"

    narrowed = party.send("patch", uri, {"scope": "usage_data"})
    stopped = party.send("patch", uri, {"status": "revoked"})

    assert (narrowed.status_code, narrowed.json()["scope"]) == (200, "usage_data")
    assert (stopped.status_code, stopped.json()["status"]) == (200, "revoked")
    assert Grant.objects.get(public_id=grant_id).events.filter(actor="customer").count() == 3


def test_without_an_account_any_test_customer_decides(party, home):
    household()
    request_uri, _secret = _push(party)

    answer = party.send(
        "post",
        DECIDE,
        {"client_id": party.sandbox.client_id, "request_uri": request_uri, "decision": "approve"},
    )

    assert answer.status_code == 201, answer.content
    assert Grant.objects.get(public_id=answer.json()["grant_id"]).user == home.owner


def test_without_test_customers_nobody_decides(party, home):
    Customer.objects.update(is_test=False)
    request_uri, _secret = _push(party)

    answer = party.send(
        "post",
        DECIDE,
        {"client_id": party.sandbox.client_id, "request_uri": request_uri, "decision": "approve"},
    )

    assert (answer.status_code, Grant.objects.filter(kind="customer").count()) == (400, 0)


@pytest.mark.parametrize("person", ["real", "both", "nobody"])
def test_only_people_of_test_customers_alone_can_be_acted_for(party, home, person):
    account = "nobody@example.com"
    if person == "real":
        account = household().owner.email
    elif person == "both":
        MembershipFactory(user=home.owner, customer=CustomerFactory())
        account = home.owner.email
    request_uri, _secret = _push(party)

    answer = _decide(party, home, request_uri, account=account)

    assert answer.status_code == 400
    assert "account" in answer.json()["error_description"]
    assert not Grant.objects.filter(kind="customer").exists()


def test_never_for_an_object_in_production_nor_a_foreign_one(party, stranger, home):
    live = ClientFactory(
        registration=party.registration, status="production", redirect_uris="https://a.example/cb"
    )
    request_uri, _secret = _push(party, live, SECRET)

    refused = _decide(party, home, request_uri, client_id=live.client_id)
    foreign = _decide(party, home, request_uri, client_id=stranger.sandbox.client_id)

    assert (refused.status_code, foreign.status_code) == (400, 400)
    assert not Grant.objects.filter(kind="customer").exists()


def test_a_grant_of_another_third_party_or_of_production_is_left_alone(party, stranger, home):
    request_uri, _secret = _push(party)
    grant_id = _decide(party, home, request_uri).json()["grant_id"]
    uri = f"/cds/sandbox/grants/{grant_id}"

    assert stranger.send("patch", uri, {"status": "revoked"}).status_code == 404
    party.sandbox.__class__.objects.filter(pk=party.sandbox.pk).update(status="production")
    assert party.send("patch", uri, {"status": "revoked"}).status_code == 400
    assert Grant.objects.get(public_id=grant_id).status == "active"


@pytest.mark.parametrize(
    "members",
    [
        {"decision": "maybe"},
        {"request_uri": "urn:x"},
        {"request_uri": None},
        {"account": 1},
        {"client_id": "x"},
    ],
)
def test_a_member_that_cannot_be_taken_is_named(party, home, members):
    request_uri, _secret = _push(party)

    answer = _send(party, home, {"request_uri": request_uri, **members})

    assert answer.status_code == 400
    assert next(iter(members)) in answer.json()["error_description"]


@pytest.mark.spec("R-82")
def test_a_request_that_names_nothing_asks_for_what_the_object_set(party, home):
    defaults = [{"type": "bill_data"}]
    party.send(
        "put",
        party.uri(party.sandbox),
        {
            "scope": "usage_data bill_data",
            "cds_default_scope": "bill_data",
            "cds_default_authorization_details": defaults,
        },
    )

    nothing, _secret = _push(party, scope="")
    named, _secret = _push(party, scope="usage_data")

    assert _decide(party, home, nothing).status_code == 201
    assert Grant.objects.get(kind="customer").scope == "bill_data"
    assert _decide(party, home, named).status_code == 201
    assert set(Grant.objects.filter(kind="customer").values_list("scope", flat=True)) == {
        "bill_data",
        "usage_data",
    }
