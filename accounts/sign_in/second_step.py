"""Passkeys, the authenticator app and recovery codes: set up and taken away, and asked of staff.

A page that needs the second step sends people here with `next`, and each page hands it on.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.internal.httpkit import add_query_params
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as code_views
from allauth.mfa.totp import views as app_views
from allauth.mfa.webauthn import views as passkey_views
from allauth.mfa.webauthn.internal import auth as passkeys
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.generic import FormView

from accounts.current_user import current_user
from accounts.queries.ways_to_log_in import second_steps
from accounts.sign_in.app_codes import use_code
from accounts.sign_in.enrolment import may_set_up, passed_second_step, take_link
from cdsc_portal.lib.secrets.sealed import BrokenSealError


def may_run_the_site(request: HttpRequest) -> bool:
    """Staff who passed a second step, where the setting asks for one: who may open admin."""
    user = request.user
    if not (user.is_active and getattr(user, "is_staff", False)):
        return False
    return not settings.STAFF_SECOND_FACTOR or passed_second_step(request)


@require_safe
@never_cache
@login_required
def second_step(request: HttpRequest) -> HttpResponse:
    """What staff still have to do before their pages: confirm the second step, or set one up."""
    onward = _next(request)
    if passed_second_step(request):
        return HttpResponseRedirect(onward or reverse("my_settings"))
    steps = second_steps(user=current_user(request))
    confirm = "mfa_reauthenticate" if steps.has_app else "mfa_reauthenticate_webauthn"
    if steps.any:
        return HttpResponseRedirect(_with_next(reverse(confirm), onward))
    if not may_set_up(request, current_user(request)):
        return render(request, "mfa/link_needed.html")
    context = {
        "add_passkey": _with_next(reverse("mfa_add_webauthn"), onward),
        "add_app": _with_next(reverse("mfa_activate_totp"), onward),
    }
    return render(request, "mfa/second_step.html", context)


class _Onward:
    """Keeps `next` through the steps of setting up; what was just proved counts for this session.

    Who may not set up a second step in this session, or change the one there is, is sent to what is missing.
    """

    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.user.is_authenticated and not may_set_up(request, current_user(request)):
            return HttpResponseRedirect(_with_next(reverse("second_step"), _next(request)))
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # as above
        return response

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]  # of the view mixed into
        return {**context, "onward": _next(self.request)}

    def get_success_url(self) -> str:
        onward = _next(self.request)
        if getattr(self, "did_generate_recovery_codes", False):
            return _with_next(reverse("mfa_view_recovery_codes"), onward)
        return onward or reverse("my_settings")


class _SetUp(_Onward):
    """A second step is stored and its link used up together, or neither."""

    def form_valid(self, form: Form) -> HttpResponse:
        with transaction.atomic():
            if not take_link(self.request, current_user(self.request)):
                return HttpResponseRedirect(_with_next(reverse("second_step"), _next(self.request)))
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # of the view mixed into
        return response


class AddPasskeyView(_SetUp, passkey_views.AddWebAuthnView):
    """A passkey on this device or on a key: it logs in alone, without a password."""

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        options = passkeys.begin_registration(self.request.user, passwordless=True)
        return {**context, "js_data": options}

    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        _prove(self.request, Authenticator.Type.WEBAUTHN)
        return response


class ActivateAppView(_SetUp, app_views.ActivateTOTPView):
    """The app shows a code; entering it shows that the app works."""

    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        app = _prove(self.request, Authenticator.Type.TOTP)
        if app is not None:
            use_code(app, form.cleaned_data["code"])
        return response


class RemoveAppView(_Onward, app_views.DeactivateTOTPView):
    pass


class RemovePasskeyView(_Onward, passkey_views.RemoveWebAuthnView):
    pass


class RenamePasskeyView(_Onward, passkey_views.EditWebAuthnView):
    pass


class NewRecoveryCodesView(_Onward, code_views.GenerateRecoveryCodesView):
    did_generate_recovery_codes = True

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        """Codes that no key opens any more are none: new ones take their place."""
        try:
            return super().get_context_data(**kwargs)
        except BrokenSealError:
            page = FormView.get_context_data(self, **kwargs)
            return {**page, "onward": _next(self.request), "unused_code_count": 0}


class RecoveryCodesView(_Onward, code_views.ViewRecoveryCodesView):
    pass


def _prove(request: HttpRequest, kind: str) -> Authenticator | None:
    """Whoever has just set it up has just used it."""
    newest: Authenticator | None = (
        Authenticator.objects.filter(user=current_user(request), type=kind).order_by("-pk").first()
    )
    if newest is not None:
        post_authentication(request, newest, reauthenticated=True)
    return newest


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or ""
    return target if target and get_adapter(request).is_safe_url(target) else ""


def _with_next(url: str, onward: str) -> str:
    return str(add_query_params(url, {"next": onward})) if onward else url
