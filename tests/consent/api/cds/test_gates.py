"""Who gets into the APIs of a registration, and who does not (sections 4 and 13 of CDS-WG1-02)."""

from datetime import timedelta

import pytest
import time_machine

from cdsc_portal.lib.time import clock
from consent.models import AccessToken, Client, Credential, Grant
from consent.services.revoke import close_grant
from tests.consent.api.cds.third_party import ADMIN, ask_for_token, bearer, register, third_party
from tests.consent.api.reader import Reader
from tests.support.queries import count_queries
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db
LIST = "/cds/clients"


@pytest.mark.spec("R-34", "R-188")
def test_a_token_of_its_own_grant_lives_an_hour_without_refresh(client, party):
    answer = ask_for_token(client, party.client_id, party.secret).json()

    grant = Grant.objects.get()  # one, though it was asked for twice
    assert (grant.kind, grant.user, grant.scope, grant.client) == ("client", None, ADMIN, party.admin)
    assert answer["cds_grant_ids"] == [answer["grant_id"]] == [grant.public_id]
    assert (answer["expires_in"], answer["scope"]) == (3600, ADMIN)
    assert "refresh_token" not in answer
    assert grant.events.get().to_status == "active"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "usage_data"}, "invalid_scope"),
        ({"scope": f"{ADMIN} usage_data"}, "invalid_scope"),
        ({"authorization_details": '[{"type": "cds_client_admin"}]'}, "invalid_authorization_details"),
    ],
)
def test_an_object_gets_no_token_for_what_it_does_not_hold(client, party, form, error):
    answer = ask_for_token(client, party.client_id, party.secret, **form)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_an_object_that_asks_customers_gets_no_token_of_its_own(client, party):
    credential = party.sandbox.credentials.get()
    secret = party.get(f"/cds/credentials/{credential.public_id}").json()["client_secret"]

    answer = ask_for_token(client, party.sandbox.client_id, secret, scope="usage_data")

    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


@pytest.mark.parametrize(
    ("headers", "status", "challenge"),
    [
        ({}, 401, "Bearer"),
        ({"Authorization": "Basic abc"}, 401, "Bearer"),
        (bearer("unknown"), 401, 'Bearer error="invalid_token"'),
    ],
)
def test_without_a_token_that_works_the_answer_is_a_challenge(client, headers, status, challenge):
    answer = client.get(LIST, headers=headers)

    assert (answer.status_code, answer["WWW-Authenticate"]) == (status, challenge)
    assert answer["Content-Type"] == "application/problem+json"
    assert {"error", "error_description", "type", "status"} <= answer.json().keys()


def test_a_token_in_the_address_is_refused(client, party):
    assert client.get(f"{LIST}?access_token={party.token}").status_code == 400


def test_neither_kind_of_token_opens_the_others_routes(client, party):
    reader = Reader()
    reader.granted()

    data = client.get(LIST, headers=bearer(reader.token))
    admin = client.get("/usage_data", headers=bearer(party.token))

    assert (data.status_code, data.json()["error"]) == (403, "insufficient_scope")
    assert ADMIN in data["WWW-Authenticate"]
    assert (admin.status_code, admin.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize("end", ["token", "grant", "object", "suspended", "secret", "closed"])
def test_what_ends_behind_a_token_ends_it(client, party, end):
    at = clock.now()
    assert party.get(LIST).status_code == 200
    if end == "token":
        AccessToken.objects.update(expires=at)
    elif end == "grant":
        Grant.objects.update(access_ends=at)
    elif end == "object":
        Client.objects.filter(client_id=party.client_id).update(status="disabled")
    elif end == "suspended":
        Client.objects.filter(client_id=party.client_id).update(status="suspended")
    elif end == "secret":
        Credential.objects.update(expires=at - timedelta(seconds=1))
    else:
        close_grant(grant=Grant.objects.get(), at=at)

    assert party.get(LIST).status_code == 401


def test_a_closed_grant_is_followed_by_another(client, party):
    close_grant(grant=Grant.objects.get(), at=clock.now())

    assert ask_for_token(client, party.client_id, party.secret).status_code == 200
    assert Grant.objects.count() == 2


def test_the_gate_is_one_statement_and_a_count(client, party):
    # the gate, the count, the object, the names of registration fields
    assert count_queries(lambda: party.get(f"/cds/clients/{party.client_id}")) == 4


@pytest.mark.spec("R-194s", "R-195s")
def test_calls_are_counted_by_credential_and_failures_by_address(client, party, settings):
    settings.API_CALLS_PER_MINUTE = 1
    other = third_party(client, client_name="Other")

    with time_machine.travel(clock.now().replace(second=20), tick=False):
        answers = [party.get(LIST) for _ in range(2)]
        of_other = other.get(LIST)
        settings.OAUTH_FAILURES_PER_MINUTE = 0
        refused = client.get(LIST, headers=bearer("unknown"))

    assert [answer.status_code for answer in answers] == [200, 429]
    assert [answer["RateLimit"] for answer in answers] == ['"minute";r=0;t=40'] * 2
    assert of_other.status_code == 200
    assert (refused.status_code, refused["Retry-After"]) == (429, "40")


def test_another_method_is_refused_with_those_that_are_taken(party):
    answer = party.send("delete", LIST, {})

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


@pytest.mark.django_db(transaction=True)
def test_first_requests_at_once_make_one_grant(client):
    made = register(client).json()

    def ask():
        return ask_for_token(type(client)(), made["client_id"], made["client_secret"]).status_code

    assert at_once(3, ask) == [200] * 3
    assert Grant.objects.count() == 1
