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
class Hit:
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
    every = [*find(term, limit=_LIMIT), *find_consents(term, limit=_LIMIT)]
    found = [one for one in dict.fromkeys(every) if _may_look(request, one)]
    context = {
        **admin.site.each_context(request),
        "title": _("Search"),
        "term": term,
        "hits": [_hit(one) for one in found],
        "customers": _customers(found) if request.user.has_perm("accounts.view_customer") else (),
    }
    return TemplateResponse(request, "admin/find.html", context)


def _customers(found: Sequence[SearchHit]) -> Sequence[Hit]:
    """The customers whom the hits are, or belong to, a few: a street has many."""
    keys = customers_of(found) | customers_of_consents(found)
    return [
        Hit("", one.name, one.customer_number, reverse("staff_customer", args=[one.pk]))
        for one in Customer.objects.filter(pk__in=sorted(keys)[:_LIMIT])
    ]


def _may_look(request: HttpRequest, found: SearchHit) -> bool:
    app, name = found.model.split(".")
    return request.user.has_perm(f"{app}.view_{name}")


def _hit(found: SearchHit) -> Hit:
    app, name = found.model.split(".")
    kind = apps.get_model(found.model)._meta.verbose_name
    return Hit(str(kind), found.label, found.detail, reverse(f"admin:{app}_{name}_change", args=[found.pk]))
