"""Roles under a customer and under a user."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import LabelledInline, PortalAdmin, link_to
from accounts.current_user import current_user
from accounts.models import Membership
from accounts.services.people import InvitationRefused, require_role
from accounts.services.roles import follow_staff_change
from cdsc_portal.lib.time import clock


class MembershipForm(forms.ModelForm):
    """A role as the services allow it."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.has_changed():
            return cleaned  # as owners left it: one under notice has an end
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

    def save(self, commit: bool = True) -> Any:  # noqa: ANN401
        """A person's word counts from now on: older files do not undo it."""
        if self.has_changed():
            self.instance.version_at = clock.now()
        return super().save(commit)


class RolesAdmin(PortalAdmin):
    """A page with roles: who loses one loses what stands on it, and those concerned are told."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: ANN401
        if formset.model is not Membership:
            super().save_formset(request, form, formset, change)
            return
        keys = [row.instance.pk for row in formset.initial_forms]
        before = Membership.objects.select_related("user", "customer").in_bulk(keys)
        gone = {row.instance.pk for row in formset.deleted_forms}
        super().save_formset(request, form, formset, change)
        kept = [row for row, _fields in formset.changed_objects]
        steps = [(before[key], None) for key in sorted(gone & before.keys())]
        steps += [(before[row.pk], row) for row in kept]
        for was, now in [*steps, *((None, row) for row in formset.new_objects)]:
            follow_staff_change(before=was, after=now, by=current_user(request), at=clock.now())


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
    fields = ("page", "user", "role", "billing_account", "is_account_holder", "may_share", "until")
    readonly_fields = ("page",)
    raw_id_fields = ("user", "billing_account")

    @admin.display(description=_("person"))
    def page(self, membership: Membership) -> str:
        return link_to(membership.user) if membership.pk else "-"


class CustomersOfUserInline(_RolesInline):
    verbose_name_plural = _("acts for")
    fields = ("page", "customer", "role", "billing_account", "is_account_holder", "may_share", "until")
    readonly_fields = ("page",)
    raw_id_fields = ("customer", "billing_account")

    @admin.display(description=_("customer"))
    def page(self, membership: Membership) -> str:
        return link_to(membership.customer) if membership.pk else "-"
