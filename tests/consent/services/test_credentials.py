"""Secrets are renewed with time to change over, or ended with their tokens because they leaked."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, connections, transaction

from cdsc_portal.lib.time import clock
from consent.models import AccessToken, Client, Message, RefreshToken
from consent.queries.credentials import secrets_in_use
from consent.services.clients import ClientChangeRefused
from consent.services.credentials import (
    LONGEST_OVERLAP,
    end_older_secrets,
    hold_credential,
    renew_secret,
    replace_leaked_secret,
)
from tests.consent.oauth.third_party import ThirdParty
from tests.factories.accounts import UserFactory
from tests.factories.consent import ClientFactory, GrantFactory

READ = "/usage_data"


@pytest.fixture
def third_party(db) -> ThirdParty:
    return ThirdParty(ClientFactory())


@pytest.fixture
def grant(third_party):
    return GrantFactory(client=third_party.client)


@pytest.fixture
def by(db):
    return UserFactory()


def refreshed(third_party, tokens):
    return third_party.refresh(tokens["refresh_token"])


def is_active(third_party, tokens):
    return third_party.introspect(tokens["access_token"])["active"]


def test_each_token_names_the_secret_it_came_by(third_party, grant, by):
    first = third_party.tokens_for(grant)
    old = third_party.client.credentials.get()
    third_party.secret = renew_secret(client=third_party.client, by=by, at=clock.now())

    refreshed(third_party, first)

    new = secrets_in_use(client=third_party.client, at=clock.now())[0]
    assert [token.credential for token in AccessToken.objects.order_by("pk")] == [old, new]
    assert [token.credential for token in RefreshToken.objects.order_by("pk")] == [old, new]


def test_a_renewal_leaves_tokens_alone(third_party, grant, by):
    tokens = third_party.tokens_for(grant)

    third_party.secret = renew_secret(client=third_party.client, by=by, at=clock.now(), keep=timedelta())

    assert is_active(third_party, tokens)
    assert refreshed(third_party, tokens).status_code == 200


@pytest.mark.spec("X-19")
def test_a_leaked_secret_ends_at_once_with_its_tokens(third_party, grant, by):
    tokens, stolen = third_party.tokens_for(grant), ThirdParty(third_party.client)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert third_party.http.get(READ, headers=bearer).status_code != 401

    third_party.secret = replace_leaked_secret(client=third_party.client, by=by, at=clock.now())

    assert third_party.http.get(READ, headers=bearer).status_code == 401
    assert refreshed(stolen, tokens).json()["error"] == "invalid_client"
    assert refreshed(third_party, tokens).json()["error"] == "invalid_grant"
    assert not is_active(third_party, tokens)
    assert "access_token" in third_party.tokens_for(GrantFactory(client=third_party.client))
    assert Message.objects.get().name == "Secret renewed: it leaked"


@pytest.mark.spec("X-19")
def test_a_leak_ends_tokens_of_before_they_named_their_secret(third_party, grant, by):
    tokens = third_party.tokens_for(grant)
    AccessToken.objects.update(credential=None)
    RefreshToken.objects.update(credential=None)

    third_party.secret = replace_leaked_secret(client=third_party.client, by=by, at=clock.now())

    assert refreshed(third_party, tokens).json()["error"] == "invalid_grant"


def test_a_leak_ends_nothing_of_another_client(third_party, by):
    other = ThirdParty(ClientFactory(client_type=Client.CLIENT_PUBLIC))
    tokens = other.tokens_for(GrantFactory(client=other.client))

    replace_leaked_secret(client=third_party.client, by=by, at=clock.now())

    assert refreshed(other, tokens).status_code == 200


@pytest.mark.spec("X-19")
def test_a_leak_found_after_the_renewal_ends_what_the_old_secret_got_and_no_more(third_party, grant, by):
    left, moved = (
        third_party.tokens_for(grant),
        third_party.tokens_for(GrantFactory(client=third_party.client)),
    )
    old = ThirdParty(third_party.client)
    third_party.secret = renew_secret(client=third_party.client, by=by, at=clock.now())
    moved = refreshed(third_party, moved).json()

    assert end_older_secrets(client=third_party.client, by=by, at=clock.now()) == 1

    assert old.revoke("unknown").status_code == 401
    assert refreshed(third_party, left).json()["error"] == "invalid_grant"
    assert refreshed(third_party, moved).status_code == 200
    assert end_older_secrets(client=third_party.client, by=by, at=clock.now()) == 0


def test_a_second_renewal_gives_the_first_secret_no_more_time(third_party, by):
    at = clock.now()
    renew_secret(client=third_party.client, by=by, at=at, keep=timedelta(hours=1))

    renew_secret(client=third_party.client, by=by, at=at + timedelta(minutes=30))

    ends = third_party.client.credentials.order_by("pk").values_list("expires", flat=True)
    assert list(ends) == [at + timedelta(hours=1), at + timedelta(hours=24, minutes=30), None]


@pytest.mark.parametrize("keep", [LONGEST_OVERLAP + timedelta(seconds=1), -timedelta(seconds=1)])
def test_a_secret_is_kept_for_a_week_at_most(third_party, by, keep):
    with pytest.raises(ClientChangeRefused):
        renew_secret(client=third_party.client, by=by, at=clock.now(), keep=keep)


@pytest.mark.parametrize("change", [renew_secret, replace_leaked_secret, end_older_secrets])
def test_a_public_client_has_no_secret_to_change(by, change):
    with pytest.raises(ClientChangeRefused):
        change(client=ClientFactory(client_type=Client.CLIENT_PUBLIC), by=by, at=clock.now())


@pytest.mark.spec("X-19")
@pytest.mark.django_db(transaction=True)
def test_a_leak_waits_for_a_token_that_is_being_made_and_ends_it():
    third_party = ThirdParty(ClientFactory())
    by, at = UserFactory(), clock.now()
    credential = third_party.client.credentials.get()
    done = Event()

    def leak() -> None:
        try:
            replace_leaked_secret(client=third_party.client, by=by, at=at)
            done.set()
        finally:
            connections.close_all()

    with transaction.atomic():
        assert hold_credential(credential, at=at)
        other = Thread(target=leak)
        other.start()
        _wait_for_a_lock()
        assert not done.is_set()
        AccessToken.objects.create(
            application=third_party.client, credential=credential, token_checksum="made", expires=at
        )
    other.join(30)

    assert done.is_set() and not AccessToken.objects.exists()
    assert not hold_credential(credential, at=at)


def _wait_for_a_lock() -> None:
    with connection.cursor() as cursor:
        for _ in range(300):
            cursor.execute("SELECT pg_sleep(0.05), count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[1]:
                return
    raise AssertionError("nobody waits")
