"""A code for a first login: mailed to an owner on file, or asked for here and handed out by another of staff."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.admin.ask import ReasonForm, ask, to_page
from accounts.admin.base import PortalAdmin
from accounts.current_user import current_user
from accounts.models import CodeWay, Customer, Role
from accounts.queries.contacts import addresses_on_file, contacts_on_file
from accounts.services.activation import VALID_DAYS, CodeRefused, ask_for_code, mail_code
from cdsc_portal.lib.time import clock

ISSUE = "accounts.issue_activation_code"
CODE_REFUSALS = {
    "not_on_file": _("This address is not on file any more, or was changed a moment ago."),
    "own_customer": _("You act for this customer yourself: another of staff must do it."),
    "needs_a_second_person": _("Another person must hand it out: not who asked for it."),
    "gone": _("This code was handed out already, or asked for anew."),
}


class CodeForm(ReasonForm):
    """As what, by which way, and why. Ways are what is on file; to tell it is always possible."""

    role = forms.ChoiceField(
        label=_("Opens the first login as"),
        choices=[choice for choice in Role.choices if choice[0] != Role.DELEGATE],
        widget=forms.RadioSelect,
    )
    way = forms.ChoiceField(label=_("How it reaches the person"), widget=forms.RadioSelect)
    field_order = ("role", "way", "reason")

    def __init__(self, customer: Customer, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.contacts = {
            f"{CodeWay.MAIL}-{contact.pk}": contact
            for contact in contacts_on_file(customer=customer, at=clock.now())
        }
        self.addresses = {
            f"{CodeWay.LETTER}-{place}": address
            for place, address in enumerate(addresses_on_file(customer=customer))
        }
        self.fields["way"].choices = [  # type: ignore[attr-defined]  # declared above
            *(
                (key, _("By e-mail to the owner %s") % contact.email)
                for key, contact in self.contacts.items()
            ),
            *((key, _("By letter to %s") % address) for key, address in self.addresses.items()),
            (str(CodeWay.SPOKEN), _("Told to the person")),
        ]


class FirstLoginAdmin(PortalAdmin):
    """The action and its pages."""

    def has_issue_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(ISSUE)

    def get_urls(self) -> list[URLPattern]:
        code = path(
            "<int:pk>/code/", self.admin_site.admin_view(self.code_page), name="accounts_customer_code"
        )
        return [code, *super().get_urls()]

    @action(description=_("A code for a first login"), permissions=["issue"])
    def issue_code(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:accounts_customer_code", object_id)

    def code_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET asks for the role, the way and why; POST mails the code, or leaves it to another of staff."""
        if not request.user.has_perm(ISSUE):
            raise PermissionDenied
        customer = get_object_or_404(Customer, pk=pk)
        form = CodeForm(customer, request.POST or None)
        if (
            request.method == "POST"
            and form.is_valid()
            and (onward := self._issue_code(request, customer, form))
        ):
            return redirect(onward)
        return ask(
            request, self.admin_site, form=form, title=_("A code for the first login of %s") % customer.name,
            text=_(
                "With the number of a bill and this code a person gets a login for this customer. It works once, for "
                "%d days; an earlier code for the same role stops working. An e-mail goes to the owner by itself. A "
                "letter, or a code that is told, is handed out by another of staff. Every owner is told at once."
            ) % VALID_DAYS,
            button=_("Ask for the code"), back=reverse("admin:accounts_customer_change", args=[pk]),
        )  # fmt: skip

    def _issue_code(self, request: HttpRequest, customer: Customer, form: CodeForm) -> str:
        """The address to go on to; empty where it was refused, which the form then says."""
        cleaned, by, at = form.cleaned_data, current_user(request), clock.now()
        way = cleaned["way"].partition("-")[0]
        arguments = {
            "customer": customer,
            "role": cleaned["role"],
            "reason": cleaned["reason"],
            "by": by,
            "at": at,
        }
        try:
            with transaction.atomic():
                if way == CodeWay.MAIL:
                    mail_code(**arguments, to=form.contacts[cleaned["way"]])
                    page = reverse("admin:accounts_customer_change", args=[customer.pk])
                    done = _("The code goes out to the owner by e-mail.")
                else:
                    code = ask_for_code(**arguments, way=way, address=form.addresses.get(cleaned["way"], ""))
                    page = reverse("admin:accounts_activationcode_change", args=[code.pk])
                    done = _("Another person of staff must hand it out, here.")
                what = f"asked for a code for a first login as {cleaned['role']}, way: {way}"
                self.log_act(request, customer, what, reason=cleaned["reason"])
        except CodeRefused as refused:
            form.add_error("way", CODE_REFUSALS[refused.code])
            return ""
        messages.success(request, done)
        return page
