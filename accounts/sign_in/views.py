"""allauth's views of the way in, where this site does a little more: each step knows what waits and offers Cancel."""

from allauth.account import views as allauth_views
from allauth.account.internal.stagekit import unstash_login
from allauth.core import ratelimit
from allauth.core.internal.httpkit import add_query_params
from allauth.mfa.base import views as mfa_views
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import views as webauthn_views
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.services.sign_in_locks import (
    CODE_MAIL,
    LOGIN_CODE,
    CodeSpentError,
    LockedError,
    count_code,
    count_try,
    forget_tries,
)
from accounts.sign_in.adapter import SPENT_CODE, locked_words
from accounts.sign_in.browser_link import mail_browser_link
from accounts.sign_in.forms import LoginPasskeyForm
from accounts.sign_in.known_device import origin_of
from accounts.sign_in.single_sign_on import sign_on_link
from accounts.sign_in.waiting import keep_waiting_page, waiting_page, ways
from cdsc_portal.lib.time import clock


class OnTheWay:
    """A page before the login is done: it names the waiting page and the way out (F-36)."""

    request: HttpRequest

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        begun = unstash_login(self.request, peek=True)  # the login that is under way leads on to its page
        waiting = (begun.redirect_url if begun else "") or waiting_page(self.request)
        return {
            **super().get_context_data(**kwargs),  # type: ignore[misc]  # of the view this is mixed into
            **ways(waiting),
            "login_again": add_query_params(reverse("account_login"), {"next": waiting} if waiting else {}),
        }


class LoginView(OnTheWay, allauth_views.LoginView):
    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        keep_waiting_page(request)
        response: HttpResponse = super().get(request, *args, **kwargs)
        return response

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """An address may try so many logins a minute; a known device there goes on."""
        is_stranger = not origin_of(request, request.POST.get("login", "")).device
        refused = ratelimit.consume_or_429(request, action="strangers_login") if is_stranger else None
        response: HttpResponse = refused or super().post(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context = super().get_context_data(**kwargs)
        return {**context, "sign_on": sign_on_link(self.request, str(context["waiting"]))}


class PasskeyLoginView(webauthn_views.LoginWebAuthnView):
    """The browser asks here for a challenge and posts what the passkey answered; a failure leads back to the login."""

    def get_form_class(self) -> type[Form]:
        return LoginPasskeyForm

    def form_invalid(self, form: Form) -> HttpResponse:
        messages.error(self.request, _("The passkey did not work. Try again, or log in another way."))
        waiting = waiting_page(self.request)
        return HttpResponseRedirect(
            add_query_params(reverse("account_login"), {"next": waiting} if waiting else {})
        )


class LoginCodeView(OnTheWay, allauth_views.RequestLoginCodeView):
    """Asks for an address; the answer is the same whether anybody has it."""


class ConfirmLoginCodeView(OnTheWay, allauth_views.ConfirmLoginCodeView):
    """The code of the mail. Wrong ones are counted in the database, since calls at once see one state of a session."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        state, at = self._process.state, clock.now()
        address = str(state.get("email", ""))
        try:
            if self._action == "verify":
                count_code(kind=LOGIN_CODE, of=address, code=f"{state['at']} {state['resend_count']}", at=at)
            else:
                if count_try(kind=CODE_MAIL, of=address, origin=origin_of(request, address), at=at):
                    mail_browser_link(address)
        except CodeSpentError:
            return self._refused(ValidationError(SPENT_CODE))
        except LockedError as locked:
            return self._refused(locked_words(locked))
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def form_valid(self, form: Form) -> HttpResponse:
        if self._action == "verify":
            address = str(self._process.state.get("email", ""))
            forget_tries(kind=CODE_MAIL, of=address, origin=origin_of(self.request, address))
        response: HttpResponse = super().form_valid(form)
        return response

    def _refused(self, words: ValidationError) -> HttpResponse:
        form = self.get_form()
        form.full_clean()
        form.errors.clear()
        form.add_error("code" if "code" in form.fields else None, words)
        return self.render_to_response(self.get_context_data(form=form))


class SecondStepView(OnTheWay, mfa_views.AuthenticateView):
    """After the password: the passkey, the app's code, or a recovery code."""

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        user = self.stage.login.user
        kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
        return {
            **super().get_context_data(**kwargs),
            "has_app": Authenticator.Type.TOTP in kinds,
            "has_passkey": Authenticator.Type.WEBAUTHN in kinds,
        }


class PasswordResetView(OnTheWay, allauth_views.PasswordResetView):
    """The waiting page travels in the mail's link, so `next` does not decide what follows this form."""

    def get_success_url(self) -> str:
        return reverse("account_reset_password_done")


class PasswordFromMailView(OnTheWay, allauth_views.PasswordResetFromKeyView):
    """The link of an invitation or of a reset: a password is chosen, and the waiting page follows."""


@require_POST
def extend_session(request: HttpRequest) -> HttpResponse:
    """Somebody is still there: the session lasts anew (F-40). 401 once it is over, and nothing else ever."""
    return HttpResponse(status=204 if request.user.is_authenticated else 401)
