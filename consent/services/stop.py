"""Stop sharing: the giver of a grant revokes it, every other owner removes what they own (docs/decisions/0018)."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.queries.roles import owned_accounts, owned_contracts
from consent.models import Actor, Change, Grant
from consent.queries.grant_contents import grant_contents, removable_keys
from consent.services.narrow import lock_open_grant, remove_services
from consent.services.revoke import revoke_grant
from consent.transitions import OPEN, TransitionNotAllowed


@transaction.atomic
def stop_sharing(*, grant: Grant, by: User, at: datetime) -> Grant:
    """Revoke the grant if `by` gave it, else remove what `by` may share of it; giver and remover both get a mail.

    A grant that would open nothing is revoked. The caller checks whether `by` may stop anything. Stopping
    twice changes nothing. Raises TransitionNotAllowed where the grant has ended some other way.
    """
    if grant.user_id == by.pk:
        return revoke_grant(grant=grant, by=by, actor=Actor.CUSTOMER, at=at)
    grant = lock_open_grant(grant, at)
    contracts, accounts = removable_keys(grant_contents(grant), user=by, at=at)
    return _remove_or_revoke(
        grant, contracts, accounts, change=Change.OWNER_STOPPED, actor=Actor.CUSTOMER, by=by, at=at
    )


@transaction.atomic
def remove_former_owners_services(
    *, owner: User, contracts: Collection[int], accounts: Collection[int], at: datetime
) -> int:
    """Remove from the grants that `owner` gave what they no longer own; returns how many grants changed or ended.

    `contracts` and `accounts` are the database keys of the role that ended. Grants of other owners are not
    changed, they still own it; nor are a delegate's grants, of which an owner got a mail.
    """
    kept_contracts = owned_contracts(user=owner, at=at).filter(pk__in=contracts).values_list("pk", flat=True)
    lost_contracts = frozenset(contracts) - set(kept_contracts)
    kept_accounts = owned_accounts(user=owner, at=at).filter(pk__in=accounts).values_list("pk", flat=True)
    lost_accounts = frozenset(accounts) - set(kept_accounts)
    changed = 0
    for grant in Grant.objects.filter(user=owner, status__in=OPEN).order_by("pk"):
        contents = grant_contents(grant)
        if contents.contracts.keys().isdisjoint(lost_contracts) and contents.accounts.isdisjoint(
            lost_accounts
        ):
            continue
        try:
            _remove_or_revoke(
                grant,
                lost_contracts,
                lost_accounts,
                change=Change.OWNER_LEFT,
                actor=Actor.SYSTEM,
                by=None,
                at=at,
            )
        except TransitionNotAllowed:  # the grant has ended; the task that records it has not run yet
            continue
        changed += 1
    return changed


def _remove_or_revoke(
    grant: Grant,
    contracts: Collection[int],
    accounts: Collection[int],
    *,
    change: Change,
    actor: str,
    by: User | None,
    at: datetime,
) -> Grant:
    """Remove contracts and accounts from the grant; revoke it where nothing would remain."""
    receipt = remove_services(
        grant=grant, contracts=contracts, accounts=accounts, change=change, actor=actor, by=by, at=at
    )
    if receipt is None:
        return revoke_grant(grant=grant, by=by, actor=actor, change=change, at=at)
    grant.refresh_from_db()
    return grant
