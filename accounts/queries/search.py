"""Find people and what they have by the beginning of a number, of an address or of the words of a name."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Model, QuerySet

from accounts.models import (
    BillingAccount,
    Customer,
    Membership,
    MeterDevice,
    Premise,
    ServiceContract,
    ServicePoint,
    User,
)

_Row = TypeVar("_Row", bound=Model)


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One hit; `model` names its kind ("accounts.customer"), `detail` tells it from its like."""

    model: str
    pk: int
    label: str
    detail: str


def find(term: str, *, limit: int) -> list[SearchHit]:
    """At most `limit` hits of each kind. Nine queries, each by an index (`prefix_index`, `word_index`)."""
    term = term.strip()
    if not term:
        return []
    customers, users = Customer.objects.all(), User.objects.all()
    accounts = BillingAccount.objects.select_related("customer")
    contracts = ServiceContract.objects.select_related("billing_account__customer")
    points = ServicePoint.objects.select_related("premise")
    kinds: tuple[QuerySet[Any], ...] = (
        customers.filter(customer_number__istartswith=term),
        having_words(customers, "name", term),
        users.filter(email__istartswith=term),
        having_words(users, "name", term),
        accounts.filter(account_number__istartswith=term),
        contracts.filter(contract_number__istartswith=term),
        points.filter(servicepoint_number__istartswith=term),
        MeterDevice.objects.filter(meter_number__istartswith=term),
        having_words(Premise.objects.all(), "address", term),
    )
    return [
        SearchHit(row._meta.label_lower, row.pk, str(row), _detail(row))
        for rows in kinds
        for row in rows[:limit]
    ]


def customers_of(hits: Iterable[SearchHit]) -> set[int]:
    """Keys of the customers that the hits are, act for or belong to; a meter's are those of all times. One query."""
    keys: dict[str, list[int]] = defaultdict(list)
    for hit in hits:
        keys[hit.model].append(hit.pk)
    accounts = BillingAccount.objects.order_by()
    points = "contracts__point_links__service_point"
    lookups = (
        Customer.objects.order_by().filter(pk__in=keys["accounts.customer"]).values_list("pk"),
        Membership.objects.filter(user__in=keys["accounts.user"]).values_list("customer"),
        accounts.filter(pk__in=keys["accounts.billingaccount"]).values_list("customer"),
        accounts.filter(contracts__in=keys["accounts.servicecontract"]).values_list("customer"),
        accounts.filter(**{f"{points}__in": keys["accounts.servicepoint"]}).values_list("customer"),
        accounts.filter(**{f"{points}__premise__in": keys["accounts.premise"]}).values_list("customer"),
        accounts.filter(**{f"{points}__installations__meter__in": keys["accounts.meterdevice"]}).values_list(
            "customer"
        ),
    )
    return {key for (key,) in lookups[0].union(*lookups[1:])}


def having_words(rows: QuerySet[_Row], field: str, text: str) -> QuerySet[_Row]:
    """Rows in whose `field` each word of `text` begins a word, in any order."""
    words = re.findall(r"\w+", text)
    if not words:
        return rows.none()
    vector = SearchVector(field, config="simple")
    query = SearchQuery(" & ".join(f"{word}:*" for word in words), config="simple", search_type="raw")
    matching: QuerySet[_Row] = rows.annotate(**{f"{field}_words": vector}).filter(**{f"{field}_words": query})
    return matching


def _detail(row: Model) -> str:
    match row:
        case User():
            return row.email
        case BillingAccount():
            return str(row.customer)
        case ServiceContract():
            return f"{row.get_commodity_display()}, {row.billing_account.customer}"
        case ServicePoint():
            return row.premise.address if row.premise else row.get_commodity_display()
        case MeterDevice():
            return row.get_commodity_display()
        case Premise():
            return row.address
    return ""
