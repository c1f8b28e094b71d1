"""The customer shares less than before: less data, fewer services, an earlier end. Never more."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from accounts.models import User
from consent.mail.grant_events import mail_narrowed, recipients_of
from consent.models import Actor, Change, Grant, Receipt
from consent.parts import Part
from consent.queries.grant_contents import GrantContents, grant_contents
from consent.queries.outcomes import current_receipt
from consent.services.decision import PartDecision, narrow_parts
from consent.services.grants import reduce_grant
from consent.services.receipts import supersede_receipt
from consent.services.transitions import record_event, record_transition, settled_status
from consent.transitions import OPEN, GrantStatus, TransitionNotAllowed


@transaction.atomic
def narrow_grant(
    *, grant: Grant, decision: Collection[PartDecision], by: User, at: datetime, form_token: str | None = None
) -> Receipt:
    """Reduce `grant` to what `decision` names; a scope that it omits is removed. Returns the new receipt.

    The caller checks whether `by` may change it. An empty decision is NothingChosen: that is `stop_sharing`. Raises
    NotOffered or TooWide for anything the grant does not hold, TransitionNotAllowed where it has ended.
    """
    grant = lock_open_grant(grant, at)
    contents = grant_contents(grant)
    remaining = narrow_parts(contents.parts, decision, at=at)
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
    reduced = (
        replace(
            part,
            contracts=part.contracts.difference(contracts),
            meters=frozenset(pair for pair in part.meters if pair[0] not in contracts),
            future_accounts=part.future_accounts.difference(accounts),
        )
        for part in contents.parts
    )
    remaining = [part for part in reduced if part.contracts or part.future_accounts]
    if all(part.period.is_over(at) for part in remaining):
        return None
    return _write_narrowed(
        grant, contents, remaining, by=by, actor=actor, change=change, at=at, form_token=form_token
    )


@transaction.atomic
def narrow_to(
    *,
    grant: Grant,
    cut: Callable[[Part], Part | None],
    at: datetime,
    actor: str = Actor.SYSTEM,
    change: Change = Change.NARROWED,
) -> Receipt | None:
    """Reduce each part of `grant` to what `cut` leaves of it, or to nothing (None), at no customer's word.

    A grant that would open nothing is left as it is, and None returned: the caller ends or pauses it. Raises
    TransitionNotAllowed where it has ended.
    """
    grant = lock_open_grant(grant, at)
    contents = grant_contents(grant)
    reduced = [part for part in map(cut, contents.parts) if part is not None]
    remaining = [part for part in reduced if part.contracts or part.future_accounts]
    if not remaining:
        return None
    return _write_narrowed(
        grant,
        contents,
        remaining,
        by=None,
        actor=actor,
        change=change,
        at=at,
        form_token=None,
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
    remaining: Collection[Part],
    *,
    by: User | None,
    actor: str,
    change: Change,
    at: datetime,
    form_token: str | None,
) -> Receipt:
    recipients = recipients_of(grant, at)  # before the change: owners of what is removed get the mail too
    reduce_grant(grant, contents, remaining, at=at)
    record_event(grant, former=grant.status, to=grant.status, actor=actor, by=by, change=change, at=at)
    if grant.status == GrantStatus.PARTIAL and settled_status(grant, at) is GrantStatus.ACTIVE:
        record_transition(grant, to=GrantStatus.ACTIVE, actor=Actor.SYSTEM, at=at)
    receipt = supersede_receipt(
        former=current_receipt(grant),
        grant=grant,
        contents=contents,
        remaining=remaining,
        at=at,
        form_token=form_token,
    )
    mail_narrowed(grant=grant, receipt=receipt, change=change, by=by, readers=recipients, at=at)
    return receipt
