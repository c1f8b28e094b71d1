"""Grants and their history: staff read them and, with a reason, stop them for a customer or pause them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.admin.ask import ask, to_page
from accounts.admin.base import ActingAdmin, ReadOnlyAdmin, link_to, links_to, list_link
from accounts.admin.export import ExportAdmin
from accounts.current_user import current_user
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.admin.filters import GrantScopeFilter, UseFilter
from consent.models import Actor, Disclosure, Grant, GrantEvent, GrantPart
from consent.queries.visible_grants import status_at
from consent.services.revoke import resume_grant, revoke_grant, suspend_grant
from consent.transitions import ENDED, OPEN, TRANSITIONS, GrantStatus

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


class StatusWords:
    """A step of a grant in the words that its status has on the grant's own page."""

    @admin.display(description=_("from status"))
    def before(self, event: GrantEvent) -> str:
        return _status_words(event.from_status)

    @admin.display(description=_("to status"))
    def after(self, event: GrantEvent) -> str:
        return _status_words(event.to_status)


def _status_words(status: str) -> str:
    return str(dict(Grant._meta.get_field("status").flatchoices).get(status, "-"))


class EventsInline(StatusWords, _ReadOnlyInline):
    """What happened to it, by whom and why."""

    model = GrantEvent
    fields = readonly_fields = (
        "at", "before", "after", "actor", "by", "reason", "public_reason",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[GrantEvent]:
        return super().get_queryset(request).select_related("by")


class ReasonsForm(forms.Form):
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


@dataclass(frozen=True, slots=True)
class Step:
    """What staff do to a grant that is in one of the states `fits`; `what` stands in the log."""

    what: str
    title: str | Promise
    text: str | Promise
    button: str | Promise
    done: str | Promise
    misfit: str | Promise
    fits: frozenset[GrantStatus]
    take: Callable[..., Grant]


STOP = Step(
    what="stopped for the customer",
    title=_("Stop sharing for a customer"),
    text=_("%s gets nothing from the next call on. The customer is told by mail. This cannot be undone."),
    button=_("Stop sharing now"),
    done=_("Stopped. The customer is told by mail."),
    misfit=_("This grant has ended already."),
    fits=OPEN,
    take=partial(revoke_grant, actor=Actor.STAFF),
)
PAUSE = Step(
    what="paused",
    title=_("Pause sharing"),
    text=_(
        "%s gets nothing from the next call on, until you resume it. The customer and the company are told by mail. "
        "The customer can still stop it."
    ),
    button=_("Pause it now"),
    done=_("Paused. The customer and the company are told by mail."),
    misfit=_("This grant cannot be paused as it is now."),
    fits=frozenset(status for status, after in TRANSITIONS.items() if GrantStatus.SUSPENDED in after),
    take=suspend_grant,
)
RESUME = Step(
    what="resumed",
    title=_("Resume sharing"),
    text=_("%s can read again what it could read before. The customer and the company are told by mail."),
    button=_("Resume it now"),
    done=_("Resumed. The customer and the company are told by mail."),
    misfit=_("This grant is not paused."),
    fits=frozenset({GrantStatus.SUSPENDED}),
    take=resume_grant,
)


@admin.register(Grant)
class GrantAdmin(ActingAdmin, ExportAdmin):
    """One customer's consent. Nobody grants here; staff can stop it, pause it and let a paused one go on."""

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
    actions_detail = ("stop", "pause", "resume")

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
    def last_read(self, grant: Grant) -> str:
        read_at = grant.read_at  # type: ignore[attr-defined]  # annotated
        return moment_in_words(read_at) if read_at else "-"

    @admin.display(description=_("disclosures"))
    def reads(self, grant: Grant) -> str:
        return list_link(Disclosure, _("who read what"), grant__id=grant.pk)

    def get_urls(self) -> list[URLPattern]:
        steps = {"stop": self.stop_page, "pause": self.pause_page, "resume": self.resume_page}
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(page), name=f"consent_grant_{name}")
            for name, page in steps.items()
        ]
        return [*own, *super().get_urls()]

    def has_stop_permission(self, request: HttpRequest, object_id: str) -> bool:
        return self._may(request, object_id, STOP)

    def has_pause_permission(self, request: HttpRequest, object_id: str) -> bool:
        return self._may(request, object_id, PAUSE)

    def has_resume_permission(self, request: HttpRequest, object_id: str) -> bool:
        return self._may(request, object_id, RESUME)

    @action(description=_("Stop sharing"), permissions=["stop"])
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_grant_stop", object_id)

    @action(description=_("Pause sharing"), permissions=["pause"])
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_grant_pause", object_id)

    @action(description=_("Resume sharing"), permissions=["resume"])
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_grant_resume", object_id)

    def stop_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._step_page(request, pk, STOP)

    def pause_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._step_page(request, pk, PAUSE)

    def resume_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._step_page(request, pk, RESUME)

    def _may(self, request: HttpRequest, object_id: str, step: Step) -> bool:
        """The page of a grant offers what fits its state."""
        if not self.has_act_permission(request):
            return False
        grant = self.get_object(request, unquote(str(object_id)))  # None for what is no key, too
        return grant is not None and status_at(grant, clock.now()) in step.fits

    def _step_page(self, request: HttpRequest, pk: int, step: Step) -> HttpResponse:
        """GET asks for the reason, POST acts at once and tells those concerned."""
        if not self.has_act_permission(request):
            raise PermissionDenied
        grant = get_object_or_404(Grant.objects.select_related("client"), pk=pk)
        page = reverse("admin:consent_grant_change", args=[pk])
        form = ReasonsForm(request.POST or None)
        if not self._fits(request, grant, step):
            return redirect(page)
        if request.method != "POST" or not form.is_valid():
            return ask(
                request, self.admin_site, form=form, title=step.title, text=step.text % grant.client,
                button=step.button, back=page,
            )  # fmt: skip
        with transaction.atomic():  # checked again under the lock: somebody else may have changed it since
            grant = Grant.objects.select_for_update(of=("self",)).select_related("client").get(pk=pk)
            if self._fits(request, grant, step):
                reason, public_reason = form.cleaned_data["reason"], form.cleaned_data["words"]
                step.take(
                    grant=grant, by=current_user(request), at=clock.now(),
                    reason=reason, public_reason=public_reason,
                )  # fmt: skip
                self.log_act(request, grant, step.what, reason=reason)
                messages.success(request, str(step.done))
        return redirect(page)

    def _fits(self, request: HttpRequest, grant: Grant, step: Step) -> bool:
        """Whether the grant is in a state for it; else says why not."""
        status = status_at(grant, clock.now())
        if status not in step.fits:
            messages.error(request, str(STOP.misfit if status in ENDED else step.misfit))
        return status in step.fits


@admin.register(GrantEvent)
class GrantEventAdmin(StatusWords, ReadOnlyAdmin):
    """Every step of every grant, newest first."""

    list_display = ("at", "grant_page", "before", "after", "actor", "by", "reason", "public_reason")
    list_select_related = ("grant", "by")
    list_filter = ("to_status", "actor")
    ordering = ("-at", "-pk")
    fields = readonly_fields = (
        "at", "grant_page", "before", "after", "actor", "by", "reason", "public_reason",
    )  # fmt: skip

    @admin.display(description=_("grant"))
    def grant_page(self, event: GrantEvent) -> str:
        return link_to(event.grant)
