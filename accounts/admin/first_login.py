"""A code for a customer's first login, issued by staff and told once (portal page /accounts/activate/)."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.admin.ask import ReasonForm, ask, to_page
from accounts.admin.base import PortalAdmin
from accounts.current_user import current_user
from accounts.models import Customer, Role
from accounts.services.activation import VALID_DAYS, issue_code

ISSUE = "accounts.issue_activation_code"


class CodeForm(ReasonForm):
    role = forms.ChoiceField(
        label=_("Opens the first login as"),
        choices=[choice for choice in Role.choices if choice[0] != Role.DELEGATE],
        widget=forms.RadioSelect,
    )
    field_order = ("role", "reason")


class FirstLoginAdmin(PortalAdmin):
    """The action and its pages."""

    def has_issue_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(ISSUE)

    def get_urls(self) -> list[URLPattern]:
        code = path(
            "<int:pk>/code/", self.admin_site.admin_view(self.code_page), name="accounts_customer_code"
        )
        return [code, *super().get_urls()]

    @action(description=_("Issue a code for a first login"), permissions=["issue"])
    def issue_code(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:accounts_customer_code", object_id)

    def code_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET asks for the role and why, POST shows the code, this once."""
        if not request.user.has_perm(ISSUE):
            raise PermissionDenied
        customer = get_object_or_404(Customer, pk=pk)
        form = CodeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._issued(request, customer, form.cleaned_data)
        return ask(
            request, self.admin_site, form=form, title=_("A code for the first login of %s") % customer.name,
            text=_(
                "With the number of a bill and this code a person gets a login for this customer. It works once, for "
                "%d days; an earlier code for the same role stops working."
            ) % VALID_DAYS,
            button=_("Issue the code"), back=reverse("admin:accounts_customer_change", args=[pk]),
        )  # fmt: skip

    def _issued(self, request: HttpRequest, customer: Customer, told: dict[str, Any]) -> HttpResponse:
        with transaction.atomic():
            code = issue_code(customer=customer, role=told["role"], by=current_user(request))
            self.log_act(
                request, customer, f"issued a code for a first login as {told['role']}", reason=told["reason"]
            )
        context = {
            **self.admin_site.each_context(request),
            "title": _("The code for the first login"),
            "code": code,
            "customer": customer,
            "onward": reverse("admin:accounts_customer_change", args=[customer.pk]),
        }
        response = TemplateResponse(request, "admin/accounts/customer/code.html", context)
        add_never_cache_headers(response)
        return response
