"""Write grants: create one from an approved decision, reduce one to what remains of it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from accounts.models import ServiceContract, User
from accounts.queries.meters import meter_numbers
from cdsc_portal.lib.json.encoder import instant
from consent.models import Client, Grant, GrantPart, RemovedService, Selection
from consent.parts import Part
from consent.queries.grant_contents import GrantContents
from consent.scopes.base import Period
from consent.scopes.catalogue import SCOPES
from consent.services.journal import journal_contents
from consent.transitions import ENDED, GrantStatus


def create_grant(
    *,
    client: Client,
    user: User,
    parts: Collection[Part],
    contracts: Mapping[int, ServiceContract],
    at: datetime,
) -> Grant:
    """Store an active grant of `parts`; `contracts` are those they name, by key. Four statements."""
    grant = Grant(client=client, user=user, status=GrantStatus.ACTIVE, created=at, modified=at)
    _set_content(grant, parts, contracts)
    grant.save(force_insert=True)
    _create_parts(grant, dict(enumerate(parts)), later_since=None)
    return grant


def replace_parts(
    grant: Grant,
    contents: GrantContents,
    *,
    kept: Collection[Part],
    agreed: Collection[Part],
    contracts: Mapping[int, ServiceContract],
    at: datetime,
) -> None:
    """Make a locked grant hold `agreed`, and of its `contents` those parts of other scopes that are `kept`.

    `contracts` are those that `agreed` names, by key. The number of statements grows with the parts alone.
    """
    parts = sorted((*kept, *agreed), key=lambda part: list(SCOPES).index(part.scope.id))
    kept_ids = {part.scope.id for part in kept}
    grant.parts.exclude(scope__in=kept_ids).delete()
    for position, part in enumerate(parts):
        if part.scope.id in kept_ids:
            GrantPart.objects.filter(pk=contents.rows[part.scope.id].pk).update(position=position)
    created = {position: part for position, part in enumerate(parts) if part.scope.id not in kept_ids}
    _create_parts(grant, created, later_since=at)
    _record_removed(grant, contents, parts, at)
    _set_content(grant, parts, {**contents.contracts, **contracts})
    journal_contents(grant, parts)
    _save_changed(grant, at)


def reduce_grant(grant: Grant, contents: GrantContents, remaining: Collection[Part], *, at: datetime) -> None:
    """Make a locked grant, whose `contents` are those of now, hold `remaining` and nothing else.

    Contracts that joined from an account and remain become selections; removed ones are recorded in RemovedService.
    The number of statements grows with the parts, not with the contracts.
    """
    _record_removed(grant, contents, remaining, at)
    grant.parts.exclude(scope__in=[part.scope.id for part in remaining]).delete()
    through = GrantPart.future_accounts.through
    for part in remaining:
        row = contents.rows[part.scope.id]
        row.window_start, row.window_end = part.period.window.start, part.period.window.end
        row.access_ends, row.later_since = part.period.access_ends, at
        row.resolution, row.meters = part.resolution, sorted(part.meters)
        row.save()
        row.selections.exclude(contract__in=part.contracts).delete()
        Selection.objects.bulk_create(
            [Selection(part=row, contract_id=pk) for pk in sorted(part.contracts)], ignore_conflicts=True
        )
        through.objects.filter(grantpart=row).exclude(billingaccount__in=part.future_accounts).delete()
    _set_content(grant, remaining, contents.contracts)
    journal_contents(grant, remaining)
    _save_changed(grant, at)


def _save_changed(grant: Grant, at: datetime) -> None:
    """Children last as long as their parent."""
    grant.modified = at
    grant.save()
    lasts_otherwise = grant.children.exclude(status__in=ENDED).exclude(access_ends=grant.access_ends)
    lasts_otherwise.update(access_ends=grant.access_ends, modified=at)


def _create_parts(grant: Grant, parts: Mapping[int, Part], *, later_since: datetime | None) -> None:
    """Store `parts` by their positions. Three statements."""
    rows = GrantPart.objects.bulk_create(
        GrantPart(
            grant=grant,
            scope=part.scope.id,
            position=position,
            window_start=part.period.window.start,
            window_end=part.period.window.end,
            access_ends=part.period.access_ends,
            later_since=later_since,
            resolution=part.resolution,
            meters=sorted(part.meters),
        )
        for position, part in parts.items()
    )
    pairs = list(zip(rows, parts.values(), strict=True))
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


def _record_removed(grant: Grant, contents: GrantContents, parts: Collection[Part], at: datetime) -> None:
    """Of the contracts that were open, those that no part has any more."""
    removed = contents.contracts.keys() - frozenset[int]().union(*(part.contracts for part in parts))
    RemovedService.objects.bulk_create(
        [RemovedService(grant=grant, contract_id=pk, at=at) for pk in sorted(removed)],
        update_conflicts=True,
        unique_fields=["grant", "contract"],
        update_fields=["at"],
    )


def _set_content(grant: Grant, parts: Collection[Part], contracts: Mapping[int, ServiceContract]) -> None:
    """What the company reads of the grant; details as the request has them, dates fixed and contracts named."""
    grant.scope = " ".join(part.type_sent for part in parts)
    grant.authorization_details = [_detail(part, contracts) for part in parts]
    ends = [part.period.access_ends for part in parts]
    grant.access_ends = None if None in ends else max(end for end in ends if end)
    grant.partial_from = min((end for end in ends if end), default=None)
    grant.refreshable = any(part.period.lasting for part in parts)


def _detail(part: Part, contracts: Mapping[int, ServiceContract]) -> dict[str, Any]:
    meters = meter_numbers(meter for _contract, meter in part.meters)
    detail: dict[str, Any] = {"type": part.type_sent}
    window, period = part.period.window, part.period
    if window.start is not None:
        detail["start"] = instant(window.start)
    if window.end is not None:
        detail["end"] = instant(window.end)
    elif part.scope.period is Period.NOW and period.lasting and period.access_ends is not None:
        detail["end"] = instant(period.access_ends)
    detail["services"] = sorted(contracts[pk].contract_number for pk in part.contracts)
    if part.resolution:
        detail["resolution"] = part.resolution.value
    if part.meters:
        detail["meters"] = meters
    if part.future_accounts:
        detail["services_added_later"] = True
    return detail
