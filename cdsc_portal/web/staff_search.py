"""One search for staff: people, what they have, and their consents."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Customer
from accounts.queries.search import SearchHit, customers_of, find
from consent.queries.staff_search import customers_of_consents, find_consents

_LIMIT = 20  # of each kind


@dataclass(frozen=True, slots=True)
class ResultLine:
    """A line of the answer."""

    kind: str
    label: str
    detail: str
    url: str


def staff_search(request: HttpRequest) -> HttpResponse:
    """What begins with `q`, of the kinds this person may look at; the customers it belongs to stand first.

    A hit that this person may not see leads to no customer either: it would tell whose address or consent it is.

    Sixteen look-ups at most, all by index.
    """
    term = request.GET.get("q", "")
    all_hits = [*find(term, limit=_LIMIT), *find_consents(term, limit=_LIMIT)]
    hits = [hit for hit in dict.fromkeys(all_hits) if _may_view(request, hit)]
    context = {
        **admin.site.each_context(request),
        "title": _("Search"),
        "term": term,
        "hits": [_result_line(hit) for hit in hits],
        "customers": _customers(hits) if request.user.has_perm("accounts.view_customer") else (),
    }
    return TemplateResponse(request, "admin/find.html", context)


def _customers(hits: Sequence[SearchHit]) -> Sequence[ResultLine]:
    """The customers whom the hits are, or belong to, a few: a street has many."""
    keys = customers_of(hits) | customers_of_consents(hits)
    return [
        ResultLine("", customer.name, customer.customer_number, reverse("staff_customer", args=[customer.pk]))
        for customer in Customer.objects.filter(pk__in=sorted(keys)[:_LIMIT])
    ]


def _may_view(request: HttpRequest, hit: SearchHit) -> bool:
    app, name = hit.model.split(".")
    return request.user.has_perm(f"{app}.view_{name}")


def _result_line(hit: SearchHit) -> ResultLine:
    app, name = hit.model.split(".")
    kind = apps.get_model(hit.model)._meta.verbose_name
    return ResultLine(str(kind), hit.label, hit.detail, reverse(f"admin:{app}_{name}_change", args=[hit.pk]))
