"""What waits for staff of third parties, and how far the steps of registrations are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.admin.ask import ReasonForm, ask, to_page
from accounts.admin.base import ReadOnlyAdmin, link_to
from accounts.current_user import current_user
from accounts.models import User
from cdsc_portal.lib.time import clock
from consent.admin.ask_for_more import ASK_FOR_MORE, ItemsField
from consent.api.cds import endpoints
from consent.models import Client, Grant, RegistrationStep, Review, ReviewKind, StepStatus
from consent.services.clients import ClientChangeRefused
from consent.services.third_parties.reviews import (
    approve_review,
    expect_decision,
    refuse_review,
    return_review,
    set_step,
)

_MAY = "consent.change_review"


class StepForm(ReasonForm):
    """How far a step is, and why; the third party reads both."""

    status = forms.ChoiceField(label=_("Status"), choices=StepStatus.choices)


class _ApproveForm(ReasonForm):
    """`grants`: public ids of those that a request for grants led to, which its third party reads."""

    grants = forms.CharField(
        label=_("Grants that it led to"),
        help_text=_("For a request for grants: their public ids, with spaces between"),
        required=False,
    )


class _ExpectForm(forms.Form):
    """When staff mean to decide; the third party reads it."""

    expected = forms.DateField(
        label=_("Day by which you mean to decide"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean_expected(self) -> datetime:
        """The end of that day here. Raises ValidationError for one that is over."""
        end = make_aware(datetime.combine(self.cleaned_data["expected"], time.max)).replace(microsecond=0)
        if end <= clock.now():
            raise forms.ValidationError(_("This day is over."))
        return end


class _ReturnForm(ReasonForm):
    """What else is needed; a submission only says why it does not do."""

    items = ItemsField(required=False)


@dataclass(frozen=True, slots=True)
class _Decision:
    """Something that staff decide of a review, on a page of its own; `do` gets the review, the form and who decides."""

    button: Promise
    text: str | Promise
    do: Callable[[Review, forms.Form, User], object]
    form_class: type[forms.Form] = ReasonForm


_DECISIONS = {
    "approve": _Decision(
        button=_("Approve"),
        text=_("What was asked for is done at once, and the third party gets a message."),
        do=lambda review, form, by: approve_review(
            review=review,
            by=by,
            address_of=_address,
            grants_uri=_grants_uri(review, form.cleaned_data.get("grants", "")),
            at=clock.now(),
        ),
    ),
    "refuse": _Decision(
        button=_("Refuse"),
        text=_("Nothing changes. The third party reads the reason."),
        do=lambda review, form, by: refuse_review(
            review=review, by=by, reason=form.cleaned_data["reason"], at=clock.now()
        ),
    ),
    "more": _Decision(
        button=_("Ask for more"),
        text=ASK_FOR_MORE,
        form_class=_ReturnForm,
        do=lambda review, form, by: return_review(
            review=review,
            by=by,
            text=form.cleaned_data["reason"],
            items=form.cleaned_data["items"],
            at=clock.now(),
        ),
    ),
    "expect": _Decision(
        button=_("Say when you decide"),
        text=_("The third party reads the day. Nothing else changes."),
        form_class=_ExpectForm,
        do=lambda review, form, by: expect_decision(
            review=review, expected=form.cleaned_data["expected"], by=by, at=clock.now()
        ),
    ),
}


class _DecidingAdmin(ReadOnlyAdmin):
    """Nobody edits; staff decide, with a reason that the log keeps."""

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(_MAY)

    @admin.display(description=_("third party"))
    def registration_page(self, row: Any) -> str:  # noqa: ANN401 - a review or a step
        return link_to(row.registration)

    def _decide(
        self,
        request: HttpRequest,
        row: Model,
        *,
        button: str | Promise,
        text: str | Promise,
        do: Callable[[forms.Form], object],
        form_class: type[forms.Form] = ReasonForm,
    ) -> HttpResponse:
        if not request.user.has_perm(_MAY):
            raise PermissionDenied
        form = form_class(request.POST or None)
        back = reverse(f"admin:consent_{row._meta.model_name}_change", args=[row.pk])
        if request.method != "POST" or not form.is_valid():
            return ask(
                request,
                self.admin_site,
                title=f"{button}: {row}",
                text=text,
                button=button,
                back=back,
                form=form,
            )
        try:
            with transaction.atomic():
                do(form)
                self.log_act(request, row, f"decided: {row}", reason=form.cleaned_data.get("reason", ""))
        except ClientChangeRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("Done."))
        return redirect(back)


@admin.register(Review)
class ReviewAdmin(_DecidingAdmin):
    """The oldest first, and what became of those that staff decided."""

    list_display = (
        "kind", "registration_page", "status", "client", "created", "expected", "decided", "decided_by",
    )  # fmt: skip
    list_select_related = ("registration", "client", "decided_by")
    list_filter = ("status", "kind")
    fields = readonly_fields = (
        "public_id", "registration_page", "client", "grant", "kind", "status", "changes", "message", "created",
        "expected", "decided", "decided_by", "reason",
    )  # fmt: skip
    actions_detail = ("approve", "refuse", "ask_more", "expect")

    def get_urls(self) -> list[URLPattern]:
        wrapped = self.admin_site.admin_view
        own = [
            path(
                f"<int:pk>/{name}/",
                wrapped(self.decision_page),
                {"decision": decision},
                name=f"consent_review_{name}",
            )
            for name, decision in _DECISIONS.items()
        ]
        return [*own, *super().get_urls()]

    @action(description=_DECISIONS["approve"].button, permissions=["decide"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_review_approve", object_id)

    @action(description=_DECISIONS["refuse"].button, permissions=["decide"])
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_review_refuse", object_id)

    @action(description=_DECISIONS["more"].button, permissions=["decide"])
    def ask_more(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_review_more", object_id)

    @action(description=_DECISIONS["expect"].button, permissions=["decide"])
    def expect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_review_expect", object_id)

    def decision_page(self, request: HttpRequest, pk: int, decision: _Decision) -> HttpResponse:
        review = get_object_or_404(Review.objects.select_related("registration"), pk=pk)
        leads_to_grants = decision is _DECISIONS["approve"] and review.kind == ReviewKind.GRANT_REQUEST
        return self._decide(
            request,
            review,
            button=decision.button,
            text=decision.text,
            form_class=_ApproveForm if leads_to_grants else decision.form_class,
            do=lambda form: decision.do(review, form, current_user(request)),
        )


@admin.register(RegistrationStep)
class RegistrationStepAdmin(_DecidingAdmin):
    list_display = ("field", "registration_page", "status", "modified")
    list_select_related = ("field", "registration")
    list_filter = ("status",)
    fields = readonly_fields = ("registration_page", "field", "status", "message", "created", "modified")
    actions_detail = ("say_how_far",)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.status_page)
        return [path("<int:pk>/status/", page, name="consent_registrationstep_status"), *super().get_urls()]

    @action(description=_("Say how far it is"), permissions=["decide"])
    def say_how_far(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_registrationstep_status", object_id)

    def status_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        step = get_object_or_404(RegistrationStep.objects.select_related("field", "registration"), pk=pk)
        return self._decide(
            request,
            step,
            button=_("Say how far it is"),
            text=_("The third party reads the status and the reason."),
            form_class=StepForm,
            do=lambda form: set_step(
                step=step,
                status=StepStatus(form.cleaned_data["status"]),
                by=current_user(request),
                reason=form.cleaned_data["reason"],
                at=clock.now(),
            ),
        )


def _address(client: Client) -> str:
    return endpoints.CLIENT.url(client_id=client.client_id)


def _grants_uri(review: Review, words: str) -> str:
    """The listing of these grants of the third party's objects (R-108); "" for none. Raises ClientChangeRefused."""
    ids = words.split()
    known = Grant.objects.filter(client__registration=review.registration, public_id__in=ids).count()
    if known < len(set(ids)):
        raise ClientChangeRefused("these are not all grants of this third party")
    return f"{endpoints.GRANTS.url()}?{urlencode({'grant_ids': ' '.join(ids)})}" if ids else ""
