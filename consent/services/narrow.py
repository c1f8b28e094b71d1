"""The customer shares less than before: less data, fewer services, an earlier end. Never more."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from consent.mail.client_messages import notify
from consent.mail.grant_events import concerned, tell_of_less
from consent.models import Actor, Change, Grant, Receipt
from consent.queries.grant_contents import GrantContents, PartContents, grant_contents
from consent.queries.outcomes import current_receipt
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
from consent.services.grants import RemainingPart, reduce_grant
from consent.services.receipts import supersede_receipt
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
    """Reduce `grant` to what `decision` names; a scope that it omits is removed. Returns the new receipt.

    The caller checks whether `by` may change it. An empty decision is NothingChosen: that is `stop_sharing`. Raises
    NotOffered or TooWide for anything the grant does not hold, TransitionNotAllowed where it has ended.
    """
    grant = lock_open_grant(grant, at)
    contents = grant_contents(grant)
    decided = {part.scope: part for part in decision.parts}
    if not decided:
        raise NothingChosen
    unknown = decided.keys() - {part.row.scope for part in contents.parts}
    if unknown or len(decided) < len(decision.parts):
        raise NotOffered(scope=min(unknown, default=""))
    remaining = [
        _narrowed_part(part, decided[part.row.scope], detail, at)
        for part, detail in zip(contents.parts, grant.authorization_details, strict=True)
        if part.row.scope in decided
    ]
    return _write_narrowed(
        grant,
        contents,
        remaining,
        by=by,
        actor=Actor.CUSTOMER,
        change=Change.NARROWED,
        at=at,
        form_token=form_token,
    )


@transaction.atomic
def remove_services(
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
    """Remove contracts, and accounts whose new contracts join, from every part; dates do not change.

    Database keys; those that the grant does not open are ignored. Returns None, and changes nothing, where no
    remaining part would open anything: the caller then ends the grant. Returns the current receipt where there was
    nothing to remove. Raises TransitionNotAllowed where the grant has ended.
    """
    grant = lock_open_grant(grant, at)
    contents = grant_contents(grant)
    if contents.accounts.isdisjoint(accounts) and contents.contracts.keys().isdisjoint(contracts):
        return current_receipt(grant)
    remaining = [
        RemainingPart(
            part.row, detail, part.contracts.difference(contracts), part.future_accounts.difference(accounts)
        )
        for part, detail in zip(contents.parts, grant.authorization_details, strict=True)
        if part.contracts.difference(contracts) or part.future_accounts.difference(accounts)
    ]
    if not any(part.row.access_ends is None or part.row.access_ends > at for part in remaining):
        return None
    return _write_narrowed(
        grant, contents, remaining, by=by, actor=actor, change=change, at=at, form_token=form_token
    )


def lock_open_grant(grant: Grant, at: datetime) -> Grant:
    """The grant, locked, with client and user. Raises TransitionNotAllowed where it has ended."""
    grant = Grant.objects.select_for_update(of=("self",)).select_related("client", "user").get(pk=grant.pk)
    if grant.status not in OPEN or (grant.access_ends is not None and grant.access_ends <= at):
        raise TransitionNotAllowed(current=grant.status, wanted="narrowed")
    return grant


def _write_narrowed(
    grant: Grant,
    contents: GrantContents,
    remaining: Collection[RemainingPart],
    *,
    by: User | None,
    actor: str,
    change: Change,
    at: datetime,
    form_token: str | None,
) -> Receipt:
    recipients = concerned(grant, at)  # before the change: owners of what is removed get the mail too
    reduce_grant(grant, remaining, contents.contracts, at=at)
    record_event(grant, former=grant.status, to=grant.status, actor=actor, by=by, change=change, at=at)
    receipt = supersede_receipt(
        former=current_receipt(grant),
        grant=grant,
        remaining=remaining,
        contracts=contents.contracts,
        at=at,
        form_token=form_token,
    )
    tell_of_less(grant=grant, receipt=receipt, change=change, by=by, readers=recipients, at=at)
    notify(client=grant.client, subject="Grant narrowed", text=_NARROWED % grant.public_id, at=at)
    return receipt


def _narrowed_part(
    part: PartContents, decided: DecidedPart, detail: dict[str, Any], at: datetime
) -> RemainingPart:
    """The part cut to the decision. Raises NotOffered for anything that it does not open, TooWide."""
    scope, row = SCOPES[part.row.scope], part.row
    if not decided.contracts <= part.contracts or (decided.include_future and not part.future_accounts):
        raise NotOffered(scope=scope.id, field="contracts")
    period = None
    future_accounts = part.future_accounts if decided.include_future else frozenset[int]()
    # a part that has ended, or that has no end to move, keeps its dates
    if row.access_ends is not None and row.access_ends > at:
        period = narrow_part(scope, part_period(row, detail), decided, at=at)
        future_accounts = future_accounts if period.lasting else frozenset()
    elif decided.start or decided.end:
        raise NotOffered(scope=scope.id, field="start" if decided.start else "end")
    require_services(scope.id, decided.contracts, future_accounts)
    return RemainingPart(row, detail, decided.contracts, future_accounts, period)
