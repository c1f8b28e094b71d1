"""What a person may take out of a sharing, and a name for what they were shown."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import ServiceContract, User
from accounts.queries.roles import shareable_accounts, shareable_contracts, visible_contracts
from cdsc_portal.lib.dates_in_words import last_day
from consent.models import ConsentRequest, Grant
from consent.queries.grant_contents import GrantContents, PartContents, grant_contents
from consent.queries.part_periods import part_in_words, part_period
from consent.requests import AccessRequest
from consent.scopes.base import Period, Scope
from consent.scopes.catalogue import SCOPES

_ASPECTS: dict[str, str | Promise] = {
    "data": _("the kinds of data"),
    "dates": _("the dates"),
    "services": _("the services"),
    "later": _("whether later services are included"),
    "role": _("what you may change here"),
}


@dataclass(frozen=True, slots=True)
class ChangePart:
    """One kind of data. `period` says its dates; `first_day` and `last_day` bound what
    can be moved (None = open, or not to be moved). `locked`: as it was asked or not at all, only services may go
    (F-67).

    `contracts` are all that the part opens, by database key, also those the person may not see.
    """

    scope: Scope
    contracts: frozenset[int]
    future_accounts: frozenset[int]
    period: str
    first_day: date | None
    last_day: date | None
    has_start: bool
    has_end: bool
    is_over: bool
    locked: bool


@dataclass(frozen=True, slots=True)
class ChangeOffer:
    """What can become less. `whole`: data and dates too, as for who gave it; else only the services one owns.

    `services` are those the person may tick or untick, in the order of their numbers; `accounts` those that later
    services join from and that they may take out. `digest` names all of it.
    """

    grant: Grant
    whole: bool
    parts: tuple[ChangePart, ...]
    services: tuple[ServiceContract, ...]
    accounts: frozenset[int]
    digest: str


def build_change(grant: Grant, *, user: User, at: datetime) -> ChangeOffer:
    """What `user` may take out of `grant` at `at`. Eight queries, however many services."""
    contents, locked = grant_contents(grant), _locked_scopes(grant)
    whole, mine, accounts = _reach(grant, contents, user, at)
    parts = tuple(
        _part(one, detail, at, locked=one.row.scope in locked)
        for one, detail in zip(contents.parts, grant.authorization_details, strict=True)
    )
    services = tuple(one for pk, one in contents.contracts.items() if pk in mine)
    digest = _digest(grant, whole, parts, services, accounts)
    return ChangeOffer(grant, whole, parts, services, accounts, digest)


def changed_since(before: str, now: str) -> tuple[str, ...]:
    """In words: what differs between two digests; everything where `before` is none of ours."""
    old, new = before.split("."), now.split(".")
    if len(old) != len(new):
        return tuple(str(words) for words in _ASPECTS.values())
    differing: Iterable[bool] = (a != b for a, b in zip(old, new, strict=True))
    return tuple(str(words) for words, differs in zip(_ASPECTS.values(), differing, strict=True) if differs)


def _reach(
    grant: Grant, contents: GrantContents, user: User, at: datetime
) -> tuple[bool, frozenset[int], frozenset[int]]:
    """Whether the person decides about all of it, and which services and accounts are theirs."""
    shareable = shareable_contracts(user=user, at=at).filter(pk__in=list(contents.contracts))
    mine = frozenset(shareable.values_list("pk", flat=True))
    owned = shareable_accounts(user=user, at=at).filter(pk__in=contents.accounts)
    accounts = frozenset(owned.values_list("pk", flat=True))
    if grant.user_id == user.pk:
        seen = visible_contracts(user=user, at=at).filter(pk__in=list(contents.contracts))
        return True, frozenset(seen.values_list("pk", flat=True)), contents.accounts
    return mine == contents.contracts.keys() and accounts == contents.accounts, mine, accounts


def _locked_scopes(grant: Grant) -> frozenset[str]:
    """What the company asked for to be taken or left as a whole."""
    request = ConsentRequest.objects.filter(grant=grant).first()
    parts = AccessRequest.from_json(request.details).parts if request else ()
    return frozenset(part.scope for part in parts if part.locked)


def _part(one: PartContents, detail: dict[str, object], at: datetime, *, locked: bool) -> ChangePart:
    scope, part = SCOPES[one.row.scope], one.row
    over = part.access_ends is not None and part.access_ends <= at
    movable = part.access_ends is not None and not over and not locked
    dated = movable and scope.period is Period.DATA
    first = timezone.localdate(part.window_start) if dated and part.window_start else None
    end = part.window_end if scope.period is Period.DATA else part.access_ends
    lasting = movable and part_period(part, detail).lasting
    has_end = (dated and part.window_end is not None) or (scope.period is Period.NOW and lasting)
    return ChangePart(
        scope=scope,
        contracts=one.contracts,
        future_accounts=one.future_accounts,
        period=part_in_words(part, detail, at=at),
        first_day=first,
        last_day=last_day(end) if has_end and end else None,
        has_start=dated,
        has_end=has_end,
        is_over=over,
        locked=locked,
    )


def _digest(
    grant: Grant,
    whole: bool,
    parts: tuple[ChangePart, ...],
    services: tuple[ServiceContract, ...],
    accounts: frozenset[int],
) -> str:
    """One hash an aspect, in the order of _ASPECTS."""
    aspects = {
        "data": [part.scope.id for part in parts],
        "dates": [[part.scope.id, str(part.first_day), str(part.last_day), part.is_over] for part in parts],
        "services": [[part.scope.id, sorted(part.contracts)] for part in parts],
        "later": [[part.scope.id, sorted(part.future_accounts)] for part in parts],
        "role": [grant.pk, whole, [one.pk for one in services], sorted(accounts)],
    }
    hashed = (hashlib.sha256(json.dumps(aspects[name]).encode()).hexdigest()[:16] for name in _ASPECTS)
    return ".".join(hashed)
