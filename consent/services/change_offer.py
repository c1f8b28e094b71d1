"""The parts of a grant that a user may reduce, with a digest of what the form shows."""

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
from cdsc_portal.lib.time.dates_in_words import last_day
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
    """One scope of the grant. `period` is a sentence; `first_day` and `last_day` bound the dates that can be moved
    (None: open, or fixed). `locked`: the client requested it as a whole, so only services may be removed (F-67).

    `contracts` are all database keys that the part opens, also of contracts that the user may not see.
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
    """What the user may reduce. `whole`: data and dates too, as for the giver; else only services that they own.

    `services` can be ticked or unticked, in the order of their numbers; `accounts` are those whose new services join
    and that the user may remove. `digest` covers all of it.
    """

    grant: Grant
    whole: bool
    parts: tuple[ChangePart, ...]
    services: tuple[ServiceContract, ...]
    accounts: frozenset[int]
    digest: str


def build_change(grant: Grant, *, user: User, at: datetime) -> ChangeOffer:
    """What `user` may remove from `grant` at `at`. Eight queries, however many services."""
    contents = grant_contents(grant)
    request = ConsentRequest.objects.filter(grant=grant).first()
    requested = AccessRequest.from_json(request.details).parts if request else ()
    locked = {part.scope for part in requested if part.locked}
    whole, editable, accounts = _editable(grant, contents, user, at)
    parts = tuple(
        _change_part(part, detail, at, locked=part.row.scope in locked)
        for part, detail in zip(contents.parts, grant.authorization_details, strict=True)
    )
    services = tuple(contract for pk, contract in contents.contracts.items() if pk in editable)
    digest = _digest(grant, whole, parts, services, accounts)
    return ChangeOffer(grant, whole, parts, services, accounts, digest)


def changed_aspects_of_grant(before: str, now: str) -> tuple[str, ...]:
    """The aspects that differ between two digests, as texts; all of them where `before` is not a digest."""
    old, new = before.split("."), now.split(".")
    if len(old) != len(new):
        return tuple(str(words) for words in _ASPECTS.values())
    differing: Iterable[bool] = (a != b for a, b in zip(old, new, strict=True))
    return tuple(str(words) for words, differs in zip(_ASPECTS.values(), differing, strict=True) if differs)


def _editable(
    grant: Grant, contents: GrantContents, user: User, at: datetime
) -> tuple[bool, frozenset[int], frozenset[int]]:
    """Whether the user decides about the whole grant, and the keys of contracts and accounts that they may remove."""
    shareable = shareable_contracts(user=user, at=at).filter(pk__in=list(contents.contracts))
    mine = frozenset(shareable.values_list("pk", flat=True))
    owned = shareable_accounts(user=user, at=at).filter(pk__in=contents.accounts)
    accounts = frozenset(owned.values_list("pk", flat=True))
    if grant.user_id == user.pk:
        seen = visible_contracts(user=user, at=at).filter(pk__in=list(contents.contracts))
        return True, frozenset(seen.values_list("pk", flat=True)), contents.accounts
    return mine == contents.contracts.keys() and accounts == contents.accounts, mine, accounts


def _change_part(part: PartContents, detail: dict[str, object], at: datetime, *, locked: bool) -> ChangePart:
    scope, row = SCOPES[part.row.scope], part.row
    is_over = row.access_ends is not None and row.access_ends <= at
    movable = row.access_ends is not None and not is_over and not locked
    dated = movable and scope.period is Period.DATA
    first = timezone.localdate(row.window_start) if dated and row.window_start else None
    end = row.window_end if scope.period is Period.DATA else row.access_ends
    lasting = movable and part_period(row, detail).lasting
    has_end = (dated and row.window_end is not None) or (scope.period is Period.NOW and lasting)
    return ChangePart(
        scope=scope,
        contracts=part.contracts,
        future_accounts=part.future_accounts,
        period=part_in_words(row, detail, at=at),
        first_day=first,
        last_day=last_day(end) if has_end and end else None,
        has_start=dated,
        has_end=has_end,
        is_over=is_over,
        locked=locked,
    )


def _digest(
    grant: Grant,
    whole: bool,
    parts: tuple[ChangePart, ...],
    services: tuple[ServiceContract, ...],
    accounts: frozenset[int],
) -> str:
    """One hash for each of _ASPECTS, in their order."""
    aspects = {
        "data": [part.scope.id for part in parts],
        "dates": [[part.scope.id, str(part.first_day), str(part.last_day), part.is_over] for part in parts],
        "services": [[part.scope.id, sorted(part.contracts)] for part in parts],
        "later": [[part.scope.id, sorted(part.future_accounts)] for part in parts],
        "role": [grant.pk, whole, [contract.pk for contract in services], sorted(accounts)],
    }
    hashed = (hashlib.sha256(json.dumps(aspects[name]).encode()).hexdigest()[:16] for name in _ASPECTS)
    return ".".join(hashed)
