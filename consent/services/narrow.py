"""The customer shares less than before: fewer scopes or services, an earlier end. Never more."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from consent.models import Actor, Grant, GrantPart, Receipt
from consent.scopes.catalogue import SCOPES
from consent.services.decision import (
    DecidedPart,
    Decision,
    NothingChosen,
    NotOffered,
    SettledPart,
    narrow_part,
    require_services,
)
from consent.services.grants import describe, part_period, write_parts
from consent.services.notices import Notice, tell_of_change
from consent.services.receipts import current_receipt, supersede_receipt
from consent.services.transitions import record_event
from consent.transitions import READABLE, TransitionNotAllowed


@transaction.atomic
def narrow_grant(*, grant: Grant, decision: Decision, by: User, at: datetime) -> Receipt:
    """Keep of `grant` only what `decision` names; a scope it leaves out is shared no more. Returns the new
    receipt.

    Whether `by` may change it is the caller's check. To share nothing is to revoke: NothingChosen. Raises
    NotOffered or TooWide for anything the grant does not hold, TransitionNotAllowed where it no longer opens
    data.
    """
    grant = Grant.objects.select_for_update(of=("self",)).select_related("client", "user").get(pk=grant.pk)
    if grant.status not in READABLE or (grant.access_ends is not None and grant.access_ends <= at):
        raise TransitionNotAllowed(current=grant.status, wanted="narrowed")
    parts = list(grant.parts.prefetch_related("contracts", "future_accounts"))
    settled = _kept(grant, parts, decision, at)
    contracts = {contract.pk: contract for part in parts for contract in part.contracts.all()}
    describe(grant, settled, {pk: contract.contract_number for pk, contract in contracts.items()})
    grant.modified = at
    grant.save()
    grant.parts.all().delete()
    write_parts(grant, settled)
    record_event(grant, former=grant.status, to=grant.status, actor=Actor.CUSTOMER, by=by, at=at)
    public_ids = {pk: contract.public_id for pk, contract in contracts.items()}
    receipt = supersede_receipt(
        former=current_receipt(grant), grant=grant, settled=settled, public_ids=public_ids, at=at
    )
    tell_of_change(Notice.CHANGED, grant=grant, at=at)
    return receipt


def _kept(
    grant: Grant, parts: Collection[GrantPart], decision: Decision, at: datetime
) -> tuple[SettledPart, ...]:
    decided = {part.scope: part for part in decision.parts}
    if not decided:
        raise NothingChosen
    unknown = decided.keys() - {part.scope for part in parts}
    if unknown or len(decided) < len(decision.parts):
        raise NotOffered(scope=min(unknown, default=""))
    # details as granted stand in the order of the parts
    return tuple(
        _narrowed(part, decided[part.scope], detail, at)
        for part, detail in zip(parts, grant.authorization_details, strict=True)
        if part.scope in decided
    )


def _narrowed(part: GrantPart, decided: DecidedPart, detail: dict[str, Any], at: datetime) -> SettledPart:
    scope = SCOPES[part.scope]
    held = frozenset(contract.pk for contract in part.contracts.all())
    accounts = frozenset(account.pk for account in part.future_accounts.all())
    if not decided.contracts <= held or (decided.include_future and not accounts):
        raise NotOffered(scope=scope.id, field="contracts")
    period = part_period(part, detail)
    if period.access_ends > at:  # what has ended already can stay as it is
        period = narrow_part(scope, period, decided, at=at)
    later = accounts if decided.include_future and period.lasting else frozenset()
    require_services(scope.id, decided.contracts, later)
    return SettledPart(scope, detail["type"], period, decided.contracts, later)
