"""The customer shares less than before: less data, fewer services, an earlier end. Never more."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from consent.mail.client_messages import notify
from consent.mail.grant_events import concerned, tell_of_less
from consent.models import Actor, Change, Grant, Receipt
from consent.queries.opened import Opened, OpenedPart, opened
from consent.queries.part_periods import part_period
from consent.scopes.catalogue import SCOPES
from consent.services.decision import (
    DecidedPart,
    Decision,
    NothingChosen,
    NotOffered,
    narrow_part,
    require_services,
)
from consent.services.grants import KeptPart, keep_only
from consent.services.receipts import current_receipt, supersede_receipt
from consent.services.transitions import record_event
from consent.transitions import OPEN, TransitionNotAllowed

# what a company reads of a grant, in the language of the API
_NARROWED = (
    "Grant %s opens less than before from now on: less data, fewer services or an earlier end. Introspection of a "
    "token tells what is left."
)


@transaction.atomic
def narrow_grant(
    *, grant: Grant, decision: Decision, by: User, at: datetime, form_token: str | None = None
) -> Receipt:
    """Keep of `grant` only what `decision` names; a scope it leaves out is shared no more. Returns the new
    receipt.

    Whether `by` may change it is the caller's check. To share nothing is to stop: NothingChosen. Raises
    NotOffered or TooWide for anything the grant does not hold, TransitionNotAllowed where it has ended.
    """
    grant = locked_open(grant, at)
    held = opened(grant)
    kept = _decided(grant, held, decision, at)
    return _rewrite(
        grant, held, kept, by=by, actor=Actor.CUSTOMER, change=Change.NARROWED, at=at, form_token=form_token
    )


@transaction.atomic
def take_out(
    *,
    grant: Grant,
    contracts: Collection[int],
    accounts: Collection[int],
    change: Change,
    actor: str,
    by: User | None,
    at: datetime,
    form_token: str | None = None,
) -> Receipt | None:
    """Take services, and accounts that later ones join from, out of every part; dates stay as they are.

    Database keys; those that the grant does not hold are passed over. None where nothing would be left that opens
    anything: then nothing was changed, and the caller ends the grant. Where nothing was held the current receipt
    stays. Raises TransitionNotAllowed where the grant has ended.
    """
    grant = locked_open(grant, at)
    held = opened(grant)
    if held.accounts.isdisjoint(accounts) and held.contracts.keys().isdisjoint(contracts):
        return current_receipt(grant)
    out, gone = frozenset(contracts), frozenset(accounts)
    kept = [
        KeptPart(one.part, detail, one.contracts - out, one.later - gone)
        for one, detail in _with_details(grant, held)
        if one.contracts - out or one.later - gone
    ]
    if not any(one.part.access_ends is None or one.part.access_ends > at for one in kept):
        return None
    return _rewrite(grant, held, kept, by=by, actor=actor, change=change, at=at, form_token=form_token)


def locked_open(grant: Grant, at: datetime) -> Grant:
    """The grant, locked, with client and user. Raises TransitionNotAllowed where it has ended."""
    grant = Grant.objects.select_for_update(of=("self",)).select_related("client", "user").get(pk=grant.pk)
    if grant.status not in OPEN or (grant.access_ends is not None and grant.access_ends <= at):
        raise TransitionNotAllowed(current=grant.status, wanted="narrowed")
    return grant


def _rewrite(
    grant: Grant,
    held: Opened,
    kept: Collection[KeptPart],
    *,
    by: User | None,
    actor: str,
    change: Change,
    at: datetime,
    form_token: str | None,
) -> Receipt:
    readers = concerned(grant, at)  # who owned what leaves hears of it too
    keep_only(grant, kept, held.contracts, at=at)
    record_event(grant, former=grant.status, to=grant.status, actor=actor, by=by, change=change, at=at)
    receipt = supersede_receipt(
        former=current_receipt(grant),
        grant=grant,
        kept=kept,
        contracts=held.contracts,
        at=at,
        form_token=form_token,
    )
    tell_of_less(grant=grant, receipt=receipt, change=change, by=by, readers=readers, at=at)
    notify(client=grant.client, subject="Grant narrowed", text=_NARROWED % grant.public_id, at=at)
    return receipt


def _with_details(grant: Grant, held: Opened) -> list[tuple[OpenedPart, dict[str, Any]]]:
    """Details as granted stand in the order of the parts."""
    return list(zip(held.parts, grant.authorization_details, strict=True))


def _decided(grant: Grant, held: Opened, decision: Decision, at: datetime) -> list[KeptPart]:
    decided = {part.scope: part for part in decision.parts}
    if not decided:
        raise NothingChosen
    unknown = decided.keys() - {one.part.scope for one in held.parts}
    if unknown or len(decided) < len(decision.parts):
        raise NotOffered(scope=min(unknown, default=""))
    return [
        _narrowed(one, decided[one.part.scope], detail, at)
        for one, detail in _with_details(grant, held)
        if one.part.scope in decided
    ]


def _narrowed(held: OpenedPart, decided: DecidedPart, detail: dict[str, Any], at: datetime) -> KeptPart:
    scope, part = SCOPES[held.part.scope], held.part
    if not decided.contracts <= held.contracts or (decided.include_future and not held.later):
        raise NotOffered(scope=scope.id, field="contracts")
    period, later = None, held.later if decided.include_future else frozenset[int]()
    # what has ended already, and what has no end to move, can stay as it is
    if part.access_ends is not None and part.access_ends > at:
        period = narrow_part(scope, part_period(part, detail), decided, at=at)
        later = later if period.lasting else frozenset()
    elif decided.start or decided.end:
        raise NotOffered(scope=scope.id, field="start" if decided.start else "end")
    require_services(scope.id, decided.contracts, later)
    return KeptPart(part, detail, decided.contracts, later, period)
