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
from cdsc_portal.lib.time import clock
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


def strangers(count):
    return [Origin(network=f"192.0.2.{number}") for number in range(count)]


def close_the_door(at):
    """A hundred tries from twenty networks; whether one of them told that it was the last."""
    return [
        count_try(kind=PASSWORD, of="ana@example.com", origin=origin, at=at)
        for origin in strangers(20)
        for _ in range(5)
    ]


def waits(at):
    """When the next try of a network that was never there counts, in minutes from `at`."""
    try:
        guess(at, origin=Origin(network="198.51.100.99"))
    except LockedError as locked:
        return (locked.until - at) / timedelta(minutes=1)
    return 0


@pytest.mark.django_db
def test_many_networks_close_a_login_for_minutes_longer_each_time():
    at, lengths = clock.now(), []
    assert [is_news for is_news in close_the_door(at) if is_news] == [True]

    for number in range(6):
        lengths.append(waits(at))
        at += timedelta(minutes=lengths[-1])
        more = [Origin(network=f"203.0.113.{10 * number + place}") for place in range(3)]
        assert not any(
            count_try(kind=PASSWORD, of="ana@example.com", origin=network, at=at) for network in more
        )

    assert lengths == [5, 10, 20, 40, 60, 60]


@pytest.mark.django_db
def test_the_waits_are_forgotten_after_a_day_without_a_try():
    at = clock.now()
    close_the_door(at)

    later = at + DAY

    assert [is_news for is_news in close_the_door(later) if is_news] == [True]
    assert waits(later) == 5


@pytest.mark.django_db
def test_counts_go_on_under_a_new_first_key_of_the_ring(settings):
    at, user = clock.now(), UserFactory(email="ana@example.com")
    guess(at, times=4)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key " * 5, [settings.SECRET_KEY]

    guess(at)
    with pytest.raises(LockedError):
        guess(at)

    assert locked_until(user, at=at) == at + WINDOW
    assert SignInAttempts.objects.count() == 3
    assert unlock(user)
    guess(at)


@pytest.mark.django_db
def test_a_lock_under_the_key_before_is_seen_by_staff_and_ends_with_a_right_password(settings):
    at, user = clock.now(), UserFactory(email="ana@example.com")
    guess(at, times=5)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key " * 5, [settings.SECRET_KEY]

    assert locked_until(user, at=at) == at + WINDOW
    was_right()

    guess(at, times=5)


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

    def guess_once(_number):
        try:
            guess(at)
        except LockedError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(10) as together:
        counted = list(together.map(guess_once, range(30)))

    assert counted.count(True) == 5
