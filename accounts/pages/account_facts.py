"""The page of one billing account."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q
from django.utils import timezone

from accounts.models import BillingAccount, User
from accounts.pages.tree_page import TreeContract, tree_contracts
from accounts.queries.roles import owned_accounts, visible_accounts, visible_contracts

SHOWN = 50  # services, and accounts below


@dataclass(frozen=True, slots=True)
class AccountLink:
    """Another account, as a link names it."""

    public_id: str
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """All of it is the customer's own. `below`, and `current` with `ended` hold at most SHOWN, `more_...` the rest.

    `only_service` is the public id of its service where it has just one.
    """

    key: int
    public_id: str
    number: str
    name: str
    customer: str
    customer_number: str
    address: str
    above: AccountLink | None
    below: tuple[AccountLink, ...]
    more_below: int
    programs: tuple[str, ...]
    current: tuple[TreeContract, ...]
    ended: tuple[TreeContract, ...]
    more_services: int
    has_ended: bool
    only_service: str
    may_rename: bool


def account_facts(public_id: str, *, user: User, at: datetime) -> AccountFacts | None:
    """None for an account that is missing or somebody else's. Eleven queries at most."""
    visible = visible_accounts(user=user, at=at)
    account = visible.filter(public_id=public_id).select_related("customer").first()
    if account is None:
        return None
    above = visible.filter(pk=account.parent_id).first() if account.parent_id else None
    below = visible.filter(parent=account)
    contracts = visible_contracts(user=user, at=at).filter(billing_account=account)
    today = timezone.localdate(at)
    first = contracts.order_by(F("end").desc(nulls_first=True), "contract_number")[:SHOWN]
    shown = tree_contracts(list(first.values_list("pk", flat=True)), at=at)
    count = contracts.count()
    return AccountFacts(
        key=account.pk,
        public_id=account.public_id,
        number=account.account_number,
        name=account.name,
        customer=account.customer.name,
        customer_number=account.customer.customer_number,
        address=account.address,
        above=_link(above) if above else None,
        below=tuple(_link(child) for child in below[:SHOWN]),
        more_below=max(below.count() - SHOWN, 0),
        programs=tuple(account.programs.order_by("name").values_list("name", flat=True)),
        current=tuple(contract for contract in shown.values() if not contract.has_ended),
        ended=tuple(contract for contract in shown.values() if contract.has_ended),
        more_services=max(count - SHOWN, 0),
        has_ended=count > 0 and not contracts.filter(Q(end__isnull=True) | Q(end__gt=today)).exists(),
        only_service=next(iter(shown.values())).public_id if count == 1 else "",
        may_rename=owned_accounts(user=user, at=at).filter(pk=account.pk).exists(),
    )


def _link(account: BillingAccount) -> AccountLink:
    return AccountLink(account.public_id, account.account_number, account.name)
