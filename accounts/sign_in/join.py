"""The link of an invitation: read what is offered, then accept it with a login, an old one or a new one."""

from typing import Any

from allauth.account.internal import flows
from allauth.account.models import Login
from allauth.decorators import rate_limit
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.models import Invitation, User
from accounts.role_words import role_in_words
from accounts.services.activation import has_login
from accounts.services.inviting import NotInvited, accept, find_invitation
from accounts.services.joining import user_for
from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day


class NewLoginForm(forms.Form):
    """A name and a password for an address that has no login yet."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        validators=[validate_one_line],
        help_text=_("As the owners of the account will read it."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Enter your name.")},
    )
    password1 = forms.CharField(
        label=_("New password"),
        help_text=password_validators_help_text_html,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("Enter the password.")},
    )

    def clean_password1(self) -> str:
        password: str = self.cleaned_data["password1"]
        validate_password(password, User(email=str(self.initial["email"])))
        return password


@never_cache
@sensitive_post_parameters("password1")
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="signup")
def join(request: HttpRequest, key: str) -> HttpResponse:
    """Nobody has the role before they press Accept; a link that is over says so."""
    at = clock.now()
    try:
        invitation = find_invitation(key=key, at=at)
        is_known = has_login(invitation.email)
        if is_known:  # perhaps since a moment ago, when another tab used up this very link
            invitation = find_invitation(key=key, at=at)
    except NotInvited:
        return render(request, "account/join_over.html", status=410)
    if isinstance(request.user, User):
        return _as_who_is_logged_in(request, invitation, request.user)
    if is_known:
        return _page(request, invitation, login_url=f"{reverse('account_login')}?next={request.path}")
    form = NewLoginForm(request.POST or None, initial={"email": invitation.email})
    if request.method == "POST" and form.is_valid():
        return _with_new_login(request, invitation, form)
    return _page(request, invitation, form=form)


def _as_who_is_logged_in(request: HttpRequest, invitation: Invitation, user: User) -> HttpResponse:
    if user.email.lower() != invitation.email:
        return _page(request, invitation, another=user.email)
    if request.method != "POST":
        return _page(request, invitation, may_accept=True)
    try:
        accept(invitation=invitation, user=user, at=clock.now())
    except NotInvited:
        return render(request, "account/join_over.html", status=410)
    messages.success(request, _("You accepted the invitation."))
    return redirect(settings.LOGIN_REDIRECT_URL)


def _with_new_login(request: HttpRequest, invitation: Invitation, form: NewLoginForm) -> HttpResponse:
    try:
        user = user_for(
            invitation=invitation,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password1"],
            language=translation.get_language() or settings.LANGUAGE_CODE,
            at=clock.now(),
        )
    except NotInvited:
        return render(request, "account/join_over.html", status=410)
    flows.login.record_authentication(request, user, method="code", email=user.email)
    response: HttpResponse = flows.login.perform_login(request, Login(user=user, email=user.email))
    return response


def _page(request: HttpRequest, invitation: Invitation, **more: Any) -> HttpResponse:
    account = invitation.billing_account
    context = {
        "inviter": str(invitation.invited_by),
        "email": invitation.email,
        "role": role_in_words(invitation.role, may_share=invitation.may_share),
        "account": account.account_number if account else "",
        "until": day_in_words(last_day(invitation.until)) if invitation.until else "",
        **more,
    }
    return render(request, "account/join.html", context)
