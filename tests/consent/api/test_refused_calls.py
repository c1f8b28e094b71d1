"""Refused calls for data are counted for the client that made them, in few rows, and for nobody else."""

import secrets
from datetime import UTC, timedelta

import pytest
import time_machine
from django.db import InterfaceError, connection, transaction
from django.test import Client as Browser

from cdsc_portal.lib.time import clock
from consent.models import Actor, ClientStatus, Disclosure, Grant, RefusedCalls
from consent.services.revoke import revoke_grant
from consent.services.third_parties import refused_calls
from consent.services.third_parties.refused_calls import RefusedCall, record_by_client, record_by_token
from consent.tasks import delete_refused_calls
from consent.transitions import GrantStatus
from tests.consent.api.reader import Reader, issue_token
from tests.factories.accounts import household
from tests.factories.consent import ClientFactory, ReceiptFactory
from tests.support.threads import at_once

URL = "/usage_data"
LATE = RefusedCall("usage_data", 401, "invalid_token", "k7mq-2xwd")


@pytest.fixture
def granted(reader, home):
    reader.granted(home.contract)
    return reader


def rows():
    return list(
        RefusedCalls.objects.order_by("code").values_list("client", "resource", "status", "code", "calls")
    )


def test_a_refused_call_is_counted_with_the_reference_that_its_answer_told(granted):
    answers = [granted.get("/bill_data") for _ in range(3)]

    row = RefusedCalls.objects.get()
    assert rows() == [(granted.client.pk, "bill_data", 403, "insufficient_scope", 3)]
    assert row.reference == answers[-1]["X-Request-Reference"]
    assert (row.day, clock.now() - row.last_at < timedelta(minutes=1)) == (
        row.last_at.astimezone(UTC).date(),
        True,
    )
    assert not Disclosure.objects.exists()


def test_a_refusal_goes_out_where_the_connection_is_closed(granted, monkeypatch):
    def closed():
        raise InterfaceError("the connection is closed")

    monkeypatch.setattr(refused_calls, "prepared_cursor", closed)
    assert granted.get("/bill_data").status_code == 403
    assert rows() == []


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        (URL, {"Accept": "image/png"}, (406, "not_acceptable")),
        (f"{URL}?start=soon", {}, (400, "invalid_parameter")),
        (f"{URL}?start=soon", {"If-None-Match": '"x"'}, (400, "invalid_parameter")),
        ("/bill_data", {"If-None-Match": '"x"'}, (403, "insufficient_scope")),
        ("/usage_data/file?cursor=x", {}, (400, "invalid_parameter")),
    ],
)
def test_each_way_to_be_refused_is_counted_once(granted, path, headers, expected):
    answer = granted.get(path, **headers)

    assert (answer.status_code, answer.json()["code"]) == expected
    assert [row[2:] for row in rows()] == [(*expected, 1)]


def test_a_method_that_is_not_taken_and_a_head_are_refused_calls_too(granted):
    Browser().post(URL, headers=granted.bearer)
    Browser().head("/bill_data", headers=granted.bearer)

    assert [row[3:] for row in rows()] == [("insufficient_scope", 1), ("method_not_allowed", 1)]


def test_calls_beyond_a_quota_are_counted(granted, settings):
    settings.GRANT_CALLS_PER_MINUTE = 1
    with time_machine.travel(clock.now().replace(second=20), tick=False):
        statuses = [granted.get(URL).status_code for _ in range(4)]

    assert statuses == [200, 429, 429, 429]
    assert rows() == [(granted.client.pk, "usage_data", 429, "too_many_calls", 3)]


@pytest.mark.parametrize("dead", ["expired", "paused", "suspended"])
def test_a_token_that_opens_nothing_any_more_tells_whose_program_calls(granted, dead):
    if dead == "expired":
        granted.token = issue_token(granted.grant, expires=clock.now() - timedelta(seconds=1))
    elif dead == "paused":
        Grant.objects.update(status=GrantStatus.SUSPENDED)
    else:
        granted.client.status = ClientStatus.SUSPENDED
        granted.client.save()

    assert granted.get(URL).status_code == 401

    assert rows() == [(granted.client.pk, "usage_data", 401, "invalid_token", 1)]


def test_a_stop_takes_tokens_away_so_nobody_is_known_by_them_any_more(granted):
    ReceiptFactory(grant=granted.grant)
    revoke_grant(grant=granted.grant, by=None, actor=Actor.LINK, at=clock.now())

    assert granted.get(URL).status_code == 401

    assert rows() == []


def test_nobody_who_is_not_known_is_recorded(granted):
    Browser().get(URL)
    Browser().get(URL, headers={"Authorization": "Basic eDp5"})
    Browser().get(f"{URL}?access_token={granted.token}")
    for _ in range(5):
        granted.token = secrets.token_urlsafe(24)
        assert granted.get(URL).status_code == 401

    assert rows() == []


def test_an_answer_is_no_refusal_and_costs_no_statement_more(granted, django_assert_num_queries):
    tag = granted.get(URL)["ETag"]

    # count, savepoint, gate, versions, facts, disclosure, release
    with django_assert_num_queries(7) as queries:
        assert granted.get(URL).status_code == 200
    assert granted.get(URL, **{"If-None-Match": tag}).status_code == 304

    assert not [query for query in queries if "refused" in query["sql"]]
    assert rows() == []


def test_a_thousand_calls_of_any_kind_fill_no_table(granted):
    """What a caller may choose, its parameters and addresses, is in no row."""
    for number in range(20):
        granted.get(f"{URL}?no_such_{number}=1")
        granted.get(f"/bill_statements/{number}/file")
        granted.get(URL, Accept=f"image/x-{number}")

    assert len(rows()) <= 3
    assert sum(row[-1] for row in rows()) == 60


def test_each_day_and_each_resource_has_a_row_of_its_own(granted):
    noon = clock.now().replace(hour=12)
    for moment in (noon - timedelta(days=1), noon, noon):
        record_by_token(LATE, token=granted.token, at=moment)
    record_by_client(
        RefusedCall("bill_data", 401, "invalid_token", "x"), client_id=granted.client.pk, at=noon
    )

    counted = RefusedCalls.objects.order_by("day", "resource").values_list("resource", "calls")
    assert list(counted) == [("usage_data", 1), ("bill_data", 1), ("usage_data", 2)]


def test_the_last_call_counts_whichever_is_written_last(granted):
    at = clock.now().replace(hour=12)
    record_by_token(LATE, token=granted.token, at=at)
    early = RefusedCall("usage_data", 401, "invalid_token", "early")

    record_by_token(early, token=granted.token, at=at - timedelta(seconds=5))

    row = RefusedCalls.objects.get()
    assert (row.calls, row.reference, row.last_at) == (2, "k7mq-2xwd", at)


@pytest.mark.django_db(transaction=True)
def test_of_refused_calls_at_once_none_is_missed():
    reader = Reader()
    reader.granted(household().contract)

    statuses = at_once(4, lambda: [reader.get("/bill_data").status_code for _ in range(5)])

    assert statuses == [[403] * 5] * 4
    assert rows() == [(reader.client.pk, "bill_data", 403, "insufficient_scope", 20)]


@pytest.mark.django_db(transaction=True)
def test_a_refusal_that_cannot_be_counted_goes_out_all_the_same():
    reader = Reader()
    reader.granted(household().contract)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE consent_refusedcalls RENAME TO elsewhere")
    try:
        answer = reader.get("/bill_data")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO consent_refusedcalls")

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.django_db(transaction=True)
def test_a_count_waits_for_no_flush_and_what_follows_does_again():
    client, at = ClientFactory(), clock.now()

    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
        with transaction.atomic():
            record_by_client(LATE, client_id=client.pk, at=at)
            cursor.execute("SHOW synchronous_commit")
            within = cursor.fetchone()
        record_by_client(LATE, client_id=client.pk, at=at)
        cursor.execute("SHOW synchronous_commit")
        after = cursor.fetchone()
        cursor.execute("RESET synchronous_commit")

    assert (within, after) == (("off",), ("on",))


def test_counts_go_after_thirty_days(granted):
    at = clock.now()
    for days in (0, 30, 31):
        record_by_token(LATE, token=granted.token, at=at - timedelta(days=days))

    assert delete_refused_calls() == 1
    assert {(at.astimezone(UTC).date() - row.day).days for row in RefusedCalls.objects.all()} == {0, 30}
