"""One search for staff: people, what they have, and their consents."""

from dataclasses import dataclass

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.queries.search import Found, find
from consent.queries.staff_search import find_consents

_LIMIT = 20  # of each kind


@dataclass(frozen=True, slots=True)
class Hit:
    """A line of the answer."""

    kind: str
    label: str
    detail: str
    url: str


def staff_search(request: HttpRequest) -> HttpResponse:
    """What begins with `q`, of the kinds this person may look at. Thirteen look-ups at most, all by index."""
    term = request.GET.get("q", "")
    found = [*find(term, limit=_LIMIT), *find_consents(term, limit=_LIMIT)]
    hits = [_hit(one) for one in dict.fromkeys(found) if _may_look(request, one)]
    context = {
        **admin.site.each_context(request),
        "title": _("Search"),
        "term": term,
        "hits": hits,
    }
    return TemplateResponse(request, "admin/find.html", context)


def _may_look(request: HttpRequest, found: Found) -> bool:
    app, name = found.model.split(".")
    return request.user.has_perm(f"{app}.view_{name}")


def _hit(found: Found) -> Hit:
    app, name = found.model.split(".")
    kind = apps.get_model(found.model)._meta.verbose_name
    return Hit(str(kind), found.label, found.detail, reverse(f"admin:{app}_{name}_change", args=[found.pk]))
