"""Write what was settled: the grant, its parts and their selections."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from accounts.models import User
from cdsc_portal.lib.ranges import Span
from consent.models import Client, Grant, GrantPart, Selection
from consent.periods import PartPeriod
from consent.scopes.base import Period
from consent.services.decision import SettledPart
from consent.transitions import GrantStatus


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
    describe(grant, settled, numbers)
    grant.save(force_insert=True)
    write_parts(grant, settled)
    return grant


def describe(grant: Grant, settled: Collection[SettledPart], numbers: Mapping[int, str]) -> None:
    """Set the fields that follow from the parts: scope, details as granted (X-10), end of access. Unsaved."""
    grant.scope = " ".join(part.type_sent for part in settled)
    grant.authorization_details = [_detail(part, numbers) for part in settled]
    grant.access_ends = max(part.period.access_ends for part in settled)
    grant.refreshable = any(part.period.lasting for part in settled)


def write_parts(grant: Grant, settled: Collection[SettledPart]) -> None:
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


def part_period(part: GrantPart, detail: dict[str, Any]) -> PartPeriod:
    """The period of a stored part; `detail` is its entry among the details as granted.

    Raises ValueError for a part without an end of access, which no founding request leads to.
    """
    if part.access_ends is None:
        raise ValueError("the part has no end of access")
    lasting = detail.get("end") == _wire(part.access_ends)
    return PartPeriod(Span(part.window_start, part.window_end), part.access_ends, lasting)


def _detail(part: SettledPart, numbers: Mapping[int, str]) -> dict[str, Any]:
    """In the request's own form, dates fixed and services named: only what was granted."""
    detail: dict[str, Any] = {"type": part.type_sent}
    window, period = part.period.window, part.period
    if window.start is not None:
        detail["start"] = _wire(window.start)
    if window.end is not None:
        detail["end"] = _wire(window.end)
    elif part.scope.period is Period.NOW and period.lasting:
        detail["end"] = _wire(period.access_ends)
    detail["services"] = sorted(numbers[pk] for pk in part.contracts)
    if part.future_accounts:
        detail["services_added_later"] = True
    return detail


def _wire(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
