"""Grants and their history: staff read them and, with a reason, stop them for a customer."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.admin.ask import ask, to_page
from accounts.admin.base import ActingAdmin, ReadOnlyAdmin, link_to, links_to, list_link
from accounts.admin.export import ExportAdmin
from accounts.current_user import current_user
from cdsc_portal.lib import clock
from consent.admin.filters import GrantScopeFilter, UseFilter
from consent.models import Actor, Disclosure, Grant, GrantEvent, GrantPart
from consent.services.revoke import revoke_grant
from consent.transitions import ENDED, TransitionNotAllowed

_CHANGE = "consent.change_grant"
_SHOWN = 50  # contracts of a part; more are counted


class _ReadOnlyInline(TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ANN401
        return False


class PartsInline(_ReadOnlyInline):
    """What was granted, scope by scope."""

    model = GrantPart
    fields = readonly_fields = ("scope", "window_start", "window_end", "access_ends", "chosen")

    @admin.display(description=_("contracts"))
    def chosen(self, part: GrantPart) -> str:
        contracts = list(part.contracts.all()[: _SHOWN + 1])
        shown = links_to(contracts[:_SHOWN])
        return shown if len(contracts) <= _SHOWN else f"{part.contracts.count()}"


class EventsInline(_ReadOnlyInline):
    """What happened to it, by whom and why."""

    model = GrantEvent
    fields = readonly_fields = (
        "at", "from_status", "to_status", "actor", "by", "reason", "public_reason",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[GrantEvent]:
        return super().get_queryset(request).select_related("by")


class StopForm(forms.Form):
    reason = forms.CharField(
        label=_("Why, and who asked for it"),
        help_text=_("Stays with us."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    words = forms.CharField(
        label=_("What the customer reads about it"),
        required=False,
        max_length=500,
        help_text=_("Goes into the mail and the history. May stay empty."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


@admin.register(Grant)
class GrantAdmin(ActingAdmin, ExportAdmin):
    """One customer's consent. Nobody grants here; stopping is the one thing staff can do."""

    act_permission = _CHANGE
    list_display = ("public_id", "client_page", "user_page", "status", "created", "access_ends", "last_read")
    list_select_related = ("client", "user")
    list_filter = ("status", "client", GrantScopeFilter, UseFilter)
    export_fields = (
        "public_id", "client__name", "user__public_id", "status", "scope", "created", "access_ends", "read_at",
    )  # fmt: skip
    search_fields = ("public_id__startswith", "receipts__number__startswith")
    fields = readonly_fields = (
        "public_id", "status", "client_page", "user_page", "request_page", "receipts", "created", "modified",
        "not_before", "access_ends", "last_read", "reads", "scope", "authorization_details",
    )  # fmt: skip
    inlines = (PartsInline, EventsInline)
    actions_detail = ("stop",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Grant]:
        reads = Disclosure.objects.filter(grant=OuterRef("pk")).order_by("-released_at")
        return super().get_queryset(request).annotate(read_at=Subquery(reads.values("released_at")[:1]))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:  # noqa: ANN401
        return super().get_search_results(request, queryset, search_term.lower())

    @admin.display(description=_("company"), ordering="client__name")
    def client_page(self, grant: Grant) -> str:
        return link_to(grant.client)

    @admin.display(description=_("given by"), ordering="user__email")
    def user_page(self, grant: Grant) -> str:
        return link_to(grant.user)

    @admin.display(description=_("request"))
    def request_page(self, grant: Grant) -> str:
        return link_to(getattr(grant, "request", None))

    @admin.display(description=_("receipts"))
    def receipts(self, grant: Grant) -> str:
        return links_to(grant.receipts.all())

    @admin.display(description=_("last read"), ordering="read_at")
    def last_read(self, grant: Grant) -> Any:  # noqa: ANN401
        return grant.read_at  # type: ignore[attr-defined]  # annotated

    @admin.display(description=_("disclosures"))
    def reads(self, grant: Grant) -> str:
        return list_link(Disclosure, _("who read what"), grant__id=grant.pk)

    def get_urls(self) -> list[URLPattern]:
        stop = path("<int:pk>/stop/", self.admin_site.admin_view(self.stop_page), name="consent_grant_stop")
        return [stop, *super().get_urls()]

    @action(description=_("Stop sharing"), permissions=["act"])
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_grant_stop", object_id)

    def stop_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET asks for the reason, POST stops at once and tells the customer."""
        if not request.user.has_perm(_CHANGE):
            raise PermissionDenied
        grant = get_object_or_404(Grant.objects.select_related("client"), pk=pk)
        page = reverse("admin:consent_grant_change", args=[pk])
        form = StopForm(request.POST or None)
        if grant.status in ENDED:
            messages.error(request, _("This grant has ended already."))
            return redirect(page)
        if request.method == "POST" and form.is_valid():
            self._stop(request, grant, form.cleaned_data)
            return redirect(page)
        text = _(
            "%s gets nothing from the next call on. The customer is told by mail. This cannot be undone."
        )
        return ask(
            request, self.admin_site, form=form, title=_("Stop sharing for a customer"),
            text=text % grant.client, button=_("Stop sharing now"), back=page,
        )  # fmt: skip

    @transaction.atomic
    def _stop(self, request: HttpRequest, grant: Grant, told: dict[str, str]) -> None:
        try:
            revoke_grant(
                grant=grant, by=current_user(request), actor=Actor.STAFF, at=clock.now(),
                reason=told["reason"], public_reason=told["words"],
            )  # fmt: skip
        except TransitionNotAllowed as refused:
            messages.error(request, str(refused))
        else:
            self.log_act(request, grant, "stopped for the customer", reason=told["reason"])
            messages.success(request, _("Stopped. The customer is told by mail."))


@admin.register(GrantEvent)
class GrantEventAdmin(ReadOnlyAdmin):
    """Every step of every grant, newest first."""

    list_display = ("at", "grant_page", "from_status", "to_status", "actor", "by", "reason", "public_reason")
    list_select_related = ("grant", "by")
    list_filter = ("to_status", "actor")
    ordering = ("-at", "-pk")
    fields = readonly_fields = (
        "at", "grant_page", "from_status", "to_status", "actor", "by", "reason", "public_reason",
    )  # fmt: skip

    @admin.display(description=_("grant"))
    def grant_page(self, event: GrantEvent) -> str:
        return link_to(event.grant)
