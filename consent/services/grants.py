"""Write grants: create one from an approved decision, reduce one to what remains of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import ServiceContract, User
from consent.models import Client, Grant, GrantPart, RemovedService, Selection
from consent.periods import PartPeriod
from consent.queries.part_periods import is_lasting, on_the_wire
from consent.scopes.base import Period, Scope
from consent.scopes.catalogue import SCOPES
from consent.services.decision import ApprovedPart
from consent.transitions import GrantStatus


@dataclass(frozen=True, slots=True)
class RemainingPart:
    """What remains of a grant's part: its contracts and the accounts whose new contracts join, by database key.

    `detail` is the part's entry in `authorization_details`; `period` is None where the dates do not change.
    """

    row: GrantPart
    detail: dict[str, Any]
    contracts: frozenset[int]
    future_accounts: frozenset[int]
    period: PartPeriod | None = None


def create_grant(
    *,
    client: Client,
    user: User,
    approved: Collection[ApprovedPart],
    numbers: Mapping[int, str],
    at: datetime,
) -> Grant:
    """Store an active grant of `approved`; `numbers` are the printed contract numbers by key."""
    grant = Grant(client=client, user=user, status=GrantStatus.ACTIVE, created=at, modified=at)
    grant.scope = " ".join(part.type_sent for part in approved)
    grant.authorization_details = [  # as the request has them, dates fixed and contracts named
        {
            "type": part.type_sent,
            **_dates(part.scope, part.period),
            "services": sorted(numbers[pk] for pk in part.contracts),
            **({"services_added_later": True} if part.future_accounts else {}),
        }
        for part in approved
    ]
    grant.access_ends = max(part.period.access_ends for part in approved)
    grant.refreshable = any(part.period.lasting for part in approved)
    grant.save(force_insert=True)
    _write_parts(grant, approved)
    return grant


def reduce_grant(
    grant: Grant,
    remaining: Collection[RemainingPart],
    contracts: Mapping[int, ServiceContract],
    *,
    at: datetime,
) -> None:
    """Make a locked grant hold `remaining` and nothing else; `contracts` are those it opens now, by key.

    Contracts that joined from an account and remain become selections; removed ones are recorded in RemovedService.
    The number of statements grows with the parts, not with the contracts.
    """
    removed = contracts.keys() - frozenset[int]().union(*(part.contracts for part in remaining))
    RemovedService.objects.bulk_create(
        [RemovedService(grant=grant, contract_id=pk, at=at) for pk in sorted(removed)],
        update_conflicts=True,
        unique_fields=["grant", "contract"],
        update_fields=["at"],
    )
    grant.parts.exclude(pk__in=[part.row.pk for part in remaining]).delete()
    for part in remaining:
        _update_part(part, at)
    grant.scope = " ".join(part.detail["type"] for part in remaining)
    grant.authorization_details = [_remaining_detail(part, contracts) for part in remaining]
    ends = [part.row.access_ends for part in remaining]
    grant.access_ends = None if None in ends else max(end for end in ends if end)
    grant.refreshable = any(
        is_lasting(part.row, detail)
        for part, detail in zip(remaining, grant.authorization_details, strict=True)
    )
    grant.modified = at
    grant.save()


def _write_parts(grant: Grant, approved: Collection[ApprovedPart]) -> None:
    """Store parts, selections and the accounts that later services join from. Three statements."""
    parts = GrantPart.objects.bulk_create(
        GrantPart(
            grant=grant,
            scope=part.scope.id,
            position=position,
            window_start=part.period.window.start,
            window_end=part.period.window.end,
            access_ends=part.period.access_ends,
        )
        for position, part in enumerate(approved)
    )
    pairs = list(zip(parts, approved, strict=True))
    Selection.objects.bulk_create(
        Selection(part=row, contract_id=contract)
        for row, part in pairs
        for contract in sorted(part.contracts)
    )
    through = GrantPart.future_accounts.through
    through.objects.bulk_create(
        through(grantpart_id=row.pk, billingaccount_id=account)
        for row, part in pairs
        for account in sorted(part.future_accounts)
    )


def _update_part(part: RemainingPart, at: datetime) -> None:
    """Reduce the row of a part, its selections and its accounts to what remains."""
    row = part.row
    if part.period is not None:
        row.window_start, row.window_end = part.period.window.start, part.period.window.end
        row.access_ends = part.period.access_ends
    row.later_since = at
    row.save()
    row.selections.exclude(contract__in=part.contracts).delete()
    Selection.objects.bulk_create(
        [Selection(part=row, contract_id=pk) for pk in sorted(part.contracts)], ignore_conflicts=True
    )
    through = GrantPart.future_accounts.through
    through.objects.filter(grantpart=row).exclude(billingaccount__in=part.future_accounts).delete()


def _remaining_detail(part: RemainingPart, contracts: Mapping[int, ServiceContract]) -> dict[str, Any]:
    detail = dict(part.detail)
    if part.period is not None:
        for name in ("start", "end"):
            detail.pop(name, None)
        detail |= _dates(SCOPES[part.row.scope], part.period)
    detail["services"] = sorted(contracts[pk].contract_number for pk in part.contracts)
    if not part.future_accounts:
        detail.pop("services_added_later", None)
    return detail


def _dates(scope: Scope, period: PartPeriod) -> dict[str, Any]:
    dates = {}
    if period.window.start is not None:
        dates["start"] = on_the_wire(period.window.start)
    if period.window.end is not None:
        dates["end"] = on_the_wire(period.window.end)
    elif scope.period is Period.NOW and period.lasting:
        dates["end"] = on_the_wire(period.access_ends)
    return dates
