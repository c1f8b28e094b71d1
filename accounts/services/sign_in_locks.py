"""Guessing ends after a few tries, and a stranger's guesses lock nobody else out.

A try is counted before it is checked, so that fifty guesses at once are no more than fifty in a row, and an address
that nobody has is locked like any other, so that a lock tells nothing. Each network counts alone at each login, so
that a stranger locks himself out. All networks together have a bound per login and day, which many of them can reach;
a device in which this login was opened before counts beside them, and goes on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from accounts.models import SignInAttempts, User
from cdsc_portal.lib import clock
from cdsc_portal.lib.sealed import digest

PASSWORD, SECOND_STEP, REAUTHENTICATION = "password", "second step", "again"
LOGIN_CODE, CODE_MAIL, RESET_MAIL = "login code", "login code sent", "reset sent"
ADDRESS_CODE, ADDRESS_MAIL, ACTIVATION = "mail code", "mail code sent", "activation"
WINDOW, DAY = timedelta(minutes=5), timedelta(days=1)


class LockedError(Exception):
    """Too many wrong tries; `until` is when the next one counts again."""

    code = "locked"

    def __init__(self, until: datetime) -> None:
        super().__init__(f"locked until {until}")
        self.until = until


class CodeSpentError(Exception):
    """One code was tried too often; another one opens what it would have opened."""

    code = "code_spent"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a try comes from: a `network` (an IPv4 address, the first 64 bits of an IPv6 one), and the `device`.

    `device` is the name of a browser in which this login was opened before; empty for a stranger's.
    """

    network: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class _Limit:
    allowed: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class _Limits:
    """Of one network, or one known device, at one login; and of all strangers together there."""

    one: tuple[_Limit, ...]
    strangers: _Limit


_GUESSES = _Limits((_Limit(5, WINDOW), _Limit(20, DAY)), _Limit(100, DAY))
_MAILS = _Limits((_Limit(3, timedelta(minutes=1)), _Limit(10, DAY)), _Limit(50, DAY))
_LIMITS = {
    PASSWORD: _GUESSES,
    SECOND_STEP: _GUESSES,
    REAUTHENTICATION: _GUESSES,
    CODE_MAIL: _MAILS,
    RESET_MAIL: _MAILS,
    ADDRESS_MAIL: _MAILS,
    # 58 bits are not guessed in a thousand tries a day; the bound is for the server's sake
    ACTIVATION: _Limits(_GUESSES.one, _Limit(1_000, DAY)),
}
_CODE = _Limit(5, DAY)  # a code dies sooner


def count_try(*, kind: str, of: str, origin: Origin, at: datetime) -> None:
    """Count one try of `kind` at what belongs to `of`, an address or a number, compared without case.

    Raises LockedError once `origin`, or all strangers together, had as many as they may. Three queries.
    """
    _count(_buckets(kind, of, origin), of, at)


def count_code(*, kind: str, of: str, code: str, at: datetime) -> None:
    """Count one try at the code named `code` that was sent to `of`. Raises CodeSpentError after five.

    Each code counts alone: wrong answers to one that a stranger asked for do not spend another's.
    """
    try:
        _count({f"{kind}:{_name(of)}:code:{code}": _CODE}, of, at)
    except LockedError as locked:
        raise CodeSpentError from locked


@transaction.atomic
def forget_tries(*, kind: str, of: str, origin: Origin) -> None:
    """The try was right: its origin starts anew, and it does not count among the strangers'."""
    buckets = _buckets(kind, of, origin)
    own = [_key(name) for name, limit in buckets.items() if limit in _LIMITS[kind].one]
    SignInAttempts.objects.filter(key__in=own).delete()
    shared = [key for key in map(_key, buckets) if key not in own]
    SignInAttempts.objects.filter(key__in=shared, count__gt=0).update(count=F("count") - 1)


def locked_until(user: User, *, at: datetime) -> datetime | None:
    """When everybody can try again at the login of `user`; None where nothing is locked. Staff ask by phone."""
    tries = SignInAttempts.objects.filter(Q(count__gte=F("allowed")), subject=_subject(user.email))
    ends = [one.until for one in tries if one.until > at]
    return max(ends, default=None)


def unlock(user: User) -> bool:
    """Let `user` try again at once; whether anything was locked. Staff give their reason to the audit log."""
    was_locked = locked_until(user, at=clock.now()) is not None
    SignInAttempts.objects.filter(subject=_subject(user.email)).delete()
    return was_locked


def delete_old_tries(*, at: datetime) -> int:
    """Delete what can lock nothing any more; how many."""
    return SignInAttempts.objects.filter(since__lte=at - DAY).delete()[0]


@transaction.atomic
def _count(buckets: dict[str, _Limit], of: str, at: datetime) -> None:
    """One more in each of `buckets`, or in none where one of them is full."""
    fresh = {
        _key(name): SignInAttempts(
            key=_key(name), subject=_subject(of), since=at,
            allowed=limit.allowed, seconds=int(limit.window.total_seconds()),
        )
        for name, limit in buckets.items()
    }  # fmt: skip
    held: list[SignInAttempts] = []
    while len(held) < len(fresh):  # again where a right answer elsewhere took a row away just before
        in_order = [
            fresh[key] for key in sorted(fresh)
        ]  # so that two at once wait for each other in one direction
        SignInAttempts.objects.bulk_create(in_order, ignore_conflicts=True)
        held = list(SignInAttempts.objects.select_for_update().filter(key__in=fresh).order_by("key"))
    for tries in held:
        if tries.until <= at:
            tries.count, tries.since = 0, at
    if full := [tries.until for tries in held if tries.count >= tries.allowed]:
        raise LockedError(max(full))
    for tries in held:
        tries.count += 1
    SignInAttempts.objects.bulk_update(held, ["count", "since"])


def _buckets(kind: str, of: str, origin: Origin) -> dict[str, _Limit]:
    """What a try is counted in."""
    limits, where = _LIMITS[kind], f"{kind}:{_name(of)}"
    one = f"device:{origin.device}" if origin.device else f"network:{origin.network}"
    buckets = {f"{where}:{one}:{number}": limit for number, limit in enumerate(limits.one)}
    return buckets if origin.device else {**buckets, f"{where}:strangers": limits.strangers}


def _name(of: str) -> str:
    return of.strip().lower()


def _subject(of: str) -> str:
    return digest(_name(of), purpose="sign-in tries of")


def _key(name: str) -> str:
    return digest(name, purpose="sign-in tries")
