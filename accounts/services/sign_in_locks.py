"""Guessing ends after a few tries, and a stranger's guesses lock nobody else out.

A try is counted before it is checked, so that fifty guesses at once are no more than fifty in a row, and an address
that nobody has is locked like any other, so that a lock tells nothing. Each network counts alone at each login, so
that a stranger locks himself out. All networks together have a bound per login and day; beyond it they wait minutes,
longer each time, for a few tries more, so that many networks close a login for no longer than that. A device in which
this login was opened before counts beside them, and goes on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from accounts.models import SignInAttempts, User
from cdsc_portal.lib.secrets.sealed import digests
from cdsc_portal.lib.time import clock

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
    """`grows`: once full it opens again after minutes, twice as many each time, until a day passes without a try."""

    allowed: int
    window: timedelta
    grows: bool = False


@dataclass(frozen=True, slots=True)
class _Limits:
    """Of one network, or one known device, at one login; and of all strangers together there."""

    per_origin: tuple[_Limit, ...]
    strangers: _Limit


_FIRST_WAIT, _LONGEST_WAIT, _AFTER_A_WAIT = timedelta(minutes=5), timedelta(hours=1), 3
_GUESSES = _Limits((_Limit(5, WINDOW), _Limit(20, DAY)), _Limit(100, DAY, grows=True))
_MAILS = _Limits((_Limit(3, timedelta(minutes=1)), _Limit(10, DAY)), _Limit(50, DAY, grows=True))
_LIMITS = {
    PASSWORD: _GUESSES,
    SECOND_STEP: _GUESSES,
    REAUTHENTICATION: _GUESSES,
    CODE_MAIL: _MAILS,
    RESET_MAIL: _MAILS,
    ADDRESS_MAIL: _MAILS,
    # 58 bits are not guessed in a thousand tries a day; the bound is for the server's sake
    ACTIVATION: _Limits(_GUESSES.per_origin, _Limit(1_000, DAY, grows=True)),
}
_CODE = _Limit(5, DAY)  # a code dies sooner


def count_try(*, kind: str, of: str, origin: Origin, at: datetime) -> bool:
    """Count one try of `kind` at what belongs to `of`, an address or a number, compared without case.

    Whether strangers together reached their bound with this one, the first time in a day. Raises LockedError once
    `origin`, or all strangers together, had as many as they may. Three queries.
    """
    return _count(_buckets(kind, of, origin), of, at)


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
    own = [key for name, limit in buckets.items() if not limit.grows for key in _keys(name)]
    SignInAttempts.objects.filter(key__in=own).delete()
    shared = [key for name, limit in buckets.items() if limit.grows for key in _keys(name)]
    SignInAttempts.objects.filter(key__in=shared, count__gt=0).update(count=F("count") - 1)


def locked_until(user: User, *, at: datetime) -> datetime | None:
    """When everybody can try again at the login of `user`; None where nothing is locked. Staff ask by phone."""
    tries = SignInAttempts.objects.filter(Q(count__gte=F("allowed")), subject__in=_subjects(user.email))
    ends = [per_origin.until for per_origin in tries if per_origin.until > at]
    return max(ends, default=None)


def unlock(user: User) -> bool:
    """Let `user` try again at once; whether anything was locked. Staff give their reason to the audit log."""
    was_locked = locked_until(user, at=clock.now()) is not None
    SignInAttempts.objects.filter(subject__in=_subjects(user.email)).delete()
    return was_locked


def delete_old_tries(*, at: datetime) -> int:
    """Delete tries too old to lock anything; returns how many."""
    return SignInAttempts.objects.filter(since__lte=at - DAY).delete()[0]


@transaction.atomic
def _count(buckets: dict[str, _Limit], of: str, at: datetime) -> bool:
    """Count one try in each of `buckets`, or in none if one is full. Returns whether a growing one just became full."""
    limits = {_keys(name)[0]: limit for name, limit in buckets.items()}
    defaults = {
        key: SignInAttempts(
            key=key, subject=_subjects(of)[0], since=at,
            allowed=limit.allowed, seconds=int(limit.window.total_seconds()),
        )
        for key, limit in limits.items()
    }  # fmt: skip
    _take_over_counts(buckets, defaults)
    locked: list[SignInAttempts] = []
    while len(locked) < len(defaults):  # again if a right answer elsewhere deleted a row meanwhile
        in_order = [
            defaults[key] for key in sorted(defaults)
        ]  # so that two at once wait for each other in one direction
        SignInAttempts.objects.bulk_create(in_order, ignore_conflicts=True)
        locked = list(SignInAttempts.objects.select_for_update().filter(key__in=defaults).order_by("key"))
    for tries in locked:
        if tries.until <= at:
            _reset_window(tries, limits[tries.key], at)
    if full := [tries.until for tries in locked if tries.count >= tries.allowed]:
        raise LockedError(max(full))
    is_first = False
    for tries in locked:
        tries.count += 1
        if limits[tries.key].grows and tries.count >= tries.allowed:
            is_first = is_first or not _has_waited(tries)
            wait = 2 * timedelta(seconds=tries.seconds) if _has_waited(tries) else _FIRST_WAIT
            tries.seconds, tries.since = int(min(wait, _LONGEST_WAIT).total_seconds()), at
    SignInAttempts.objects.bulk_update(locked, ["count", "since", "seconds"])
    return is_first


def _reset_window(tries: SignInAttempts, limit: _Limit, at: datetime) -> None:
    """Start a new window: after a wait with a few tries, else with all of them. A day without a try ends the waits."""
    waited = limit.grows and _has_waited(tries) and at - tries.since < DAY
    tries.count = limit.allowed - _AFTER_A_WAIT if waited else 0
    tries.since = at
    if not waited:
        tries.seconds = int(limit.window.total_seconds())


def _has_waited(tries: SignInAttempts) -> bool:
    """Whether the count of a day was full before: its window is then a wait of minutes."""
    return timedelta(seconds=tries.seconds) < DAY


def _take_over_counts(buckets: dict[str, _Limit], defaults: dict[str, SignInAttempts]) -> None:
    """Move the counts made under earlier keys of the ring to the `defaults` of the new rows."""
    newest = {key: first for first, *earlier in map(_keys, buckets) for key in earlier}
    if not newest:
        return
    for before in SignInAttempts.objects.select_for_update().filter(key__in=newest).order_by("key"):
        row = defaults[newest[before.key]]
        row.count, row.since, row.seconds = before.count, before.since, before.seconds
    SignInAttempts.objects.filter(key__in=newest).delete()


def _buckets(kind: str, of: str, origin: Origin) -> dict[str, _Limit]:
    """What a try is counted in."""
    limits, where = _LIMITS[kind], f"{kind}:{_name(of)}"
    per_origin = f"device:{origin.device}" if origin.device else f"network:{origin.network}"
    buckets = {f"{where}:{per_origin}:{number}": limit for number, limit in enumerate(limits.per_origin)}
    return buckets if origin.device else {**buckets, f"{where}:strangers": limits.strangers}


def _name(of: str) -> str:
    return of.strip().lower()


def _subjects(of: str) -> tuple[str, ...]:
    """Whose tries they are, by each key of the ring; rows are written with the first."""
    return digests(_name(of), purpose="sign-in tries of")


def _keys(name: str) -> tuple[str, ...]:
    return digests(name, purpose="sign-in tries")
