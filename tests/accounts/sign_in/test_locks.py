"""Guessing ends after five tries in five minutes, however many come at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import SignInAttempts
from accounts.services.sign_in_locks import (
    DAY,
    PASSWORD,
    WINDOW,
    LockedError,
    Origin,
    count_try,
    delete_old_tries,
    forget_tries,
    locked_until,
    unlock,
)
from cdsc_portal.lib import clock
from tests.factories.accounts import UserFactory

HOME = Origin(network="198.51.100.7")


def guess(at, of="ana@example.com", times=1, origin=HOME):
    for _ in range(times):
        count_try(kind=PASSWORD, of=of, origin=origin, at=at)


def was_right():
    forget_tries(kind=PASSWORD, of="ana@example.com", origin=HOME)


@pytest.mark.django_db
def test_the_sixth_try_waits_until_five_minutes_after_the_first():
    at = clock.now()
    guess(at, times=5)

    with pytest.raises(LockedError) as locked:
        guess(at + timedelta(seconds=1), of=" ANA@example.com")

    assert locked.value.until == at + WINDOW
    guess(at + WINDOW, times=5)


@pytest.mark.django_db
def test_a_right_password_starts_the_count_anew():
    at = clock.now()
    guess(at, times=4)

    was_right()

    guess(at, times=5)


@pytest.mark.django_db
def test_a_right_password_elsewhere_between_two_questions_starts_the_count_anew():
    at, right = clock.now(), []
    guess(at, times=4)

    def then_it_was_right(execute, sql, *rest):
        answer = execute(sql, *rest)
        if sql.startswith("INSERT") and not right:
            right.append(was_right())
        return answer

    with connection.execute_wrapper(then_it_was_right):
        guess(at)

    assert right
    assert set(SignInAttempts.objects.values_list("count", flat=True)) == {
        1,
        4,
    }  # of this network, of all strangers


@pytest.mark.django_db
def test_staff_unlock_a_person_at_once():
    user, other, at = UserFactory(), UserFactory(), clock.now()
    guess(at, of=user.email, times=5)
    guess(at, of=other.email, times=5)
    assert locked_until(user, at=at) == at + WINDOW

    assert unlock(user)

    assert locked_until(user, at=at) is None
    assert locked_until(other, at=at) is not None
    assert not unlock(user)
    guess(at, of=user.email)


@pytest.mark.django_db
@pytest.mark.spec("X-18")
def test_no_address_is_kept_and_old_counts_go():
    at = clock.now()
    guess(at)

    rows = str(list(SignInAttempts.objects.values()))
    assert "ana" not in rows and "198.51" not in rows
    assert delete_old_tries(at=at) == 0
    assert delete_old_tries(at=at + DAY) == 3


@pytest.mark.django_db(transaction=True)
def test_thirty_guesses_at_once_are_five():
    at = clock.now()

    def one(_number):
        try:
            guess(at)
        except LockedError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(10) as together:
        counted = list(together.map(one, range(30)))

    assert counted.count(True) == 5
