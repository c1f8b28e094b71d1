"""What a bearer token opens: the gate alone, through its one statement."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test import Client as Browser
from psycopg._queries import MAX_CACHED_STATEMENT_LENGTH

from cdsc_portal.lib.time import clock
from consent.models import AccessToken, Actor, ClientStatus, Disclosure, GrantPart
from consent.queries.access import data_access
from consent.scopes.catalogue import SCOPES
from consent.services.revoke import revoke_grant
from consent.transitions import READABLE, GrantStatus
from tests.consent.api.reader import Reader, issue_token
from tests.factories.accounts import ServiceContractFactory, add_service, household
from tests.factories.chain import chain
from tests.factories.consent import GrantFactory, GrantPartFactory, ReceiptFactory

URL = "/usage_data"


def opened(reader, **at):
    access = data_access(reader.token, at=clock.now(), **at)
    return {} if access is None else {part.scope: set(part.contracts) for part in access.parts}


def refused(answer):
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    assert not Disclosure.objects.exists()
    return answer.status_code, answer.json()["code"], answer["WWW-Authenticate"]


def test_the_statement_is_short_enough_to_be_read_once(reader):
    """psycopg reads a longer one anew on each call, which costs a fifth of the gate."""
    statements = []

    def note(execute, sql, *rest):
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        opened(reader)
        opened(reader, lock=False)
    assert max(len(sql.encode()) for sql in statements) <= MAX_CACHED_STATEMENT_LENGTH


def test_one_statement_answers_whatever_the_grant_holds(reader, home, django_assert_num_queries):
    reader.granted(home.contract, scope="usage_data bill_data supply_history")
    with django_assert_num_queries(1):
        opened(reader)


def test_each_scope_opens_the_contracts_ticked_for_it(reader, home):
    other = add_service(owner=home.owner, account=home.account)
    grant = reader.granted(home.contract, scope="usage_data")
    GrantPartFactory(grant=grant, scope="bill_data", contracts=[other.contract])
    grant.scope = "usage_data bill_data"
    reader.token = issue_token(grant)

    assert opened(reader) == {"usage_data": {home.contract.pk}, "bill_data": {other.contract.pk}}


def test_parts_of_the_same_and_of_other_services_open_their_own_in_the_order_of_the_request(reader, home):
    other = add_service(owner=home.owner, account=home.account)
    scopes = ["usage_data", "bill_data", "customer_supply_history", "bill_statements"]
    chosen = [[home.contract], [other.contract, home.contract], [], [home.contract]]
    grant = GrantFactory(client=reader.client, scope=" ".join(scopes))
    for position, (scope, contracts) in enumerate(zip(scopes, chosen, strict=True)):
        GrantPartFactory(grant=grant, scope=scope, position=position, contracts=contracts)
    reader.token = issue_token(grant)

    assert list(opened(reader).items()) == [
        (scope, {contract.pk for contract in contracts})
        for scope, contracts in zip(scopes, chosen, strict=True)
    ]


def test_services_are_looked_up_once_however_many_scopes_open_them(reader, db):
    stores = chain(stores=100)
    reader.granted(*stores.contracts, scope=" ".join(SCOPES))
    before = contracts_read()

    opened_scopes = opened(reader)

    assert {len(contracts) for contracts in opened_scopes.values()} == {100}
    assert len(opened_scopes) == len(SCOPES)
    assert contracts_read() - before <= 200


def contracts_read():
    """How many rows of contracts this transaction has read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
            " WHERE relname = 'accounts_servicecontract'"
        )
        (read,) = cursor.fetchone()
    return read


def test_a_token_of_fewer_scopes_opens_fewer(reader, home):
    grant = reader.granted(home.contract, scope="usage_data bill_data")
    reader.token = issue_token(grant, scope="bill_data")

    assert opened(reader) == {"bill_data": {home.contract.pk}}


def test_a_scope_that_is_not_known_opens_nothing(reader, home):
    grant = reader.granted(home.contract)
    GrantPartFactory(grant=grant, scope="forgotten", contracts=[home.contract])
    reader.token = issue_token(grant, scope="usage_data forgotten")

    assert set(opened(reader)) == {"usage_data"}


def test_a_utility_that_only_distributes_opens_no_supply(reader, home, settings):
    settings.UTILITY_ROLE = "distribution"
    reader.granted(home.contract, scope="customer_supply_details usage_data")

    assert set(opened(reader)) == {"usage_data"}


def test_services_added_later_join_where_the_customer_said_so(reader, home):
    reader.granted(home.contract, future=[home.account])
    later = add_service(owner=home.owner, account=home.account).contract
    elsewhere = household().contract

    assert opened(reader) == {"usage_data": {home.contract.pk, later.pk}}
    assert elsewhere.pk not in opened(reader)["usage_data"]


def test_services_that_were_there_and_not_ticked_do_not_join(reader, home):
    unticked = add_service(owner=home.owner, account=home.account).contract
    reader.granted(home.contract, future=[home.account])

    assert unticked.pk not in opened(reader)["usage_data"]


def test_a_later_service_joins_only_scopes_that_can_cover_it(reader, home):
    reader.granted(home.contract, scope="usage_data generation_mix", future=[home.account])
    gas = ServiceContractFactory(billing_account=home.account, commodity="natural_gas")

    assert opened(reader) == {
        "usage_data": {home.contract.pk, gas.pk},
        "generation_mix": {home.contract.pk},
    }


def test_a_part_that_ended_opens_nothing_while_the_grant_lasts(reader, home):
    reader.granted(home.contract, scope="usage_data bill_data")
    GrantPart.objects.filter(scope="usage_data").update(access_ends=clock.now())

    answer = reader.get(URL)

    assert refused(answer) == (
        403,
        "insufficient_scope",
        'Bearer error="insufficient_scope", scope="usage_data"',
    )
    assert reader.get("/bill_data").status_code == 200


@pytest.mark.parametrize("status", sorted(set(GrantStatus) - READABLE))
def test_a_grant_that_is_not_readable_opens_nothing(reader, home, status):
    reader.granted(home.contract, status=status)

    assert refused(reader.get(URL)) == (401, "invalid_token", 'Bearer error="invalid_token"')


@pytest.mark.parametrize("status", sorted(READABLE))
def test_a_readable_grant_opens(reader, home, status):
    reader.granted(home.contract, status=status)

    assert reader.get(URL).status_code == 200


@pytest.mark.parametrize(
    "ended",
    [
        lambda now: {"access_ends": now},
        lambda now: {"not_before": now + timedelta(hours=1)},
    ],
)
def test_a_grant_outside_its_time_opens_nothing(reader, home, ended):
    reader.granted(home.contract, **ended(clock.now()))

    assert refused(reader.get(URL))[:2] == (401, "invalid_token")


@pytest.mark.parametrize("status", [ClientStatus.SUSPENDED, ClientStatus.DISABLED])
def test_a_suspended_client_reads_nothing_until_it_is_back(reader, home, status):
    reader.granted(home.contract)
    reader.client.status = status
    reader.client.save()

    assert refused(reader.get(URL))[:2] == (401, "invalid_token")

    reader.client.status = ClientStatus.PRODUCTION
    reader.client.save()
    assert reader.get(URL).status_code == 200


def test_an_expired_and_an_unknown_token_look_the_same(reader, home):
    grant = reader.granted(home.contract)
    reader.token = issue_token(grant, expires=clock.now())
    expired = reader.get(URL)
    reader.token = "unknown"

    assert expired.content == reader.get(URL).content
    assert refused(expired) == (401, "invalid_token", 'Bearer error="invalid_token"')


def test_a_token_of_another_client_than_the_grants_opens_nothing(reader, home):
    reader.granted(home.contract)
    AccessToken.objects.update(application=Reader().client)

    assert refused(reader.get(URL))[:2] == (401, "invalid_token")


def test_without_a_token_the_answer_says_how_to_send_one(db):
    answer = Browser().get(URL)

    assert refused(answer) == (401, "token_needed", "Bearer")


@pytest.mark.spec("X-18")
def test_a_token_in_the_address_is_refused_even_beside_a_good_header(reader, home):
    reader.granted(home.contract)

    answer = reader.get(URL, {"access_token": reader.token})

    assert refused(answer) == (400, "invalid_request", 'Bearer error="invalid_request"')
    assert reader.token not in answer.content.decode()


@pytest.mark.spec("X-14")
def test_the_call_after_a_stop_is_refused(reader, home):
    grant = reader.granted(home.contract)
    ReceiptFactory(grant=grant)
    assert reader.get(URL).status_code == 200
    revoke_grant(grant=grant, by=grant.user, actor=Actor.CUSTOMER, at=clock.now())

    answer = reader.get(URL)

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert Disclosure.objects.count() == 1


@pytest.mark.spec("X-14")
@pytest.mark.django_db(transaction=True)
def test_of_fifty_calls_around_a_stop_none_begun_after_it_reads_and_none_is_disclosed_after_it():
    home, reader = household(), Reader()
    grant = reader.granted(home.contract)
    ReceiptFactory(grant=grant)
    stopped, outcomes, start = threading.Event(), [], threading.Barrier(11, timeout=120)

    def call() -> None:
        try:
            start.wait()
            for _ in range(5):
                begun_after = stopped.is_set()
                outcomes.append((begun_after, reader.get(URL).status_code))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=call) for _ in range(10)]
    for thread in threads:
        thread.start()
    start.wait()
    revoke_grant(grant=grant, by=None, actor=Actor.LINK, at=clock.now())
    disclosed = Disclosure.objects.count()
    stopped.set()
    for thread in threads:
        thread.join()

    assert len(outcomes) == 50
    assert {status for _, status in outcomes} <= {200, 401}
    assert all(status == 401 for begun_after, status in outcomes if begun_after)
    assert Disclosure.objects.count() == disclosed == sum(status == 200 for _, status in outcomes)


@pytest.mark.spec("X-14")
@pytest.mark.django_db(transaction=True)
def test_a_stop_waits_for_the_answer_under_way():
    home, reader = household(), Reader()
    reader.granted(home.contract)
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            data_access(reader.token, at=clock.now())
            locked = _is_locked(reader.grant.pk)
        finally:
            cursor.execute("ROLLBACK")

    assert locked
    assert not _is_locked(reader.grant.pk)


def _is_locked(grant: int) -> bool:
    """Whether another session would have to wait to change the grant."""
    locked: list[bool] = []

    def ask() -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM (SELECT id FROM consent_grant WHERE id = %s FOR UPDATE SKIP LOCKED) free",
                [grant],
            )
            locked.append(cursor.fetchone()[0] == 0)
        connections.close_all()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return locked[0]
