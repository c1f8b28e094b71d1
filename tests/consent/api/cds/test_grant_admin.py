"""Grant Admin tokens: of one object, for a grant of another (CDS-WG1-02 4.2)."""

from datetime import timedelta

import pytest

from cdsc_portal.lib.time import clock
from consent.models import AccessToken, Client, Credential, Disclosure, Grant, ScopeOffer
from consent.services.revoke import close_grant
from consent.services.transitions import record_transition
from consent.transitions import GrantStatus
from tests.consent.api.cds.grant_admin import SCOPE, ask_to_open, details_of, object_of, secret_of, token_for
from tests.consent.api.cds.third_party import ask_for_token, basic, bearer, third_party
from tests.consent.api.reader import Reader
from tests.factories.accounts import household
from tests.support.queries import count_queries

pytestmark = pytest.mark.django_db
DATA = "/usage_data"


def granted(party, *, scope="usage_data", tests=True, **values) -> Grant:
    """A grant of the party's sandbox object for a test customer's service."""
    home = household()
    home.customer.is_test = tests
    home.customer.save()
    reader = Reader(party.sandbox)
    reader.granted(home.contract, scope=scope, **values)
    return reader.grant


@pytest.mark.spec("R-32", "R-33", "R-35", "R-66")
def test_the_token_opens_what_the_grant_of_another_object_has_enabled(client, party):
    grant = granted(party)

    answer = ask_to_open(party, details_of(grant))

    token = answer.json()
    assert (answer.status_code, token["token_type"], token["scope"]) == (200, "Bearer", SCOPE)
    assert token["authorization_details"] == [details_of(grant)]
    assert token["expires_in"] == 3600 and "refresh_token" not in token
    own = Grant.objects.get(public_id=token["grant_id"])
    assert (own.kind, own.client, own.scope) == ("client", object_of(party, SCOPE), SCOPE)
    read = client.get(DATA, headers=bearer(token["access_token"]))
    assert read.status_code == 200
    assert Disclosure.objects.get().grant == grant


@pytest.mark.spec("R-32")
def test_the_scope_may_be_named_beside_the_details_that_override_it(party):
    grant = granted(party)

    assert ask_to_open(party, details_of(grant), scope=SCOPE).status_code == 200
    assert Grant.objects.filter(scope=SCOPE).count() == 1


def test_a_second_token_for_a_grant_is_of_the_same_own_grant(party):
    grant, other = granted(party), granted(party)

    for each in (grant, grant, other):
        token_for(party, each)

    assert Grant.objects.filter(scope=SCOPE).count() == 2


@pytest.mark.spec("R-33", "R-34")
@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "unknown"},
        {"client_id": None},
        {"grant_id": "unknown"},
        {"grant_id": 5},
        {"grant_id": "a\0b"},
        {"grant_id": "\ud800"},
        {"grant_id": "x" * 1001},
        {"grant_id": ""},
        {"more": 1},
    ],
    ids=str,
)
def test_details_that_name_no_grant_are_refused(party, change):
    grant = granted(party)

    answer = ask_to_open(party, details_of(grant, **change))

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_authorization_details")
    assert not Grant.objects.filter(scope=SCOPE).exists()


@pytest.mark.spec("R-33")
def test_exactly_one_object_of_details_is_taken(party):
    grant = granted(party)
    details = details_of(grant)

    answers = [
        ask_to_open(party, scope=SCOPE),
        ask_to_open(party, details, details),
        ask_to_open(party, {**details, "type": "cds_client_admin"}, scope=SCOPE),
        ask_to_open(party, "text", scope=SCOPE),
        ask_to_open(party, details, authorization_details="{", scope=SCOPE),
    ]

    assert {(each.status_code, each.json()["error"]) for each in answers} == {
        (400, "invalid_authorization_details")
    }
    other = ask_to_open(party, {**details, "type": "usage_data"})
    assert (other.status_code, other.json()["error"]) == (400, "invalid_scope")


@pytest.mark.spec("R-34")
def test_a_grant_of_another_registration_looks_like_one_that_is_not_there(party, stranger):
    grant = granted(stranger)

    foreign = ask_to_open(party, details_of(grant))
    missing = ask_to_open(party, details_of(grant, grant_id="unknown"))

    assert (foreign.status_code, foreign.json()) == (400, missing.json())


@pytest.mark.spec("R-34")
def test_the_id_must_be_that_of_the_grants_object(party):
    grant = granted(party)

    answer = ask_to_open(party, details_of(grant, client_id=party.client_id))

    assert answer.json()["error"] == "invalid_authorization_details"


@pytest.mark.spec("R-34")
@pytest.mark.parametrize("opener", [None, "other", "closed"])
def test_each_enabled_scope_must_name_this_grant_admin_scope(party, opener):
    grant = granted(party, scope="usage_data bill_data")
    assert ask_to_open(party, details_of(grant)).status_code == 200
    offer = ScopeOffer.objects.get(offer_id="bill_data")
    if opener == "closed":
        ScopeOffer.objects.filter(offer_id=SCOPE).update(is_open=False)
    else:
        other = ScopeOffer.objects.create(offer_id="cds_grant_admin_2", type="cds_grant_admin")
        offer.grant_admin = other if opener else None
        offer.save()

    assert ask_to_open(party, details_of(grant)).json()["error"] == "invalid_authorization_details"


@pytest.mark.spec("R-34")
def test_a_scope_whose_part_has_ended_is_not_asked_about(party):
    grant = granted(party, scope="usage_data bill_data")
    ScopeOffer.objects.filter(offer_id="bill_data").update(grant_admin=None)
    assert ask_to_open(party, details_of(grant)).status_code == 400

    grant.parts.filter(scope="bill_data").update(access_ends=clock.now())

    assert ask_to_open(party, details_of(grant)).status_code == 200


@pytest.mark.spec("R-34")
def test_a_grant_of_which_nothing_is_enabled_is_refused(party):
    grant = granted(party)
    grant.parts.update(access_ends=clock.now())

    assert ask_to_open(party, details_of(grant)).json()["error"] == "invalid_authorization_details"


def test_a_clients_own_grant_is_opened_by_no_grant_admin(party):
    own = Grant.objects.get(client=party.admin)

    assert ask_to_open(party, details_of(own)).json()["error"] == "invalid_authorization_details"


@pytest.mark.spec("R-34", "X-14")
@pytest.mark.parametrize(
    "end",
    ["grant", "paused", "future", "object", "administrator", "own", "secret", "opener", "part", "moved"],
)
def test_the_gate_asks_on_each_call_whether_all_of_it_holds(client, party, end):
    grant, at = granted(party), clock.now()
    token = token_for(party, grant)
    assert client.get(DATA, headers=bearer(token)).status_code == 200
    own, administrator = Grant.objects.get(scope=SCOPE), object_of(party, SCOPE)
    if end == "grant":
        Grant.objects.filter(pk=grant.pk).update(status="revoked")
    elif end == "paused":
        Grant.objects.filter(pk=grant.pk).update(status="suspended")
    elif end == "future":
        Grant.objects.filter(pk=grant.pk).update(not_before=at + timedelta(hours=1))
    elif end in ("object", "administrator"):
        ended = party.sandbox if end == "object" else administrator
        Client.objects.filter(pk=ended.pk).update(status="suspended")
    elif end == "own":
        Grant.objects.filter(pk=own.pk).update(status="closed")
    elif end == "secret":
        Credential.objects.filter(client=administrator).update(expires=at - timedelta(seconds=1))
    elif end == "opener":
        ScopeOffer.objects.filter(offer_id=SCOPE).update(is_open=False)
    elif end == "part":
        grant.parts.update(access_ends=at)
    else:
        Client.objects.filter(pk=administrator.pk).update(registration=third_party(client).registration)

    assert client.get(DATA, headers=bearer(token)).status_code == 401


@pytest.mark.spec("X-14")
@pytest.mark.parametrize("which", ["opened", "own"])
def test_the_end_of_either_grant_ends_the_token(party, which):
    grant = granted(party)
    token_for(party, grant)
    tokens = AccessToken.objects.filter(opens=grant)
    assert tokens.count() == 1

    if which == "opened":
        record_transition(grant, to=GrantStatus.REVOKED, actor="link", at=clock.now())
    else:
        close_grant(grant=Grant.objects.get(scope=SCOPE), at=clock.now())

    assert not tokens.exists()


def test_a_token_lives_no_longer_than_the_grant_it_opens(party):
    grant = granted(party)
    Grant.objects.filter(pk=grant.pk).update(access_ends=clock.now() + timedelta(seconds=90))

    assert 80 <= ask_to_open(party, details_of(grant)).json()["expires_in"] <= 90


def test_it_opens_data_of_test_customers_alone_in_the_sandbox(client, party):
    token = token_for(party, granted(party, tests=False))

    answer = client.get(DATA, headers=bearer(token))

    assert answer.json()["data"] == []


def test_it_opens_no_api_of_a_registration(client, party):
    token = token_for(party, granted(party))

    answer = client.get("/cds/clients", headers=bearer(token))

    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


def test_introspection_says_what_it_is_for_until_that_ends(client, party):
    grant = granted(party)
    token, admin = token_for(party, grant), object_of(party, SCOPE)

    def introspected():
        headers = basic(admin.client_id, secret_of(party, SCOPE))
        return client.post(
            "/oauth/introspect/",
            f"token={token}",
            content_type="application/x-www-form-urlencoded",
            headers=headers,
        ).json()

    before = introspected()
    Grant.objects.filter(pk=grant.pk).update(status="suspended")

    assert before["active"] and before["authorization_details"] == [details_of(grant)]
    assert introspected() == {"active": False}


def test_the_gate_of_data_stays_one_statement(client, party):
    grant = granted(party)
    of_object = Reader(party.sandbox)
    of_object.granted(household().contract, scope="usage_data")
    token = token_for(party, grant)

    plain = count_queries(lambda: client.get(DATA, headers=bearer(of_object.token)))

    assert count_queries(lambda: client.get(DATA, headers=bearer(token))) == plain


def test_another_object_gets_no_grant_admin_token(client, party):
    grant = granted(party)

    answer = ask_for_token(client, party.client_id, party.secret, scope=SCOPE)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    assert grant.access_tokens.count() == 1


@pytest.mark.spec("R-33")
@pytest.mark.parametrize(("status", "answered"), [("sandbox", 401), ("production", 200)])
def test_a_grant_admin_in_the_sandbox_opens_no_grant_of_a_production_object(client, party, status, answered):
    grant = granted(party)
    token = token_for(party, grant)
    party.registration.clients.filter(pk=grant.client_id).update(status="production")
    party.registration.clients.filter(pk=object_of(party, SCOPE).pk).update(status=status)

    assert client.get(DATA, headers=bearer(token)).status_code == answered


@pytest.mark.spec("R-34")
def test_a_grant_admin_in_the_sandbox_is_told_that_a_production_grant_is_none_for_it(party, stranger):
    grant, foreign = granted(party), granted(stranger)
    for each in (grant, foreign):
        Client.objects.filter(pk=each.client_id).update(status="production")
    Client.objects.filter(pk=object_of(party, SCOPE).pk).update(status="sandbox")

    refused, of_another = ask_to_open(party, details_of(grant)), ask_to_open(party, details_of(foreign))
    Client.objects.filter(pk=object_of(party, SCOPE).pk).update(status="production")
    taken = ask_to_open(party, details_of(grant))

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_authorization_details")
    assert "in the sandbox opens no grant of an object in production" in refused.json()["error_description"]
    assert "production" not in of_another.json()["error_description"]
    assert taken.status_code == 200
