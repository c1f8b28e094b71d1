"""Roles under a customer and under a user."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import LabelledInline, link_to
from accounts.models import Membership
from accounts.services.people import InvitationRefused, require_role


class MembershipForm(forms.ModelForm):
    """A role as the services allow it."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            require_role(
                customer=cleaned.get("customer") or self.instance.customer,
                role=cleaned.get("role", ""),
                billing_account=cleaned.get("billing_account"),
                until=cleaned.get("until"),
            )
        except InvitationRefused as refused:
            self.add_error(
                refused.field if refused.field in self.fields else None, ValidationError(str(refused))
            )
        return cleaned


class _RolesInline(LabelledInline):
    model = Membership
    form = MembershipForm
    extra = 0
    per_page = 20

    def get_queryset(self, request: HttpRequest) -> Any:  # noqa: ANN401
        return (
            super().get_queryset(request).select_related("user", "customer", "billing_account").order_by("pk")
        )


class UsersOfCustomerInline(_RolesInline):
    verbose_name_plural = _("people")
    fields = ("page", "user", "role", "billing_account", "may_share", "until")
    readonly_fields = ("page",)
    raw_id_fields = ("user", "billing_account")

    @admin.display(description=_("person"))
    def page(self, membership: Membership) -> str:
        return link_to(membership.user) if membership.pk else "-"


class CustomersOfUserInline(_RolesInline):
    verbose_name_plural = _("acts for")
    fields = ("page", "customer", "role", "billing_account", "may_share", "until")
    readonly_fields = ("page",)
    raw_id_fields = ("customer", "billing_account")

    @admin.display(description=_("customer"))
    def page(self, membership: Membership) -> str:
        return link_to(membership.customer) if membership.pk else "-"
