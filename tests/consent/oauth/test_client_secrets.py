"""How a client proves who it is: one way a call, without a slow hash, and whatever strangers do."""

import base64
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher, make_password

from cdsc_portal.lib.time import clock
from consent.models import Client, Credential
from consent.queries.credentials import known_client
from consent.services.credentials import renew_secret, replace_leaked_secret, upgrade_credential
from tests.consent.oauth.third_party import FORM, ThirdParty
from tests.factories.accounts import UserFactory
from tests.factories.consent import SECRET, ClientFactory

ENDPOINTS = ("token", "par", "introspect", "revoke")
SLOW = "tests.consent.oauth.test_client_secrets.SlowHasher"


class SlowHasher(MD5PasswordHasher):
    """Stands for Argon2: counts how often it is asked."""

    algorithm = "slow"
    checks = 0

    def verify(self, password: str, encoded: str) -> bool:
        SlowHasher.checks += 1
        return super().verify(password, encoded)


@pytest.fixture
def of_before(db, settings) -> ThirdParty:
    """A client registered before there were credentials: its secret's slow hash is on its row."""
    settings.PASSWORD_HASHERS = [SLOW]
    SlowHasher.checks = 0
    client = ClientFactory(secret="")
    Client.objects.filter(pk=client.pk).update(client_secret=make_password(SECRET))
    return ThirdParty(client)


@pytest.fixture
def still():
    """The clock stands in the middle of a minute."""
    with time_machine.travel(clock.now().replace(second=20), tick=False) as traveller:
        yield traveller


def call(third_party, *, address="192.0.2.1", secret=None, endpoint="revoke"):
    """The status of a call that only asks who calls."""
    pair = f"{third_party.client.client_id}:{secret or third_party.secret}".encode()
    return third_party.http.post(
        f"/oauth/{endpoint}/",
        urlencode({"token": "unknown", "grant_type": "refresh_token"}),
        content_type=FORM,
        headers={"Authorization": f"Basic {base64.b64encode(pair).decode()}"},
        REMOTE_ADDR=address,
    ).status_code


def test_a_secret_of_before_gets_its_row_at_its_first_right_use_and_is_slow_once(of_before, still):
    assert [call(of_before) for _ in range(3)] == [200, 200, 200]

    credential = Credential.objects.get()
    assert (credential.client, credential.created) == (of_before.client, clock.now())
    assert credential.digest != SECRET and credential.expires is None
    assert SlowHasher.checks == 1


def test_a_wrong_secret_of_a_client_with_a_row_asks_no_slow_hash(of_before):
    call(of_before)

    assert [call(of_before, secret="wrong") for _ in range(3)] == [401, 401, 401]

    assert SlowHasher.checks == 1


def test_a_secret_of_before_that_was_renewed_unused_works_as_long_as_it_is_kept(of_before, still):
    renew_secret(client=of_before.client, by=UserFactory(), at=clock.now(), keep=timedelta(hours=1))

    assert [call(of_before), call(of_before)] == [200, 200]
    assert SlowHasher.checks == 1 and not Credential.objects.filter(digest=None).exists()
    still.shift(timedelta(hours=1))
    assert call(of_before) == 401


@pytest.mark.spec("X-19")
def test_a_secret_of_before_that_leaked_opens_nothing_even_while_it_is_checked(of_before):
    known = known_client(of_before.client.client_id)
    replace_leaked_secret(client=of_before.client, by=UserFactory(), at=clock.now())

    assert upgrade_credential(known=known, secret=SECRET, at=clock.now()) is None
    assert call(of_before) == 401


@pytest.mark.spec("X-18")
def test_the_secret_is_stored_as_a_digest_only(third_party):
    stored = Credential.objects.values_list("digest", flat=True)

    assert call(third_party) == 200
    assert SECRET not in stored and len(stored[0]) == 64


def test_strangers_can_make_the_server_hash_slowly_a_few_times_only(of_before, still):
    one_address = [call(of_before, secret=f"wrong {n}", address="198.51.100.7") for n in range(20)]
    after_one = SlowHasher.checks
    for n in range(40):
        call(of_before, secret="wrong", address=f"203.0.113.{n}")

    assert (one_address[0], one_address[-1], after_one) == (401, 429, 3)
    assert SlowHasher.checks == 30  # of the whole server, in this minute


def test_what_strangers_spend_from_one_address_does_not_stop_a_first_use_from_another(of_before, still):
    for n in range(20):
        call(of_before, secret=f"wrong {n}", address="198.51.100.7")

    assert call(of_before, address="192.0.2.1") == 200


def test_a_stranger_never_locks_a_client_out_of_any_endpoint(third_party, settings, still):
    settings.OAUTH_CALLS_PER_MINUTE = settings.OAUTH_FAILURES_PER_MINUTE = 3
    theirs = [call(third_party, secret="wrong", endpoint=name) for name in ENDPOINTS for _ in range(10)]

    assert theirs[:3] == [401, 401, 401] and set(theirs[3:]) == {429}
    assert [call(third_party, endpoint="revoke") for _ in range(3)] == [200, 200, 200]
    assert third_party.introspect("unknown") == {"active": False}
    assert third_party.push().status_code == 201


def test_failures_count_by_client_and_more_of_them_by_address(third_party, rival, settings, still):
    settings.OAUTH_FAILURES_PER_MINUTE = 2
    assert [call(third_party, secret="wrong") for _ in range(3)] == [401, 401, 429]
    assert call(rival, secret="wrong") == 401

    strangers = [ThirdParty(ClientFactory()) for _ in range(10)]
    assert [call(stranger, secret="wrong") for stranger in strangers][-1] == 429
    assert call(strangers[-1], secret="wrong", address="192.0.2.2") == 401


def test_a_name_written_in_another_way_is_counted_as_the_same(third_party, settings, still):
    settings.OAUTH_FAILURES_PER_MINUTE = 2
    plain = third_party.client.client_id
    written = [plain, f"%{ord(plain[0]):02x}{plain[1:]}", f"%{ord(plain[0]):02X}{plain[1:]}"]

    answers = []
    for third_party.client.client_id in written:
        answers.append(call(third_party, secret="wrong"))

    assert answers == [401, 401, 429]


def test_a_proven_client_that_calls_too_often_is_told_so(third_party, settings, still):
    settings.OAUTH_CALLS_PER_MINUTE = 2

    assert [call(third_party) for _ in range(3)] == [200, 200, 429]
    assert call(third_party, address="192.0.2.2") == 200


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "body",
    [
        {"client_secret": SECRET},
        {"client_secret": "another"},
        {"client_id": "{own}", "client_secret": SECRET},
        {"client_id": "{rival}"},
        {"client_id": "{rival}", "client_secret": SECRET},
        {"client_assertion": "e30.e30.x", "client_assertion_type": "jwt-bearer"},
    ],
)
def test_two_ways_of_authenticating_in_one_call_are_refused(third_party, rival, endpoint, body):
    ids = {"{own}": third_party.client.client_id, "{rival}": rival.client.client_id}
    sent = {name: ids.get(value, value) for name, value in body.items()}

    refused = third_party.post(f"/oauth/{endpoint}/", {"token": "unknown", **sent})

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


def test_the_header_may_name_its_own_client_in_the_body_too(third_party):
    sent = {"token": "unknown", "client_id": third_party.client.client_id}

    assert third_party.post("/oauth/revoke/", sent).status_code == 200


def test_a_public_client_proves_itself_with_no_secret_at_all(db):
    public = ThirdParty(ClientFactory(client_type=Client.CLIENT_PUBLIC))

    assert public.revoke("unknown").status_code == 200
    assert public.post("/oauth/revoke/", {"token": "x", "client_secret": SECRET}).status_code == 401
    assert call(public) == 401


def test_a_secret_that_expired_opens_nothing(third_party):
    renew_secret(client=third_party.client, by=UserFactory(), at=clock.now(), keep=timedelta(hours=1))
    assert call(third_party) == 200

    with time_machine.travel(clock.now() + timedelta(hours=1)):
        assert call(third_party) == 401


def test_a_call_costs_as_many_queries_however_many_secrets_there_were(third_party, django_assert_num_queries):
    by = UserFactory()
    for _ in range(3):
        third_party.secret = renew_secret(client=third_party.client, by=by, at=clock.now())

    # credentials with their client, count; savepoint, hold of the access token, refresh tokens, release
    with django_assert_num_queries(6):
        assert call(third_party) == 200


def test_an_exchange_and_a_refresh_cost_nine_statements_each(third_party, grant, django_assert_num_queries):
    code = third_party.code_for(grant)

    # client with credentials, count; savepoint, hold, grant, its codes, tokens, the code spent, release
    with django_assert_num_queries(9):
        tokens = third_party.exchange(code).json()
    # the same, with the refresh token in place of the code
    with django_assert_num_queries(9):
        third_party.refresh(tokens["refresh_token"])


def test_an_introspection_costs_three_statements(third_party, grant, django_assert_num_queries):
    tokens = third_party.tokens_for(grant)

    # client with credentials, count, the token with its grant
    with django_assert_num_queries(3):
        third_party.introspect(tokens["access_token"])
