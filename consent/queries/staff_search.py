"""Find consents by what people read out: a request's reference, a receipt's number, a company's name."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from accounts.queries.search import SearchHit
from consent.models import Client, ConsentRequest, Grant, Receipt, Selection

_Row = TypeVar("_Row", bound=Model)


def find_consents(term: str, *, limit: int) -> list[SearchHit]:
    """At most `limit` hits of each kind. Four queries, by the beginning of a unique value; clients are few."""
    term = term.strip()
    if not term:
        return []
    said = term.lower()  # references and public ids are lower case
    return [
        *_of(
            Client.objects.filter(name__istartswith=term), limit, lambda client: client.get_status_display()
        ),
        *_of(
            ConsentRequest.objects.filter(reference__startswith=said).select_related("client"),
            limit,
            lambda request: f"{request.client}, {request.get_status_display()}",
        ),
        *_of(
            Receipt.objects.filter(number__startswith=said).select_related("grant__client"),
            limit,
            lambda receipt: f"{receipt.grant.client}, {receipt.grant.status}",
        ),
        *_of(
            Grant.objects.filter(public_id__startswith=said).select_related("client"),
            limit,
            lambda grant: f"{grant.client}, {grant.status}",
        ),
    ]


def customers_of_consents(found: Iterable[SearchHit]) -> set[int]:
    """Keys of the customers whose services the grants and receipts among the hits cover. One query."""
    grants = [one.pk for one in found if one.model == "consent.grant"]
    receipts = [one.pk for one in found if one.model == "consent.receipt"]
    if not grants and not receipts:
        return set()
    covered = Selection.objects.filter(Q(part__grant__in=grants) | Q(part__grant__receipts__in=receipts))
    return set(covered.values_list("contract__billing_account__customer", flat=True))


def _of(rows: QuerySet[_Row], limit: int, detail: Callable[[_Row], str]) -> list[SearchHit]:
    return [SearchHit(row._meta.label_lower, row.pk, str(row), detail(row)) for row in rows[:limit]]
