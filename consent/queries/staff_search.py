"""Find consents by what people read out: a request's reference, a receipt's number, a company's name."""

from collections.abc import Callable
from typing import TypeVar

from django.db.models import Model, QuerySet

from accounts.queries.search import Found
from consent.models import Client, ConsentRequest, Grant, Receipt

_Row = TypeVar("_Row", bound=Model)


def find_consents(term: str, *, limit: int) -> list[Found]:
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


def _of(rows: QuerySet[_Row], limit: int, detail: Callable[[_Row], str]) -> list[Found]:
    return [Found(row._meta.label_lower, row.pk, str(row), detail(row)) for row in rows[:limit]]
