"""The Credentials API (CDS-WG1-02 10)."""

import json

import pytest

from cdsc_portal.lib.time import clock
from consent.models import AccessToken, Credential, Message
from consent.services.credentials import renew_secret, replace_leaked_secret
from tests.consent.api.cds.third_party import ask_for_token, third_party
from tests.factories.accounts import UserFactory
from tests.factories.consent import SECRET, ClientFactory
from tests.support.queries import count_queries
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db
LIST = "/cds/credentials"
EXPIRES = "client_secret_expires_at"


def _now() -> int:
    return int(clock.now().timestamp())


def _of(party, client):
    return party.get(f"{LIST}?client_ids={client.client_id}").json()["credentials"]


@pytest.mark.spec("R-01", "R-136", "R-137", "R-138", "R-139")
def test_the_listing_has_the_secrets_of_every_object_and_they_work(client, party, stranger):
    listed = party.get(LIST).json()["credentials"]

    mine = party.registration.clients.values_list("client_id", flat=True)
    assert {each["client_id"] for each in listed} == set(mine) >= {party.client_id, party.sandbox.client_id}
    own = next(each for each in listed if each["client_id"] == party.client_id)
    assert own["client_secret"] == party.secret
    assert (own["type"], own[EXPIRES]) == ("client_secret", 0)
    assert own["created"] == own["modified"]
    assert party.get(own["uri"]).json() == own
    assert ask_for_token(client, party.client_id, own["client_secret"]).status_code == 200


@pytest.mark.spec("R-182", "R-183")
def test_filters_intersect_and_foreign_ids_match_nothing(party, stranger):
    mine, other = _of(party, party.sandbox)[0], _of(stranger, stranger.sandbox)[0]

    def ids(query):
        return [each["credential_id"] for each in party.get(f"{LIST}?{query}").json()["credentials"]]

    assert ids(f"credential_ids={mine['credential_id']} {other['credential_id']}") == [mine["credential_id"]]
    assert ids(f"credential_ids={mine['credential_id']}&client_ids={party.client_id}") == []
    assert ids(f"client_ids={stranger.client_id}") == []
    assert ids(f"client_ids={party.sandbox.client_id}&after={mine['created']}") == [mine["credential_id"]]
    assert ids(f"before={mine['created'].replace('2026', '2025')}") == []
    newest = party.send("post", LIST, {"client_id": party.client_id}).json()
    assert ids("")[0] == newest["credential_id"]


@pytest.mark.parametrize(
    "query", ["after=yesterday", "before=2026-01-01T00:00:00", "after=a&after=b", "page=1"]
)
def test_a_filter_that_cannot_be_read_is_refused_by_name(party, query):
    answer = party.get(f"{LIST}?{query}")

    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["error_description"]


def test_a_listing_makes_as_many_queries_for_many_as_for_few(party):
    few = count_queries(lambda: party.get(LIST))
    for _ in range(5):
        party.send("post", LIST, {"client_id": party.client_id})

    assert count_queries(lambda: party.get(LIST)) == few


@pytest.mark.spec("R-141", "R-146", "R-148")
def test_a_further_secret_works_beside_the_first_and_leaves_a_message(client, party):
    answer = party.send("post", LIST, {"client_id": party.client_id})

    made = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, made["uri"])
    assert made["client_secret"] != party.secret
    for secret in (party.secret, made["client_secret"]):
        assert ask_for_token(client, party.client_id, secret).status_code == 200
    message = Message.objects.get(related_type="credential")
    assert (message.related_uri, message.related_type) == (made["uri"], "credential")
    assert made["client_secret"] not in message.description


@pytest.mark.spec("R-142")
@pytest.mark.parametrize("body", [{}, {"client_id": None}, {"client_id": 1}, {"client_id": "nobody"}])
def test_an_object_that_is_none_of_its_own_gets_no_secret(party, stranger, body):
    assert party.send("post", LIST, body).status_code == 400
    assert party.send("post", LIST, {"client_id": stranger.client_id}).status_code == 400
    assert Credential.objects.count() == 6


def test_a_disabled_object_and_one_that_never_authenticates_get_none(party):
    disabled = ClientFactory(registration=party.registration, status="disabled", secret="")
    files = ClientFactory(registration=party.registration, auth_method=None, secret="")

    for each in (disabled, files):
        assert party.send("post", LIST, {"client_id": each.client_id}).status_code == 400
    for _ in range(19):
        party.send("post", LIST, {"client_id": party.client_id})
    assert (
        "expire one" in party.send("post", LIST, {"client_id": party.client_id}).json()["error_description"]
    )


@pytest.mark.spec("R-143", "R-144", "R-148")
def test_an_expiry_is_set_and_only_moves_earlier(party):
    uri = _of(party, party.sandbox)[0]["uri"]
    later, sooner = _now() + 2000, _now() + 1000

    assert party.send("patch", uri, {EXPIRES: 0}).json()[EXPIRES] == 0
    assert party.send("patch", uri, {EXPIRES: later}).json()[EXPIRES] == later
    assert (
        party.send("patch", uri, {EXPIRES: sooner, "client_secret": "x", "junk": 1}).json()[EXPIRES] == sooner
    )
    for wrong in (later, 0, -1, "1", 1.5, True, None, 10**30, _now() - 60):
        assert party.send("patch", uri, {EXPIRES: wrong}).status_code == 400, wrong
    assert party.get(uri).json()[EXPIRES] == sooner
    assert party.send("patch", uri, {}).json()[EXPIRES] == sooner
    assert Message.objects.filter(related_type="credential").count() == 2


@pytest.mark.spec("R-145", "X-19")
def test_a_secret_that_is_ended_dies_with_its_tokens_and_leaves_the_others(client, party):
    second = party.send("post", LIST, {"client_id": party.client_id}).json()
    other = ask_for_token(client, party.client_id, second["client_secret"]).json()["access_token"]

    answer = party.send("patch", second["uri"], {EXPIRES: _now()})

    assert answer.status_code == 200
    assert answer.json()[EXPIRES] <= _now()
    assert ask_for_token(client, party.client_id, second["client_secret"]).status_code == 401
    assert client.get(LIST, headers={"Authorization": f"Bearer {other}"}).status_code == 401
    assert party.get(LIST).status_code == 200
    assert AccessToken.objects.count() == 1
    assert party.send("patch", second["uri"], {EXPIRES: _now() + 10}).status_code == 400


@pytest.mark.spec("R-143")
def test_a_clock_that_is_two_seconds_behind_is_understood(client, party):
    uri = _of(party, party.sandbox)[0]["uri"]

    assert party.send("patch", uri, {EXPIRES: _now() - 1}).status_code == 200


def test_its_own_secret_can_be_ended_and_the_token_ends_with_the_answer(party):
    uri = _of(party, party.admin)[0]["uri"]

    assert party.send("patch", uri, {EXPIRES: _now()}).status_code == 200
    assert party.get(LIST).status_code == 401


@pytest.mark.spec("R-136")
def test_a_foreign_secret_is_not_there(party, stranger):
    foreign = _of(stranger, stranger.admin)[0]["uri"]

    assert party.get(foreign).status_code == 404
    assert party.send("patch", foreign, {EXPIRES: _now()}).status_code == 404
    assert stranger.get(foreign).json()[EXPIRES] == 0


@pytest.mark.spec("R-138")
def test_a_secret_of_before_can_be_read_once_it_was_used(client, party):
    old = ClientFactory(registration=party.registration)
    Credential.objects.filter(client=old).update(sealed="")  # of which a digest alone was kept

    assert _of(party, old)[0]["client_secret"] is None
    ask_for_token(client, old.client_id, SECRET)
    assert _of(party, old)[0]["client_secret"] == SECRET


@pytest.mark.django_db(transaction=True)
def test_two_expiries_at_once_end_it_once(client):
    party = third_party(client)
    uri = _of(party, party.sandbox)[0]["uri"]

    def expire():
        sent = json.dumps({EXPIRES: _now()})
        headers = {"Authorization": f"Bearer {party.token}"}
        return type(client)().patch(uri, sent, content_type="application/json", headers=headers).status_code

    assert sorted(at_once(2, expire)) in ([200, 200], [200, 400])
    assert Message.objects.filter(related_type="credential").count() == 1


def test_no_secret_is_in_a_log(party, caplog, capsys):
    party.send("post", LIST, {"client_id": party.client_id})
    party.get(LIST)

    written = caplog.text + capsys.readouterr().out
    assert not [each for each in party.get(LIST).json()["credentials"] if each["client_secret"] in written]


@pytest.mark.spec("R-135", "R-147")
def test_secrets_that_people_renew_and_leaked_ones_that_they_end_are_listed_here_too(party):
    before = _of(party, party.sandbox)[0]
    renewed = renew_secret(client=party.sandbox, by=UserFactory(), at=clock.now())
    working_on = _of(party, party.sandbox)
    replaced = replace_leaked_secret(client=party.sandbox, by=UserFactory(), at=clock.now())

    listed = {each["client_secret"]: each for each in _of(party, party.sandbox)}

    assert all(each[EXPIRES] == 0 or each[EXPIRES] > _now() for each in working_on)
    assert set(listed) == {before["client_secret"], renewed, replaced}
    assert listed[replaced][EXPIRES] == 0
    assert all(0 < listed[secret][EXPIRES] <= _now() for secret in (before["client_secret"], renewed))
