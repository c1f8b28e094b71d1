"""Stop sharing: who gave a grant ends it, every other owner takes out what they own (docs/decisions/0018)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.queries.roles import (
    owned_accounts,
    owned_contracts,
    shareable_accounts,
    shareable_contracts,
)
from consent.models import Actor, Change, Grant
from consent.queries.opened import opened
from consent.services.narrow import locked_open, take_out
from consent.services.revoke import revoke_grant
from consent.transitions import OPEN, TransitionNotAllowed


@dataclass(frozen=True, slots=True)
class _Holding:
    """What one person takes along, by database key."""

    contracts: Collection[int]
    accounts: Collection[int]


@transaction.atomic
def stop_sharing(*, grant: Grant, by: User, at: datetime) -> Grant:
    """`by` stops: the whole grant where `by` gave it, else what `by` may share of it, and both are told.

    Where nothing would be left the grant ends. Whether `by` may stop anything is the caller's check. Stopping
    twice changes nothing. Raises TransitionNotAllowed where the grant has ended some other way.
    """
    if grant.user_id == by.pk:
        return revoke_grant(grant=grant, by=by, actor=Actor.CUSTOMER, at=at)
    grant = locked_open(grant, at)
    held = opened(grant)
    contracts = shareable_contracts(user=by, at=at).filter(pk__in=held.contracts)
    accounts = shareable_accounts(user=by, at=at).filter(pk__in=held.accounts)
    mine = _Holding(
        contracts=frozenset(contracts.values_list("pk", flat=True)),
        accounts=frozenset(accounts.values_list("pk", flat=True)),
    )
    return _take_along(grant, mine, change=Change.OWNER_STOPPED, actor=Actor.CUSTOMER, by=by, at=at)


@transaction.atomic
def take_out_what_left(
    *, owner: User, contracts: Collection[int], accounts: Collection[int], at: datetime
) -> int:
    """An owner's role ended: of `contracts` and `accounts` (database keys it reached), what `owner` owns no more
    leaves the grants that `owner` gave. Returns how many grants changed or ended.

    What others gave stays: they still own it. Grants that a delegate gave stay too, an owner was told of each.
    """
    gone = _Holding(
        contracts=frozenset(contracts)
        - set(owned_contracts(user=owner, at=at).filter(pk__in=contracts).values_list("pk", flat=True)),
        accounts=frozenset(accounts)
        - set(owned_accounts(user=owner, at=at).filter(pk__in=accounts).values_list("pk", flat=True)),
    )
    changed = 0
    for grant in Grant.objects.filter(user=owner, status__in=OPEN).order_by("pk"):
        held = opened(grant)
        if held.contracts.keys().isdisjoint(gone.contracts) and held.accounts.isdisjoint(gone.accounts):
            continue
        try:
            _take_along(grant, gone, change=Change.OWNER_LEFT, actor=Actor.SYSTEM, by=None, at=at)
        except TransitionNotAllowed:  # its time was over, the task that records it has not run
            continue
        changed += 1
    return changed


def _take_along(
    grant: Grant, mine: _Holding, *, change: Change, actor: str, by: User | None, at: datetime
) -> Grant:
    receipt = take_out(
        grant=grant,
        contracts=mine.contracts,
        accounts=mine.accounts,
        change=change,
        actor=actor,
        by=by,
        at=at,
    )
    if receipt is None:
        return revoke_grant(grant=grant, by=by, actor=actor, change=change, at=at)
    grant.refresh_from_db()
    return grant
