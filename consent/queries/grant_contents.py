"""Which services each part of a grant opens now: those that were ticked, and those that joined later."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q

from accounts.models import ServiceContract
from consent.models import Grant, GrantPart, Selection


@dataclass(frozen=True, slots=True)
class PartContents:
    """The contracts that a part opens, and the accounts whose new contracts join it; database keys."""

    row: GrantPart
    contracts: frozenset[int]
    future_accounts: frozenset[int]


@dataclass(frozen=True, slots=True)
class GrantContents:
    """`contracts` by database key, each with its billing account, in the order of their printed numbers."""

    parts: tuple[PartContents, ...]
    contracts: Mapping[int, ServiceContract]

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
    parts = []
    for row in rows:
        since = row.later_since or grant.created
        joined = {
            pk
            for pk, contract in contracts.items()
            if contract.billing_account_id in accounts[row.pk] and contract.cds_created > since
        }
        parts.append(PartContents(row, frozenset(selected[row.pk] | joined), frozenset(accounts[row.pk])))
    return GrantContents(parts=tuple(parts), contracts=contracts)
