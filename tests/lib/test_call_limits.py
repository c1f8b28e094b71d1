"""Calls are counted exactly, whoever counts, and forgotten when their minute is over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from cdsc_portal.lib.http.call_limits import forget_calls, seconds_until_allowed

AT = datetime(2026, 3, 1, 12, 0, 20, tzinfo=UTC)


def wait(caller="one", *, limit=2, at=AT):
    return seconds_until_allowed(caller, limit=limit, at=at)


@pytest.mark.django_db
def test_calls_beyond_the_limit_wait_for_the_next_minute():
    assert [wait(), wait(), wait(), wait("another")] == [0, 0, 40, 0]
    assert wait(at=AT + timedelta(seconds=40)) == 0


@pytest.mark.django_db
def test_a_clock_that_is_behind_gives_no_new_minute():
    late = AT + timedelta(minutes=1)
    assert [wait(at=late), wait(), wait()] == [0, 0, 40]


@pytest.mark.django_db
def test_a_call_is_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        wait()


@pytest.mark.django_db
def test_minutes_that_are_over_are_deleted():
    wait("old")
    wait("new", at=AT + timedelta(minutes=1))

    assert forget_calls(before=AT + timedelta(minutes=1)) == 1
    assert wait("new", limit=1, at=AT + timedelta(minutes=1)) == 40


@pytest.mark.django_db(transaction=True)
def test_of_calls_at_once_none_is_missed():
    def some(_thread: int) -> int:
        try:
            return sum(wait(limit=30) == 0 for _ in range(10))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        allowed = sum(pool.map(some, range(4)))

    assert allowed == 30
