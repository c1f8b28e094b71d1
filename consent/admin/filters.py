"""How staff narrow lists of requests, grants, disclosures and mail."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.time import clock
from consent.models import ClientContact
from consent.pages.staff_figures import ENDS_SOON
from consent.scopes.catalogue import SCOPES
from consent.transitions import OPEN


class _ScopeFilter(admin.SimpleListFilter):
    """By kind of data; a subclass says where the scope's id is."""

    title = _("data")
    parameter_name = "scope"
    lookup: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ANN401
        return [(scope.id, scope.title) for scope in SCOPES.values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.lookup: self.value()}) if self.value() else queryset


class GrantScopeFilter(_ScopeFilter):
    lookup = "parts__scope"


class DisclosureScopeFilter(_ScopeFilter):
    lookup = "scope"


class RequestScopeFilter(_ScopeFilter):
    lookup = "details__parts__contains"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        part = [{"scope": self.value()}]
        return queryset.filter(details__parts__contains=part) if self.value() else queryset


def has_people() -> Exists:
    """Whether a client has a contact who may log in, so that mail about it reaches somebody."""
    return Exists(ClientContact.objects.filter(client=OuterRef("pk"), user__is_active=True))


class PeopleFilter(admin.SimpleListFilter):
    """Third parties whose messages are mailed to nobody."""

    title = _("people")
    parameter_name = "people"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ANN401
        return [("none", _("nobody to write to"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.exclude(has_people()) if self.value() == "none" else queryset


class UseFilter(admin.SimpleListFilter):
    """Grants that end soon, or that nobody ever read."""

    title = _("use")
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ANN401
        return [("ending", _("ends within 30 days")), ("unread", _("open and never read"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "ending":
            at = clock.now()
            return queryset.filter(status__in=OPEN, access_ends__gt=at, access_ends__lt=at + ENDS_SOON)
        return queryset.filter(status__in=OPEN, disclosures=None) if self.value() == "unread" else queryset


class OutstandingFilter(admin.SimpleListFilter):
    """Mail that did not go out."""

    title = _("outstanding")
    parameter_name = "outstanding"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ANN401
        return [("failed", _("could not be sent")), ("waiting", _("waits"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "failed":
            return queryset.filter(sent_at=None, attempts__gt=0)
        if self.value() == "waiting":
            return queryset.filter(sent_at=None, attempts=0, created__lt=clock.now() - timedelta(minutes=2))
        return queryset
