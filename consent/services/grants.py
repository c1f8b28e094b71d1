"""Write what was settled: the grant, its parts and their selections; and what is kept of it later."""

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
from consent.services.decision import SettledPart
from consent.transitions import GrantStatus


@dataclass(frozen=True, slots=True)
class KeptPart:
    """What stays of a part: services and the accounts that later ones join from, by database key.

    `detail` is its entry among the details as granted; `period` None where the dates stay as they are.
    """

    part: GrantPart
    detail: dict[str, Any]
    contracts: frozenset[int]
    later: frozenset[int]
    period: PartPeriod | None = None


def create_grant(
    *,
    client: Client,
    user: User,
    settled: Collection[SettledPart],
    numbers: Mapping[int, str],
    at: datetime,
) -> Grant:
    """Store an active grant of `settled`; `numbers` are the printed contract numbers by key."""
    grant = Grant(client=client, user=user, status=GrantStatus.ACTIVE, created=at, modified=at)
    grant.scope = " ".join(part.type_sent for part in settled)
    grant.authorization_details = [_detail_of(part, numbers) for part in settled]
    grant.access_ends = max(part.period.access_ends for part in settled)
    grant.refreshable = any(part.period.lasting for part in settled)
    grant.save(force_insert=True)
    _write_parts(grant, settled)
    return grant


def keep_only(
    grant: Grant, kept: Collection[KeptPart], contracts: Mapping[int, ServiceContract], *, at: datetime
) -> None:
    """Make a locked grant hold `kept` and nothing else; `contracts` are those it opens now, by key.

    What had joined by itself and stays is ticked from now on; what leaves is remembered in RemovedService. The
    number of statements follows the parts, not the services.
    """
    before = frozenset(contracts)
    left = before - frozenset[int]().union(*(part.contracts for part in kept))
    RemovedService.objects.bulk_create(
        [RemovedService(grant=grant, contract_id=pk, at=at) for pk in sorted(left)],
        update_conflicts=True,
        unique_fields=["grant", "contract"],
        update_fields=["at"],
    )
    grant.parts.exclude(pk__in=[one.part.pk for one in kept]).delete()
    for one in kept:
        _keep_part(one, at)
    grant.scope = " ".join(one.detail["type"] for one in kept)
    grant.authorization_details = [_kept_detail(one, contracts) for one in kept]
    ends = [one.part.access_ends for one in kept]
    grant.access_ends = None if None in ends else max(end for end in ends if end)
    grant.refreshable = any(
        is_lasting(one.part, detail) for one, detail in zip(kept, grant.authorization_details, strict=True)
    )
    grant.modified = at
    grant.save()


def _write_parts(grant: Grant, settled: Collection[SettledPart]) -> None:
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
        for position, part in enumerate(settled)
    )
    pairs = list(zip(parts, settled, strict=True))
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


def _keep_part(kept: KeptPart, at: datetime) -> None:
    part = kept.part
    if kept.period is not None:
        part.window_start, part.window_end = kept.period.window.start, kept.period.window.end
        part.access_ends = kept.period.access_ends
    part.later_since = at
    part.save()
    part.selections.exclude(contract__in=kept.contracts).delete()
    Selection.objects.bulk_create(
        [Selection(part=part, contract_id=pk) for pk in sorted(kept.contracts)], ignore_conflicts=True
    )
    through = GrantPart.future_accounts.through
    through.objects.filter(grantpart=part).exclude(billingaccount__in=kept.later).delete()


def _detail_of(part: SettledPart, numbers: Mapping[int, str]) -> dict[str, Any]:
    """In the request's own form, dates fixed and services named: only what was granted."""
    detail = {"type": part.type_sent, **_dates(part.scope, part.period)}
    detail["services"] = sorted(numbers[pk] for pk in part.contracts)
    if part.future_accounts:
        detail["services_added_later"] = True
    return detail


def _kept_detail(kept: KeptPart, contracts: Mapping[int, ServiceContract]) -> dict[str, Any]:
    detail = dict(kept.detail)
    if kept.period is not None:
        for name in ("start", "end"):
            detail.pop(name, None)
        detail |= _dates(SCOPES[kept.part.scope], kept.period)
    detail["services"] = sorted(contracts[pk].contract_number for pk in kept.contracts)
    if not kept.later:
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
