"""How often a third party may call for data: by grant and by client, counted before anything else happens."""

import hashlib
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, connections, transaction
from django.test import Client as Browser

from cdsc_portal.lib.time import clock
from consent.models import Actor, Client, Disclosure, Grant
from consent.services.revoke import revoke_grant
from consent.services.third_parties.call_quotas import count_data_call
from tests.consent.api.reader import Reader, issue_token
from tests.factories.accounts import StaffFactory, household
from tests.factories.consent import GrantFactory, GrantPartFactory, ReceiptFactory

URL = "/usage_data"


@pytest.fixture(autouse=True)
def a_minute():
    with time_machine.travel(clock.now().replace(second=20, microsecond=0), tick=False):
        yield


@pytest.fixture
def granted(reader, home):
    reader.granted(home.contract, scope="usage_data bill_data")
    return reader


def statuses(reader, count, path=URL):
    return [reader.get(path).status_code for _ in range(count)]


def sibling_of(reader, home):
    """Another grant of the same client."""
    another = Reader(client=reader.client)
    another.granted(home.contract)
    return another


def test_answers_say_what_is_left_of_both_quotas(granted, settings):
    settings.GRANT_CALLS_PER_MINUTE, settings.CLIENT_CALLS_PER_MINUTE = 5, 9

    first, second = granted.get(URL), granted.get("/bill_data")

    assert first["RateLimit-Policy"] == '"grant";q=5;w=60, "client";q=9;w=60'
    assert first["RateLimit"] == '"grant";r=4;t=40, "client";r=8;t=40'
    assert second["RateLimit"] == '"grant";r=3;t=40, "client";r=7;t=40'


def test_a_call_beyond_the_quota_of_its_grant_is_told_when_to_try_again_and_releases_nothing(
    granted, settings
):
    settings.GRANT_CALLS_PER_MINUTE = 2

    assert statuses(granted, 2) == [200, 200]
    refused = granted.get(URL)

    assert (refused.status_code, refused["Retry-After"]) == (429, "40")
    assert refused["RateLimit"].startswith('"grant";r=0;t=40')
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "too_many_calls"
    assert "2 times a minute" in refused.json()["detail"] and "40 s" in refused.json()["detail"]
    assert "private" in refused["Cache-Control"]
    assert Disclosure.objects.count() == 2
    with time_machine.travel(clock.now() + timedelta(seconds=40), tick=False):
        assert granted.get(URL).status_code == 200


def test_all_grants_of_a_client_share_its_quota(granted, home, settings):
    settings.CLIENT_CALLS_PER_MINUTE = 3
    another = sibling_of(granted, home)

    answered = [*statuses(granted, 2), *statuses(another, 2)]

    assert answered == [200, 200, 200, 429]
    assert "with all its consents" in another.get(URL).json()["detail"]


@pytest.mark.parametrize("limited", ["calls_per_minute", "grant_calls_per_minute"])
def test_staff_give_one_client_quotas_of_its_own(granted, home, settings, limited):
    settings.CLIENT_CALLS_PER_MINUTE = settings.GRANT_CALLS_PER_MINUTE = 1
    Client.objects.filter(pk=granted.client.pk).update(calls_per_minute=9, grant_calls_per_minute=9)
    Client.objects.filter(pk=granted.client.pk).update(**{limited: 2})
    stranger = Reader()
    stranger.granted(home.contract)

    assert (statuses(granted, 3), statuses(stranger, 2)) == ([200, 200, 429], [200, 429])


def test_every_way_to_read_counts(granted, settings):
    settings.GRANT_CALLS_PER_MINUTE = 4
    tag = granted.get(URL)["ETag"]

    answers = [
        granted.get(URL, **{"If-None-Match": tag}).status_code,
        Browser().head(URL, headers=granted.bearer).status_code,
        granted.get("/usage_data/file").status_code,
        granted.get(URL, **{"If-None-Match": tag}).status_code,
        Browser().head(URL, headers=granted.bearer).status_code,
        granted.get("/usage_data/file").status_code,
    ]

    assert answers == [304, 200, 200, 429, 429, 429]


def test_a_second_token_of_a_grant_gets_no_second_quota(granted, settings):
    settings.GRANT_CALLS_PER_MINUTE = 2

    assert statuses(granted, 2) == [200, 200]
    granted.token = issue_token(granted.grant)
    assert statuses(granted, 1) == [429]


def test_a_grant_beyond_its_quota_uses_up_nothing_of_its_client(granted, home, settings):
    """Who gets hold of one token can keep nobody else of the client from reading."""
    settings.GRANT_CALLS_PER_MINUTE, settings.CLIENT_CALLS_PER_MINUTE = 2, 4

    assert statuses(granted, 9) == [200, 200, *[429] * 7]
    assert statuses(sibling_of(granted, home), 2) == [200, 200]


@pytest.mark.parametrize("dead", ["expired", "stopped", "unknown"])
def test_a_token_that_opens_nothing_uses_up_nothing_and_learns_nothing(granted, home, settings, dead):
    settings.CLIENT_CALLS_PER_MINUTE = 1
    finder = sibling_of(granted, home)
    if dead == "expired":
        finder.token = issue_token(finder.grant, expires=clock.now() - timedelta(seconds=1))
    elif dead == "stopped":
        ReceiptFactory(grant=finder.grant)
        revoke_grant(grant=finder.grant, by=None, actor=Actor.LINK, at=clock.now())
    else:
        finder.token = "guessed"

    answers = [finder.get(URL) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {401}
    assert not any("RateLimit" in answer for answer in answers)
    assert granted.get(URL).status_code == 200


def test_no_other_client_can_use_up_a_quota(granted, home, settings):
    settings.CLIENT_CALLS_PER_MINUTE = 2
    rival = Reader()
    rival.granted(home.contract)

    assert statuses(rival, 4) == [200, 200, 429, 429]
    assert statuses(granted, 2) == [200, 200]


def test_a_call_without_a_token_is_not_counted(granted, settings):
    settings.GRANT_CALLS_PER_MINUTE = 1

    answers = [Browser().get(URL), Browser().get(f"{URL}?access_token={granted.token}")]

    assert [(answer.status_code, "RateLimit" in answer) for answer in answers] == [(401, False), (400, False)]
    assert granted.get(URL).status_code == 200


def test_both_counts_are_one_statement(granted, django_assert_num_queries):
    with django_assert_num_queries(1):
        counts = count_data_call(granted.token, at=clock.now())

    assert [count.calls for count in counts.values()] == [1, 1]


def test_a_call_beyond_a_quota_is_that_statement_and_its_count_as_refused(
    granted, settings, django_assert_num_queries
):
    settings.GRANT_CALLS_PER_MINUTE = 1
    granted.get(URL)

    with django_assert_num_queries(5):  # beside them the savepoint of a test, back to it, and its end
        assert granted.get(URL).status_code == 429


def run(*calls):
    """The calls at once, each in a thread with a session of its own; which ended within 20 s."""

    def close_after(call):
        try:
            call()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=close_after, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return [not thread.is_alive() for thread in threads]


@pytest.mark.django_db(transaction=True)
def test_of_calls_at_once_none_is_missed(settings):
    settings.GRANT_CALLS_PER_MINUTE = 30
    reader = Reader()
    reader.granted(household().contract)
    answered: list[int] = []

    run(*[lambda: answered.extend(statuses(reader, 10))] * 4)

    assert sorted(answered) == [200] * 30 + [429] * 10


@pytest.mark.django_db(transaction=True)
def test_a_call_that_waits_at_the_gate_keeps_no_other_from_being_counted():
    reader = Reader()
    reader.granted(household().contract)
    answered: list[int] = []
    waiting = threading.Thread(target=lambda: (answered.extend(statuses(reader, 1)), connections.close_all()))

    with transaction.atomic():
        Grant.objects.select_for_update().get(pk=reader.grant.pk)  # as a stop does
        waiting.start()
        until = time.monotonic() + 20
        while not counted(reader) and time.monotonic() < until:
            time.sleep(0.01)
        ended = run(lambda: count_data_call(reader.token, at=clock.now()))
    waiting.join(20)

    assert (ended, answered, counted(reader)) == ([True], [200], 2)


def counted(reader):
    caller = hashlib.sha256(f"data grant {reader.grant.pk}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT calls FROM call_count WHERE caller = %s", [caller])
        row = cursor.fetchone()
    return row[0] if row else 0


def test_staff_set_both_numbers_on_the_page_of_the_client(granted, client):
    client.force_login(StaffFactory())
    url = f"/admin/consent/client/{granted.client.pk}/change/"
    form = {
        "name": granted.client.name,
        "redirect_uris": granted.client.redirect_uris,
        "allowed_scopes": granted.client.allowed_scopes,
        "calls_per_minute": "120",
        "grant_calls_per_minute": "0",
    }

    refused = client.post(url, form)
    saved = client.post(url, form | {"grant_calls_per_minute": "12"})

    granted.client.refresh_from_db()
    assert (refused.status_code, saved.status_code) == (200, 302)
    assert (granted.client.calls_per_minute, granted.client.grant_calls_per_minute) == (120, 12)


def test_a_grant_of_two_parts_counts_once(reader, home):
    grant = GrantFactory(client=reader.client, user=home.owner, scope="usage_data bill_data")
    for scope in ("usage_data", "bill_data"):
        GrantPartFactory(grant=grant, scope=scope, contracts=[home.contract])

    counts = count_data_call(issue_token(grant), at=clock.now())

    assert (counts["grant"].calls, Grant.objects.count()) == (1, 1)
