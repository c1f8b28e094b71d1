"""Consents by phone and on paper: one of staff writes down, another confirms; nothing else makes a grant (P-23)."""

from pathlib import PurePath
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.admin.ask import ask, to_page
from accounts.admin.base import ReadOnlyAdmin, link_to
from accounts.current_user import current_user
from accounts.models import User
from cdsc_portal.lib.time import clock
from consent.admin.recorded_forms import AgreedForm, PersonForm, ProofForm, RefuseForm
from consent.models import RecordedConsent, RecordedStatus
from consent.pages.request.shown_facts import aspects_in_words
from consent.requests.values import InvalidRequest
from consent.services.decision import DecisionRefused, MayNotDecide, OfferChanged
from consent.services.recording import (
    Draft,
    RecordingRefused,
    confirm_recorded,
    draft,
    record_consent,
    refuse_recorded,
)

_ADD, _CONFIRM = "consent.add_recordedconsent", "consent.confirm_recordedconsent"
_WORDS = {
    "no_proof": _("Add a file, or say where the proof is kept."),
    "not_given_yet": _("This time is still to come."),
    "too_old": _("The customer agreed more than 30 days ago. Ask again, then record it anew."),
    "no_login": _("This person may not log in any more, so nothing can be shared in their name."),
    "own_consent": _("Nobody records a consent of their own."),
    "decided_already": _("This record is decided already."),
    "needs_a_second_person": _("Another person must confirm it: not who recorded it, not the customer."),
}


@admin.register(RecordedConsent)
class RecordedConsentAdmin(ReadOnlyAdmin):
    """What customers agreed to by phone or on paper, who recorded it and who confirmed it."""

    list_display = (
        "reference", "client_page", "user_page", "how", "status", "recorded_by", "recorded_at", "decided_by",
    )  # fmt: skip
    list_select_related = ("client", "user", "recorded_by", "decided_by")
    list_filter = ("status", "how", "client")
    search_fields = ("reference__startswith",)
    fields = readonly_fields = (
        "reference", "status", "client_page", "user_page", "how", "given_at", "words_read", "language", "proof",
        "proof_reference", "recorded_by", "recorded_at", "decided_by", "decided_at", "refusal", "grant_page",
    )  # fmt: skip
    actions_list = ("record",)
    actions_detail = ("confirm", "refuse")

    def has_record_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(_ADD)

    def has_confirm_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(_CONFIRM)

    def has_refuse_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(_CONFIRM) or request.user.has_perm(_ADD)

    @admin.display(description=_("company"), ordering="client__name")
    def client_page(self, recorded: RecordedConsent) -> str:
        return link_to(recorded.client)

    @admin.display(description=_("customer user"), ordering="user__email")
    def user_page(self, recorded: RecordedConsent) -> str:
        return link_to(recorded.user)

    @admin.display(description=_("grant"))
    def grant_page(self, recorded: RecordedConsent) -> str:
        return link_to(recorded.grant)

    @admin.display(description=_("read to the customer"))
    def words_read(self, recorded: RecordedConsent) -> str:
        return format_html_join("", "<p>{}</p>", ((line,) for line in recorded.wording))

    @admin.display(description=_("proof"))
    def proof(self, recorded: RecordedConsent) -> str:
        if not recorded.proof_file:
            return "-"
        url = reverse("admin:consent_recordedconsent_proof", args=[recorded.pk])
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, _("Take the file")
        )

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "consent_recordedconsent"
        return [
            path("record/", wrap(self.person_page), name=f"{name}_record"),
            path("record/<int:person>/", wrap(self.record_page), name=f"{name}_agree"),
            path("<int:pk>/confirm/", wrap(self.confirm_page), name=f"{name}_confirm"),
            path("<int:pk>/refuse/", wrap(self.refuse_page), name=f"{name}_refuse"),
            path("<int:pk>/proof/", wrap(self.proof_file), name=f"{name}_proof"),
            *super().get_urls(),
        ]

    @action(description=_("Record a consent"), permissions=["record"])
    def record(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:consent_recordedconsent_record")

    @action(description=_("Confirm"), permissions=["confirm"])
    def confirm(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_recordedconsent_confirm", object_id)

    @action(description=_("Refuse"), permissions=["refuse"])
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:consent_recordedconsent_refuse", object_id)

    def person_page(self, request: HttpRequest) -> HttpResponse:
        """Who is on the phone, or signed: by the address they log in with."""
        _require(request, _ADD)
        form = PersonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return redirect("admin:consent_recordedconsent_agree", person=form.person.pk)
        return ask(
            request, self.admin_site, form=form, title=_("Record a consent"), button=_("Go on"),
            text=_("Check first who you speak with. Only an owner of the account can agree to share its data."),
            back=reverse("admin:consent_recordedconsent_changelist"),
        )  # fmt: skip

    def record_page(self, request: HttpRequest, person: int) -> HttpResponse:
        """Choose, read out, then write down: one form, whose text is shown before it can be stored."""
        _require(request, _ADD)
        who = get_object_or_404(User, pk=person, is_active=True, is_staff=False)
        posted = request.POST if request.method == "POST" else None
        agreed, proof = AgreedForm(who, posted), None
        drafted = self._drafted(who, agreed) if posted and agreed.is_valid() else None
        if drafted is not None:
            storing = "store" in request.POST
            proof = ProofForm(request.POST if storing else None, request.FILES if storing else None)
            if storing and request.POST.get("read") != drafted.offer.digest:
                messages.warning(request, _("What is to be read has changed. Read it out again."))
                proof = ProofForm()
            elif storing and proof.is_valid():
                recorded = self._stored(request, who, agreed, proof)
                if recorded is not None:
                    return redirect("admin:consent_recordedconsent_change", recorded.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Consent of %s") % who,
            "person": who,
            "agreed": agreed,
            "proof": proof,
            "draft": drafted,
            "back": reverse("admin:consent_recordedconsent_changelist"),
        }
        return TemplateResponse(request, "admin/consent/recordedconsent/record.html", context)

    def _drafted(self, who: User, agreed: AgreedForm) -> Draft | None:
        try:
            return draft(
                client=agreed.cleaned_data["client"], person=who, agreed=agreed.agreed(), at=clock.now()
            )
        except (InvalidRequest, DecisionRefused) as refused:
            agreed.add_error(None, _in_words(refused))
            return None

    @transaction.atomic
    def _stored(
        self, request: HttpRequest, who: User, agreed: AgreedForm, proof: ProofForm
    ) -> RecordedConsent | None:
        try:
            recorded = record_consent(
                client=agreed.cleaned_data["client"],
                person=who,
                agreed=agreed.agreed(),
                proof=proof.proof(),
                by=current_user(request),
                at=clock.now(),
            )
        except RecordingRefused as refused:
            proof.add_error(None, _WORDS[refused.code])
            return None
        self.log_act(request, recorded, "recorded a consent")
        messages.success(request, _("Written down. It opens nothing until another person confirms it."))
        return recorded

    def confirm_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET shows what was read and the proof, POST makes the grant."""
        _require(request, _CONFIRM)
        recorded = get_object_or_404(
            RecordedConsent.objects.select_related("client", "user", "recorded_by"), pk=pk
        )
        page = reverse("admin:consent_recordedconsent_change", args=[pk])
        if recorded.status != RecordedStatus.WAITING:
            messages.error(request, _WORDS["decided_already"])
            return redirect(page)
        if request.method == "POST":
            return self._confirmed(request, recorded, page)
        text = _(
            "1 grant is made. It keeps what %(person)s agreed to, but %(company)s can read nothing by it: a token is "
            "given only when %(person)s comes from the company’s own request. They get the receipt by mail, which says "
            "so and that staff recorded it. Look at the proof first."
        )
        return ask(
            request, self.admin_site, title=_("Confirm the consent of %s") % recorded.user,
            text=text % {"company": recorded.client, "person": recorded.user}, lines=recorded.wording,
            button=_("Confirm and make the grant"), back=page,
        )  # fmt: skip

    @transaction.atomic
    def _confirmed(self, request: HttpRequest, recorded: RecordedConsent, page: str) -> HttpResponse:
        try:
            grant = confirm_recorded(recorded=recorded, by=current_user(request), at=clock.now())
        except RecordingRefused as refused:
            messages.error(request, _WORDS[refused.code])
            return redirect(page)
        except DecisionRefused as refused:
            messages.error(request, _in_words(refused))
            return redirect(page)
        self.log_act(request, recorded, f"confirmed a recorded consent: grant {grant.public_id}")
        messages.success(
            request, _("The grant is made; the company has no token for it. The receipt goes out by mail.")
        )
        return redirect("admin:consent_grant_change", grant.pk)

    def refuse_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Either person may close it; the reason stays with it."""
        if not self.has_refuse_permission(request):
            raise PermissionDenied
        recorded = get_object_or_404(RecordedConsent, pk=pk)
        page = reverse("admin:consent_recordedconsent_change", args=[pk])
        form = RefuseForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            try:
                refuse_recorded(recorded=recorded, by=current_user(request), reason=reason, at=clock.now())
            except RecordingRefused as refused:
                messages.error(request, _WORDS[refused.code])
            else:
                self.log_act(request, recorded, "refused a recorded consent", reason=reason)
            return redirect(page)
        return ask(
            request, self.admin_site, form=form, title=_("Refuse this record"), button=_("Refuse it"), back=page,
            text=_("No grant is made. The record and your reason stay."),
        )  # fmt: skip

    def proof_file(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The scan or recording, as a file; taking it is logged."""
        recorded = get_object_or_404(RecordedConsent, pk=pk)
        if not self.has_view_permission(request, recorded):
            raise PermissionDenied
        if not recorded.proof_file:
            raise Http404
        self.log_export(request, "the proof of a recorded consent", on=recorded)
        name = f"proof-{recorded.reference}{PurePath(str(recorded.proof_file)).suffix}"
        return FileResponse(recorded.proof_file.open("rb"), as_attachment=True, filename=name)


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _in_words(refused: Exception) -> Any:  # noqa: ANN401 - a text, perhaps lazy
    if isinstance(refused, OfferChanged):
        changed = ", ".join(aspects_in_words(refused.changed))
        return _("Since it was read out, this changed: %s. Record it again.") % changed
    if isinstance(refused, MayNotDecide):
        return _("This person owns no account, so they cannot agree to share its data.")
    if isinstance(refused, InvalidRequest):
        return refused.description
    return _("There is nothing to share for one of the kinds of data, or the company may not ask for it.")
