"""The link of an invitation: read what is offered, then accept it with a login, an old one or a new one."""

from typing import Any

from allauth.account.internal import flows
from allauth.account.models import Login
from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
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
from accounts.services.inviting import NotInvited, accept, accept_with_new_login, find_invitation
from accounts.sign_in.forms import NewLoginForm
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day


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
        if isinstance(request.user, User):
            return _as_who_is_logged_in(request, invitation, request.user)
        if is_known:
            return _page(request, invitation, login_url=f"{reverse('account_login')}?next={request.path}")
        form = NewLoginForm(request.POST or None, initial={"email": invitation.email})
        if request.method != "POST" or not form.is_valid():
            return _page(request, invitation, form=form)
        user = accept_with_new_login(
            invitation=invitation,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password1"],
            language=translation.get_language() or settings.LANGUAGE_CODE,
            at=at,
        )
    except NotInvited:
        return render(request, "account/join_over.html", status=410)
    flows.login.record_authentication(request, user, method="code", email=user.email)
    response: HttpResponse = flows.login.perform_login(request, Login(user=user, email=user.email))
    return response


def _as_who_is_logged_in(request: HttpRequest, invitation: Invitation, user: User) -> HttpResponse:
    """Accept with the login that is open, where it has the invited address. Raises NotInvited."""
    if user.email.lower() != invitation.email:
        return _page(request, invitation, another=user.email)
    if request.method != "POST":
        return _page(request, invitation, may_accept=True)
    accept(invitation=invitation, user=user, at=clock.now())
    messages.success(request, _("You accepted the invitation."))
    return redirect(settings.LOGIN_REDIRECT_URL)


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
