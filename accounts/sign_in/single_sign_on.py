"""Single sign-on with one OpenID Connect provider, named in the environment; off where none is.

It opens a login that exists, found by an address that the provider has verified, and never makes one. The first
time ties the provider's name for the person to the login: another name with the same address is refused then.
"""

from typing import Any

import requests
import structlog
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.internal.decorators import login_not_required
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.httpkit import add_query_params
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from allauth.socialaccount.providers.openid_connect.views import callback
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.sign_in.waiting import cancel_url, waiting_page

log = structlog.get_logger(__name__)

PROVIDER = "sso"


def sign_on_link(request: HttpRequest, waiting: str) -> dict[str, str] | None:
    """The button of the login page; None where single sign-on is off."""
    if not settings.SINGLE_SIGN_ON_NAME:
        return None
    url = add_query_params(reverse("sign_on"), {"next": waiting} if waiting else {})
    return {"url": url, "words": _("Log in with %(name)s") % {"name": settings.SINGLE_SIGN_ON_NAME}}


@require_safe
@never_cache
@login_not_required
def sign_on(request: HttpRequest) -> HttpResponse:
    """Redirect to the provider. A link, not a form: the content policy lets no form post to another site."""
    waiting = waiting_page(request)
    try:
        provider = get_adapter().get_provider(request, PROVIDER)
        response: HttpResponse = provider.redirect(
            request, process=AuthProcess.LOGIN, next_url=waiting or None
        )
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except (requests.RequestException, KeyError) as error:
        log.warning("sign_on.unreachable", error=type(error).__name__)
        return _back(request, waiting, _unreachable())
    return response


@require_safe
@never_cache
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The provider's callback, with a code or with its error."""
    try:
        response: HttpResponse = callback(request, provider_id=provider_id)
    except KeyError as error:  # the provider's answer lacks what OpenID Connect demands
        log.warning("sign_on.incomplete", missing=str(error))
        return _back(request, waiting_page(request), _unreachable())
    return response


class SignOnAdapter(DefaultSocialAccountAdapter):
    """Which users of the provider may log in, and the answer to those who may not."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Tie a person seen for the first time to the login with the verified address; refuse everyone else."""
        if sociallogin.is_existing:
            _keep_nothing_else(sociallogin.account)
            return
        verified = [address.email for address in sociallogin.email_addresses if address.verified is True]
        user = User.objects.filter(email__iexact=verified[0], is_active=True).first() if verified else None
        if user is None or SocialAccount.objects.filter(user=user).exists():
            log.warning("sign_on.refused", verified=bool(verified), known=user is not None)
            waiting = str(sociallogin.state.get("next") or "")
            words = _("There is no access here for this person. Log in another way, or contact support.")
            raise ImmediateHttpResponse(_back(request, waiting, words))
        sociallogin.user = sociallogin.account.user = user
        _keep_nothing_else(sociallogin.account)
        get_account_adapter().send_notification_mail(
            "account/email/sign_on_connected", user, {"provider": settings.SINGLE_SIGN_ON_NAME}
        )

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,  # noqa: ANN401 - allauth's
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """A cancel at the provider is a cancel of the request (F-37); any other failure leads to the login page."""
        state = (extra_context or {}).get("state") or {}
        waiting = str(state.get("next") or "")
        way_out = cancel_url(waiting)
        if error == AuthError.CANCELLED and way_out:
            raise ImmediateHttpResponse(HttpResponseRedirect(way_out))
        if error == AuthError.CANCELLED:
            raise ImmediateHttpResponse(_back(request, waiting, ""))
        log.warning("sign_on.failed", error=type(exception).__name__ if exception else str(error))
        raise ImmediateHttpResponse(_back(request, waiting, _unreachable()))


def _keep_nothing_else(account: SocialAccount) -> None:
    """Keep only the provider's id of the user: a copy of address and name would be one more to erase."""
    account.extra_data = {}
    account.save()


def _back(request: HttpRequest, waiting: str, words: str) -> HttpResponseRedirect:
    if words:
        messages.error(request, words)
    return HttpResponseRedirect(
        add_query_params(reverse("account_login"), {"next": waiting} if waiting else {})
    )


def _unreachable() -> str:
    return _("Logging in with %(name)s did not work. Try again, or log in another way.") % {
        "name": settings.SINGLE_SIGN_ON_NAME
    }
