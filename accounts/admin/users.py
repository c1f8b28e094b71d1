"""People who log in. Staff add them by e-mail address; passwords are theirs alone."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.admin.roles import CustomersOfUserInline, RolesAdmin
from accounts.admin.second_step_link import SecondStepLinkAdmin
from accounts.admin.support import SupportAdmin
from accounts.current_user import current_user
from accounts.mail.invitations import KIND
from accounts.models import BillingAccount, Customer, Membership, OutgoingMail, Role, User
from accounts.queries.ways_to_log_in import second_steps
from accounts.services.people import InvitationRefused, invite_user, require_role
from accounts.services.roles import follow_staff_change
from cdsc_portal.lib.time import clock

_MANAGE = "accounts.manage_staff"
_POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


class InvitationForm(forms.ModelForm):
    """E-mail address, name and, for a customer's people, the role. No password: the mail asks for it."""

    role = forms.ChoiceField(
        choices=[("", "-"), *Role.choices], required=False, widget=UnfoldAdminSelectWidget
    )
    customer = forms.ModelChoiceField(Customer.objects.all(), required=False)
    billing_account = forms.ModelChoiceField(BillingAccount.objects.all(), required=False)
    may_share = forms.BooleanField(required=False, widget=UnfoldBooleanSwitchWidget)
    until = forms.SplitDateTimeField(required=False, widget=UnfoldAdminSplitDateTimeWidget)

    class Meta:
        model = User
        fields = ("email", "name", "language")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        customer, role = cleaned.get("customer"), cleaned.get("role")
        if bool(customer) != bool(role):
            self.add_error("role" if customer else "customer", _("Name a customer and a role, or neither."))
        elif customer:
            try:
                require_role(
                    customer=customer,
                    role=str(role),
                    billing_account=cleaned.get("billing_account"),
                    until=cleaned.get("until"),
                )
            except InvitationRefused as refused:
                self.add_error(refused.field, ValidationError(str(refused)))
        return cleaned


@admin.register(User)
class UserAdmin(SecondStepLinkAdmin, SupportAdmin, RolesAdmin):
    """Who logs in and for whom. Who is staff, and in which role, is said by who manages staff alone."""

    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("^email",)
    word_field = "name"
    ordering = ("email",)
    fields = (
        "email", "name", "language", "is_active", "created", "last_login", "second_step", "invitation_due", *_POWERS,
    )  # fmt: skip
    readonly_fields = ("created", "last_login", "second_step", "invitation_due")
    filter_horizontal = ("groups", "user_permissions")
    inlines = (CustomersOfUserInline,)
    actions = ("unlock_people", "send_invitation_again", "take_off_unreadable")
    actions_detail = ("correct_address", "make_second_step_link")

    @admin.display(description=_("second step"))
    def second_step(self, user: User) -> str:
        """What proves the person besides a password, and whether the server can still check it."""
        steps = second_steps(user=user)
        if steps.unreadable:
            return str(_("cannot be checked: sealed with a key that is not in SECRET_KEYS any more"))
        kinds = [_("authenticator app")] * steps.has_app + [_("passkey")] * bool(steps.passkeys)
        return ", ".join(str(kind) for kind in kinds) or "-"

    @admin.display(description=_("invitation to be sent"))
    def invitation_due(self, user: User) -> datetime | None:
        return (
            OutgoingMail.objects.filter(kind=KIND, user=user).values_list("next_attempt", flat=True).first()
        )

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:  # noqa: ANN401
        if obj is None:
            staff = ("is_staff",) if _manages_staff(request) else ()
            roles = ("customer", "role", "billing_account", "may_share", "until")
            return ("email", "name", "language", *staff, *roles)
        return super().get_fields(request, obj)

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> Any:  # noqa: ANN401
        if obj is None:
            kwargs["form"] = InvitationForm
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None:
            for name in ("customer", "billing_account"):
                field = Membership._meta.get_field(name)
                choice = self.formfield_for_foreignkey(field, request, required=False)
                form.base_fields[name] = choice
        return form

    def get_inlines(self, request: HttpRequest, obj: Model | None = None) -> Any:  # noqa: ANN401
        return self.inlines if obj else ()

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A role is given by who manages staff, never to themselves; single permissions only by a superuser.

        An address changes on its own page, which tells both, ends the sessions and asks why.
        """
        fixed = ("email",) if obj else ()
        return (*self.readonly_fields, *fixed, *_fixed_powers(request, obj))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever may change a colleague's address may become that colleague."""
        if isinstance(obj, User) and obj.is_superuser and not _is_superuser(request):
            return False
        if isinstance(obj, User) and obj.is_staff and not _manages_staff(request):
            return False
        return super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: ANN401
        if change:
            obj.save()
            return
        cleaned = form.cleaned_data
        user = invite_user(
            email=cleaned["email"],
            name=cleaned["name"],
            language=cleaned["language"],
            is_staff=cleaned.get("is_staff", False),
            customer=cleaned["customer"],
            role=cleaned["role"],
            billing_account=cleaned["billing_account"],
            may_share=cleaned["may_share"],
            until=cleaned["until"],
            at=clock.now(),
        )
        for role in user.memberships.all():
            follow_staff_change(before=None, after=role, by=current_user(request), at=clock.now())
        obj.__dict__.update(user.__dict__)
        messages.info(request, _("An invitation goes out to %s.") % user.email)


def _fixed_powers(request: HttpRequest, obj: Model | None) -> tuple[str, ...]:
    if _is_superuser(request):
        return ()
    if _manages_staff(request) and obj is not None and obj.pk != request.user.pk:
        return ("is_superuser", "user_permissions")
    return _POWERS


def _manages_staff(request: HttpRequest) -> bool:
    return request.user.has_perm(_MANAGE)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
