"""One search for staff: people, what they have, and their consents."""

from dataclasses import dataclass

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Customer
from accounts.queries.search import customers_of, find
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
    hits, lines = [], []
    for hit in dict.fromkeys(all_hits):
        app, name = hit.model.split(".")
        if request.user.has_perm(f"{app}.view_{name}"):
            hits.append(hit)
            kind = str(apps.get_model(hit.model)._meta.verbose_name)
            url = reverse(f"admin:{app}_{name}_change", args=[hit.pk])
            lines.append(ResultLine(kind, hit.label, hit.detail, url))
    customers = []
    if request.user.has_perm("accounts.view_customer"):
        keys = customers_of(hits) | customers_of_consents(hits)
        customers = [
            ResultLine(
                "", customer.name, customer.customer_number, reverse("staff_customer", args=[customer.pk])
            )
            for customer in Customer.objects.filter(pk__in=sorted(keys)[:_LIMIT])  # a street has many
        ]
    context = {
        **admin.site.each_context(request),
        "title": _("Search"),
        "term": term,
        "hits": lines,
        "customers": customers,
    }
    return TemplateResponse(request, "admin/find.html", context)
