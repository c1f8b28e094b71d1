"""What a grant holds now: its parts with the services that were ticked, and those that joined later."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import ServiceContract, User
from accounts.queries.roles import shareable_accounts, shareable_contracts, visible_contracts
from cdsc_portal.lib.json.encoder import instant
from cdsc_portal.lib.time.ranges import Span
from consent.models import Grant, GrantPart, Selection
from consent.parts import Part
from consent.periods import PartPeriod
from consent.resolution import Resolution
from consent.scopes.catalogue import SCOPES, scope_named


@dataclass(frozen=True, slots=True)
class GrantContents:
    """`contracts` by database key, each with its billing account, in the order of their printed numbers; `rows` are the
    stored parts by scope id.
    """

    parts: tuple[Part, ...]
    contracts: Mapping[int, ServiceContract]
    rows: Mapping[str, GrantPart]

    @property
    def accounts(self) -> frozenset[int]:
        """Every account from which later services join."""
        return frozenset[int]().union(*(part.future_accounts for part in self.parts))


def grant_contents(grant: Grant) -> GrantContents:
    """What `grant` opens, as the gate sees it, whoever asks. Four queries, however many services."""
    rows = list(grant.parts.order_by("position"))
    selections = Selection.objects.filter(part__grant=grant)
    selected: dict[int, set[int]] = defaultdict(set)
    for part, contract_key in selections.values_list("part", "contract"):
        selected[part].add(contract_key)
    through = GrantPart.future_accounts.through.objects.filter(grantpart__grant=grant)
    accounts: dict[int, set[int]] = defaultdict(set)
    for part, account in through.values_list("grantpart", "billingaccount"):
        accounts[part].add(account)
    added_later = Q(billing_account__in=through.values("billingaccount"), cds_created__gt=grant.created)
    opened = (
        ServiceContract.objects.filter(Q(pk__in=selections.values("contract")) | added_later)
        .select_related("billing_account")
        .order_by("billing_account__account_number", "contract_number")
    )
    contracts = {contract.pk: contract for contract in opened}

    details = _details_by_scope(grant)
    parts = []
    for row in rows:
        since = row.later_since or grant.created
        joined = {
            pk
            for pk, contract in contracts.items()
            if contract.billing_account_id in accounts[row.pk] and contract.cds_created > since
        }
        detail = details.get(row.scope, {})
        parts.append(
            Part(
                scope=SCOPES[row.scope],
                type_sent=detail.get("type", row.scope),
                period=_period(row, detail),
                contracts=frozenset(selected[row.pk] | joined),
                future_accounts=frozenset(accounts[row.pk]),
                resolution=Resolution(row.resolution),
                meters=frozenset((contract, meter) for contract, meter in row.meters),
            )
        )
    return GrantContents(tuple(parts), contracts, {row.scope: row for row in rows})


def visible_keys(contents: GrantContents, *, user: User, at: datetime) -> frozenset[int]:
    """Keys of the open contracts that `user` may see. One query."""
    visible = visible_contracts(user=user, at=at).filter(pk__in=list(contents.contracts))
    return frozenset(visible.values_list("pk", flat=True))


def removable_keys(
    contents: GrantContents, *, user: User, at: datetime
) -> tuple[frozenset[int], frozenset[int]]:
    """Keys of the open contracts, and of the accounts from which others join, that `user` may share, and so remove.

    Two queries.
    """
    contracts = shareable_contracts(user=user, at=at).filter(pk__in=list(contents.contracts))
    accounts = shareable_accounts(user=user, at=at).filter(pk__in=contents.accounts)
    return (
        frozenset(contracts.values_list("pk", flat=True)),
        frozenset(accounts.values_list("pk", flat=True)),
    )


def granted_periods(grant: Grant) -> tuple[tuple[str, PartPeriod], ...]:
    """Scope id and period of each part of `grant`. One query."""
    details = _details_by_scope(grant)
    return tuple(
        (row.scope, _period(row, details.get(row.scope, {}))) for row in grant.parts.order_by("position")
    )


def _details_by_scope(grant: Grant) -> dict[str, dict[str, Any]]:
    named = ((scope_named(detail["type"]), detail) for detail in grant.authorization_details)
    return {scope.id: detail for scope, detail in named if scope is not None}


def _period(row: GrantPart, detail: dict[str, Any]) -> PartPeriod:
    """The period of a stored part; `detail` is its entry among the details as granted.

    Its end lasts where it was requested, or where there is none; else it is the grace after the approval.
    """
    lasting = row.access_ends is None or detail.get("end") == instant(row.access_ends)
    return PartPeriod(Span(row.window_start, row.window_end), row.access_ends, lasting)
