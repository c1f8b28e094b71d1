"""Find consents by what people read out: a request's reference, a receipt's number, a company's name."""

from collections.abc import Callable, Sequence
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
    lower = term.lower()  # references and public ids are lower case
    return [
        *_of(
            Client.objects.filter(name__istartswith=term), limit, lambda client: client.get_status_display()
        ),
        *_of(
            ConsentRequest.objects.filter(reference__startswith=lower).select_related("client"),
            limit,
            lambda request: f"{request.client}, {request.get_status_display()}",
        ),
        *_of(
            Receipt.objects.filter(number__startswith=lower).select_related("grant__client"),
            limit,
            lambda receipt: f"{receipt.grant.client}, {receipt.grant.status}",
        ),
        *_of(
            Grant.objects.filter(public_id__startswith=lower).select_related("client"),
            limit,
            lambda grant: f"{grant.client}, {grant.status}",
        ),
    ]


def customers_of_consents(hits: Sequence[SearchHit]) -> set[int]:
    """Keys of the customers whose services the grants and receipts among the hits cover. One query."""
    grants = [hit.pk for hit in hits if hit.model == "consent.grant"]
    receipts = [hit.pk for hit in hits if hit.model == "consent.receipt"]
    if not grants and not receipts:
        return set()
    covered = Selection.objects.filter(Q(part__grant__in=grants) | Q(part__grant__receipts__in=receipts))
    return set(covered.values_list("contract__billing_account__customer", flat=True))


def _of(rows: QuerySet[_Row], limit: int, detail: Callable[[_Row], str]) -> list[SearchHit]:
    return [SearchHit(row._meta.label_lower, row.pk, str(row), detail(row)) for row in rows[:limit]]
