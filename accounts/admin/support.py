"""What support does for people who cannot get in: each by permission, with a reason that is logged."""

from collections.abc import Sequence
from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action

from accounts.address_field import AddressField
from accounts.admin.ask import ReasonForm, ask, ask_about_rows, to_page
from accounts.admin.base import PortalAdmin
from accounts.current_user import current_user
from accounts.models import StaffVerb, User
from accounts.services.contact import AddressTakenError, correct_address
from accounts.services.people import invite_again
from accounts.services.second_step_seals import drop_unreadable
from accounts.services.sign_in_locks import unlock
from accounts.services.staff_actions import record_staff_action
from cdsc_portal.lib.time import clock

HELP = "accounts.help_sign_in"
_MANAGE = "accounts.manage_staff"


class AddressForm(ReasonForm):
    """The right address, and how the caller proved to be the person."""

    email = AddressField(label=_("The right e-mail address"), is_own=False)
    identity = forms.CharField(
        label=_("How you checked who asks"),
        max_length=200,
        help_text=_("For example: called back on the number on file, named the last bill's amount."),
    )
    field_order: Sequence[str] = ("email", "identity", "reason")


class SupportAdmin(PortalAdmin):
    """Actions on the list of people (ticked rows) and on one person's page."""

    def has_help_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(HELP)

    def get_urls(self) -> list[URLPattern]:
        address = path(
            "<int:pk>/address/", self.admin_site.admin_view(self.address_page), name="accounts_user_address"
        )
        return [address, *super().get_urls()]

    @admin.action(description=_("Unlock"), permissions=["help"])
    def unlock_people(self, request: HttpRequest, users: QuerySet[User]) -> HttpResponse | None:
        users = _in_their_care(request, users)
        count = users.count()
        text = ngettext(
            "%d person can try to log in again at once. Their password stays.",
            "%d people can try to log in again at once. Their passwords stay.",
            count,
        )
        reason = self._ask(request, users, "unlock_people", _("Unlock"), text % count)
        if isinstance(reason, HttpResponse):
            return reason
        were_locked = 0
        for user in users:
            were_locked += unlock(user)
            self.log_act(request, user, "unlocked", reason=reason)
        messages.success(request, _("Unlocked: %d. The others were not locked.") % were_locked)
        return None

    @admin.action(description=_("Send the invitation again"), permissions=["help"])
    def send_invitation_again(self, request: HttpRequest, users: QuerySet[User]) -> HttpResponse | None:
        count = users.count()
        text = ngettext(
            "%d person gets a new link by mail to choose a password, unless they have one already.",
            "%d people get a new link by mail to choose a password, unless they have one already.",
            count,
        )
        reason = self._ask(
            request, users, "send_invitation_again", _("Send the invitation again"), text % count
        )
        if isinstance(reason, HttpResponse):
            return reason
        invited = [user for user in users if invite_again(users=[user], at=clock.now())]
        for user in invited:
            self.log_act(request, user, "invited again", reason=reason)
        message = ngettext(
            "%d invitation goes out; the others have a password already.",
            "%d invitations go out; the others have a password already.",
            len(invited),
        )
        messages.info(request, message % len(invited))
        return None

    @admin.action(description=_("Take off a second step that cannot be checked"), permissions=["help"])
    def take_off_unreadable(self, request: HttpRequest, users: QuerySet[User]) -> HttpResponse | None:
        """Only what no key of the server opens any more, which lets nobody in; the person is told."""
        users = _in_their_care(request, users)
        count = users.count()
        text = ngettext(
            "%d person: an app or recovery codes that the server cannot check any more are taken off; others stay.",
            "%d people: apps and recovery codes that the server cannot check any more are taken off; others stay.",
            count,
        )
        title = _("Take off a second step that cannot be checked")
        reason = self._ask(request, users, "take_off_unreadable", title, text % count)
        if isinstance(reason, HttpResponse):
            return reason
        freed = [user for user in users if drop_unreadable(user=user)]
        for user in freed:
            get_adapter(request).send_notification_mail("mfa/email/totp_deactivated", user)
            self.log_act(request, user, "took off a second step that could not be checked", reason=reason)
        messages.success(request, _("Taken off: %d. The others can be checked.") % len(freed))
        return None

    @action(description=_("Correct the address"), permissions=["help"])
    def correct_address(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:accounts_user_address", object_id)

    def address_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET asks for the address, how the person was known and why; POST changes it and tells the old one."""
        if not request.user.has_perm(HELP):
            raise PermissionDenied
        user = get_object_or_404(User, pk=pk)
        if not _may_correct(request, user):
            raise PermissionDenied
        page = reverse("admin:accounts_user_change", args=[pk])
        form = AddressForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            if self._corrected(request, user, form):
                messages.success(request, _("Corrected. Both addresses were told, and every session ended."))
                return redirect(page)
        return ask(
            request, self.admin_site, form=form, title=_("Correct the address of %s") % user, back=page,
            text=_(
                "Mail goes to the new address and the person logs in with it. Both addresses are told, and the other "
                "owners; what this person may share waits for a day."
            ),
            button=_("Correct it"),
        )  # fmt: skip

    @transaction.atomic
    def _corrected(self, request: HttpRequest, user: User, form: AddressForm) -> bool:
        cleaned, before = form.cleaned_data, user.email
        try:
            correct_address(user=user, email=cleaned["email"], by=current_user(request), at=clock.now())
        except AddressTakenError:
            form.add_error("email", _("Another login has this address."))
            return False
        record_staff_action(
            by=current_user(request),
            verb=StaffVerb.ACT,
            on=user,
            what=f"corrected the address; checked: {cleaned['identity']}",
            changes=[("email", before, user.email)],
            reason=cleaned["reason"],
            at=clock.now(),
        )
        return True

    def _ask(self, request: HttpRequest, users: QuerySet[User], name: str, title: Any, text: str) -> Any:  # noqa: ANN401
        back = reverse("admin:accounts_user_changelist")
        return ask_about_rows(
            request, self.admin_site, users, action=name, title=title, text=text, button=title, back=back
        )


def _may_correct(request: HttpRequest, user: User) -> bool:
    """A colleague's address is for who manages staff, a superuser's for a superuser: it opens that person's login."""
    if user.is_superuser:
        return bool(getattr(request.user, "is_superuser", False))
    return not user.is_staff or request.user.has_perm(_MANAGE)


def _in_their_care(request: HttpRequest, users: QuerySet[User]) -> QuerySet[User]:
    """A colleague is unlocked by who manages staff: support could else guess a password for as long as it takes."""
    return users if request.user.has_perm(_MANAGE) else users.filter(is_staff=False)
