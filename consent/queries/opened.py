"""Which services each part of a grant opens now: those that were ticked, and those that joined later."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q

from accounts.models import ServiceContract
from consent.models import Grant, GrantPart, Selection


@dataclass(frozen=True, slots=True)
class OpenedPart:
    """One part's services and the accounts from which later ones join. Database keys."""

    part: GrantPart
    contracts: frozenset[int]
    later: frozenset[int]


@dataclass(frozen=True, slots=True)
class Opened:
    """`contracts` by database key, each with its billing account, in the order of their printed numbers."""

    parts: tuple[OpenedPart, ...]
    contracts: Mapping[int, ServiceContract]

    @property
    def accounts(self) -> frozenset[int]:
        """Every account from which later services join."""
        return frozenset[int]().union(*(part.later for part in self.parts))


def opened(grant: Grant) -> Opened:
    """What `grant` opens, as the gate sees it, whoever asks. Four queries, however many services."""
    parts = list(grant.parts.order_by("position"))
    chosen: dict[int, set[int]] = defaultdict(set)
    for part, contract in Selection.objects.filter(part__grant=grant).values_list("part", "contract"):
        chosen[part].add(contract)
    later: dict[int, set[int]] = defaultdict(set)
    through = GrantPart.future_accounts.through.objects.filter(grantpart__grant=grant)
    for part, account in through.values_list("grantpart", "billingaccount"):
        later[part].add(account)
    contracts = _contracts(grant)
    return Opened(
        parts=tuple(
            OpenedPart(
                part,
                frozenset(chosen[part.pk]) | _joined(grant, part, later[part.pk], contracts),
                frozenset(later[part.pk]),
            )
            for part in parts
        ),
        contracts=contracts,
    )


def _contracts(grant: Grant) -> dict[int, ServiceContract]:
    came_later = Q(
        billing_account__in=GrantPart.future_accounts.through.objects.filter(grantpart__grant=grant).values(
            "billingaccount"
        ),
        cds_created__gt=grant.created,
    )
    chosen = Q(pk__in=Selection.objects.filter(part__grant=grant).values("contract"))
    found = ServiceContract.objects.filter(chosen | came_later).select_related("billing_account")
    return {one.pk: one for one in found.order_by("billing_account__account_number", "contract_number")}


def _joined(
    grant: Grant, part: GrantPart, later: set[int], contracts: Mapping[int, ServiceContract]
) -> frozenset[int]:
    since = part.later_since or grant.created
    return frozenset(
        pk for pk, one in contracts.items() if one.billing_account_id in later and one.cds_created > since
    )
