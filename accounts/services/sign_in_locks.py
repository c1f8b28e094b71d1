"""Guessing ends after a few tries: passwords, codes of an app, activation codes, codes sent by mail.

A try is counted before it is checked, so that fifty guesses at once are no more than fifty in a row, and an
address that nobody has is locked like any other, so that a lock tells nothing.
"""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import SignInAttempts, User
from cdsc_portal.lib import clock
from cdsc_portal.lib.sealed import digest

ALLOWED = 5
WINDOW = timedelta(minutes=5)
PASSWORD, SECOND_STEP, REAUTHENTICATION, LOGIN_CODE = "password", "second step", "again", "login code"
_OF_A_PERSON = (PASSWORD, SECOND_STEP, REAUTHENTICATION, LOGIN_CODE)


class LockedError(Exception):
    """Too many wrong tries; `until` is when the next one counts again."""

    code = "locked"

    def __init__(self, until: datetime) -> None:
        super().__init__(f"locked until {until}")
        self.until = until


@transaction.atomic
def count_try(*, kind: str, of: str, at: datetime) -> None:
    """Count one try of `kind` at what belongs to `of`, an address or a number, compared without case.

    Raises LockedError once there were five within five minutes. Two queries.
    """
    tries = _held(_key(kind, of), at)
    if tries.since + WINDOW <= at:
        tries.count, tries.since = 0, at
    if tries.count >= ALLOWED:
        raise LockedError(tries.since + WINDOW)
    tries.count += 1
    tries.save(update_fields=["count", "since"])


def _held(key: str, at: datetime) -> SignInAttempts:
    """The count of `key`, locked. Asked again where a right answer elsewhere took it away just before."""
    tries = None
    while tries is None:
        SignInAttempts.objects.bulk_create([SignInAttempts(key=key, since=at)], ignore_conflicts=True)
        tries = SignInAttempts.objects.select_for_update().filter(key=key).first()
    return tries


def forget_tries(*, kind: str, of: str) -> None:
    """The try was right: start counting anew."""
    SignInAttempts.objects.filter(key=_key(kind, of)).delete()


def locked_until(user: User, *, at: datetime) -> datetime | None:
    """When `user` can try again; None where nothing is locked. For staff who help by phone."""
    keys = [_key(kind, user.email) for kind in _OF_A_PERSON]
    locked = SignInAttempts.objects.filter(key__in=keys, count__gte=ALLOWED, since__gt=at - WINDOW)
    ends = [tries.since + WINDOW for tries in locked]
    return max(ends, default=None)


def unlock(user: User) -> bool:
    """Let `user` try again at once; whether anything was locked. Staff give their reason to the audit log."""
    was_locked = locked_until(user, at=clock.now()) is not None
    SignInAttempts.objects.filter(key__in=[_key(kind, user.email) for kind in _OF_A_PERSON]).delete()
    return was_locked


def delete_old_tries(*, at: datetime) -> int:
    """Delete what can lock nothing any more; how many."""
    return SignInAttempts.objects.filter(since__lte=at - WINDOW).delete()[0]


def _key(kind: str, of: str) -> str:
    return digest(f"{kind}:{of.strip().lower()}", purpose="sign-in tries")
