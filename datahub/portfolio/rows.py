"""A line a service for firms: what it used in a month and a year before, what it cost, and its gaps.

The lines of all services are computed at once and kept: to sort them, all of them must be known. A worker computes
them before they are asked for, and again while older ones are shown.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.core.cache import cache
from django.db.models import QuerySet, Sum

from accounts.models import ServiceContract, User
from accounts.queries.roles import visible_contracts
from cdsc_portal.lib.db.compiled_query import compiled_query
from cdsc_portal.lib.time.local_days import days
from datahub.models import BillSection
from datahub.signals import portfolio_wanted
from datahub.usage.facts import usage_facts
from datahub.usage.portfolio import use_by_contract
from datahub.usage.sum_periods import By

NEW = timedelta(minutes=15)  # older lines are shown too, and computed again meanwhile
KEPT = timedelta(days=1)
_FORM = 2  # of the lines that are kept: a release that keeps another form never reads these
_COLUMNS = (
    "pk", "public_id", "contract_number", "commodity", "name", "group", "address", "billing_account__name",
)  # fmt: skip


class PortfolioRow(NamedTuple):
    """One service, a tuple since thousands are kept and read at once. `used` is in `unit` as fed, `change` a share of
    the year before; None where it is not known. `missing` is the share of readings that are not there, 1 where nothing
    is. `group` is the customer's own word.
    """

    key: int
    public_id: str
    number: str
    commodity: str
    name: str
    group: str
    address: str
    account: str
    unit: str
    used: Decimal | None
    change: Decimal | None
    cost: Decimal | None
    currency: str
    missing: Decimal

    @property
    def site(self) -> str:
        """What people call it."""
        return self.name or self.account or self.address or self.number


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Of the local month that begins on `month`, as it was at `at` (UTC)."""

    month: date
    at: datetime
    rows: tuple[PortfolioRow, ...]


def portfolio(*, user: User, month: date, at: datetime, keeps: bool) -> Portfolio:
    """All services that `user` may see at `at`; `keeps` for the next reader. Two queries where it is kept, else nine,
    however many services.
    """
    place, keys = _place(user, month, at)
    kept: Portfolio | None = cache.get(place, version=_FORM)
    if kept is None:
        kept = Portfolio(month, at, tuple(_rows(keys, month)))
        if keeps:
            _keep(place, kept)
    elif keeps and kept.at <= at - NEW:
        _announce(place, user, month)
    return kept


def prepare_soon(*, user: User, month: date, at: datetime) -> None:
    """Have a worker compute the lines, unless that was done or asked for in the last minutes. Two queries."""
    _announce(_place(user, month, at)[0], user, month)


def prepare_portfolio(*, user: User, month: date, at: datetime) -> None:
    """Compute the lines and keep them for who asks."""
    place, keys = _place(user, month, at)
    _keep(place, Portfolio(month, at, tuple(_rows(keys, month))))


def forget_portfolio(*, user: User, month: date, at: datetime) -> None:
    """So that what the customer has just changed is seen at once."""
    cache.delete(_place(user, month, at)[0], version=_FORM)


def _keep(place: str, lines: Portfolio) -> None:
    cache.set(place, lines, KEPT.total_seconds(), version=_FORM)
    cache.set(f"{place}:new", True, NEW.total_seconds())


def _announce(place: str, user: User, month: date) -> None:
    if cache.add(f"{place}:new", True, NEW.total_seconds()):
        portfolio_wanted.send(sender=Portfolio, user_id=user.pk, month=f"{month:%Y-%m-%d}")


def _place(user: User, month: date, at: datetime) -> tuple[str, list[int]]:
    """Where the lines are kept, by the services they are of: a role that begins or ends has other lines."""
    keys = sorted(_visible_keys(user=user, at=at))
    digest = hashlib.sha256(",".join(map(str, keys)).encode()).hexdigest()
    return f"portfolio:{month:%Y-%m}:{digest}", keys


@compiled_query
def _visible_keys(*, user: User, at: datetime) -> QuerySet[ServiceContract, int]:
    return visible_contracts(user=user, at=at).order_by().values_list("pk", flat=True)


def _rows(keys: Iterable[int], month: date) -> Iterable[PortfolioRow]:
    keys = list(keys)
    ago = month.replace(year=month.year - 1)
    end, end_ago = next_month(month), next_month(ago)
    span, span_ago = days(month, end), days(ago, end_ago)
    used = use_by_contract(usage_facts(keys), (span, span_ago), By.MONTH)
    billed = BillSection.objects.filter(
        contract__in=keys, statement__replaced_by=None, end__gt=month, end__lte=end
    ).order_by()
    costs = {
        contract: (cost, currency)
        for contract, currency, cost in billed.values_list("contract", "statement__currency").annotate(
            cost=Sum("amount")
        )
    }
    contracts = ServiceContract.objects.filter(pk__in=keys).order_by("contract_number")
    for key, public_id, number, commodity, name, group, address, account in contracts.values_list(*_COLUMNS):
        now, before = (used.get(key, {}).get(first) for first in (month, ago))
        change = None
        if now and before and now.unit == before.unit and before.value > 0:
            if now.is_nearly_whole(span) and before.is_nearly_whole(span_ago):
                change = (now.value - before.value) / before.value
        cost, currency = costs.get(key, (None, ""))
        missing = Decimal(1) if now is None else 1 - Decimal(now.known) / max(now.due, now.known, 1)
        yield PortfolioRow(
            key, public_id, number, commodity, name, group, address, account, now.unit if now else "",
            now.value if now else None, change, cost, currency, missing,
        )  # fmt: skip


def next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
