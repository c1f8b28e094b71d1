"""The services of a grant as its readers know them: numbers, names, addresses; only those they may see."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Func, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries.roles import visible_account_keys, visible_contracts
from cdsc_portal.lib.db.compiled_query import Keys, compiled_query
from cdsc_portal.lib.text.csv_cells import plain_cell
from consent.models import Grant, RemovedService, Selection
from consent.queries.grant_contents import GrantContents
from consent.wording import commodity_in_words, service_in_words

SERVICES_CSV_HEADER = ("account", "account_name", "service", "kind", "service_name", "address", "data")
_NUMBERS_ON_A_CARD = 4


@dataclass(frozen=True, slots=True)
class ServiceList:
    """Services that the same kinds of data are shared for, and those that a customer left out of them.

    `titles` are empty where one list stands for all kinds of data. A service is its label, and the address and account
    to know it by.
    """

    titles: tuple[str | Promise, ...]
    services: tuple[tuple[str, str], ...]
    left_out: tuple[tuple[str, str], ...] = ()


def accounts_in_words(grants: Collection[Grant], *, user: User, at: datetime) -> dict[int, str]:
    """By grant key: the numbers of its billing accounts that `user` may see, past ones where none is left.

    Up to four numbers; of more, the first three and how many follow. Two queries at most, however many accounts.
    """
    keys = Keys.of(grant.pk for grant in grants)
    words = _numbers_in_words(_numbers_now(keys=keys, user=user, at=at))
    missing = [grant.pk for grant in grants if grant.pk not in words]
    if missing:
        words |= _numbers_in_words(_numbers_then(keys=Keys.of(missing), user=user, at=at))
    return words


@compiled_query
def _numbers_now(*, keys: Keys, user: User, at: datetime) -> "QuerySet[Any, tuple[int, list[str], int]]":
    visible = visible_account_keys(user=user, at=at)
    now = Selection.objects.filter(part__grant__in=keys.rows, contract__billing_account__in=visible)
    return _with_numbers(now.values_list("part__grant"))


@compiled_query
def _numbers_then(*, keys: Keys, user: User, at: datetime) -> "QuerySet[Any, tuple[int, list[str], int]]":
    visible = visible_account_keys(user=user, at=at)
    then = RemovedService.objects.filter(grant__in=keys.rows, contract__billing_account__in=visible)
    return _with_numbers(then.values_list("grant"))


def _with_numbers(rows: "QuerySet[Any, Any]") -> "QuerySet[Any, tuple[int, list[str], int]]":
    """The first few account numbers, and how many there are."""
    number = F("contract__billing_account__account_number")
    few = Func(
        ArrayAgg(number, distinct=True, order_by=number),
        template=f"(%(expressions)s)[1:{_NUMBERS_ON_A_CARD}]",
    )
    return rows.annotate(first=few, count=Count(number, distinct=True)).order_by()


def _numbers_in_words(rows: Iterable[tuple[int, list[str], int]]) -> dict[int, str]:
    words = {}
    for grant, first, count in rows:
        words[grant] = ", ".join(first)
        if count > len(first):
            named = {"first": ", ".join(first[:-1]), "count": count - len(first) + 1}
            words[grant] = _("%(first)s and %(count)s more") % named
    return words


def account_rows(
    grants: Collection[Grant], *, user: User, at: datetime
) -> dict[int, list[tuple[str, str, int]]]:
    """By grant key: number and name of each billing account that `user` may see, and how many of its services.

    One query.
    """
    account = "contract__billing_account"
    chosen = Selection.objects.filter(
        part__grant__in=grants, contract__in=visible_contracts(user=user, at=at)
    )
    counted = (
        chosen.values_list("part__grant", f"{account}__account_number", f"{account}__name")
        .annotate(services=Count("contract", distinct=True))
        .order_by("part__grant", f"{account}__account_number")
    )
    rows: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    for grant, number, name, services in counted:
        rows[grant].append((number, name, services))
    return rows


def service_lists(contents: GrantContents, *, visible: Collection[int]) -> tuple[ServiceList, ...]:
    """The services among `visible`, once for all kinds of data that share the same ones; order of the parts."""
    lists: dict[frozenset[int], list[str | Promise]] = defaultdict(list)
    for part in contents.parts:
        lists[part.contracts & frozenset(visible)].append(part.scope.title)
    return tuple(
        ServiceList(
            titles=tuple(titles) if len(lists) > 1 else (),
            services=tuple(
                service_line(
                    number=contract.contract_number,
                    commodity=contract.commodity,
                    name=contract.name,
                    address=contract.address,
                    account_number=contract.billing_account.account_number,
                )
                for pk, contract in contents.contracts.items()
                if pk in keys
            ),
        )
        for keys, titles in lists.items()
        if keys
    )


def service_line(
    *, number: str, commodity: str, name: str, address: str, account_number: str
) -> tuple[str, str]:
    """Label and detail of one service: what it is, and the address and account to know it by."""
    account = _("account %(number)s") % {"number": account_number}
    label = service_in_words(commodity=commodity, number=number, name=name)
    return label, ", ".join(filter(None, (address, account)))


def service_rows(contents: GrantContents, *, visible: Collection[int]) -> Iterator[tuple[str, ...]]:
    """The same services under SERVICES_CSV_HEADER, one a line, safe to open in a spreadsheet."""
    data: Mapping[int, list[str]] = defaultdict(list)
    for part in contents.parts:
        for pk in part.contracts:
            data[pk].append(str(part.scope.title))
    for pk, contract in contents.contracts.items():
        if pk in visible:
            account = contract.billing_account
            cells = (
                account.account_number,
                account.name,
                contract.contract_number,
                commodity_in_words(contract.commodity),
                contract.name,
                contract.address,
                "; ".join(data[pk]),
            )
            yield tuple(plain_cell(cell) for cell in cells)
