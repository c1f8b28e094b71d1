"""First access without an invitation: a bill's number and a code, then the address, then a password.

Three short pages. The answers so far are kept in the session; the last page does everything at once. A waiting
request travels along and follows at the end.
"""

from dataclasses import dataclass
from typing import Any

from allauth.account.internal import flows
from allauth.account.models import Login
from allauth.decorators import rate_limit
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.address_field import AddressField
from accounts.services.activation import ActivationRefused, activate, find_code, has_login
from accounts.services.mail_codes import PendingCode, WrongCodeError, check_code, send_code
from accounts.services.sign_in_locks import CodeSpentError, LockedError
from accounts.sign_in.adapter import SPENT_CODE, locked_words
from accounts.sign_in.forms import NewLoginForm
from accounts.sign_in.known_device import origin_of, stranger
from accounts.sign_in.waiting import keep_waiting_page, take_waiting_page, waiting_page, ways
from cdsc_portal.lib.time import clock

_KEY = "activation"
_REFUSED = _("This number and this code do not fit. Check both, or ask your utility for a new code.")


class BillForm(forms.Form):
    account_number = forms.CharField(
        label=_("Account number"), help_text=_("It stands at the top of your bill."), max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Enter the account number.")},
    )  # fmt: skip
    code = forms.CharField(
        label=_("Activation code"), help_text=_("Your utility gave it to you, like K7MQ-2XWD-9RTF."), max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": _("Enter the activation code.")},
    )  # fmt: skip
    email = AddressField(
        label=_("E-mail address"),
        help_text=_("We send a code there. You log in with this address from then on."),
    )


class MailCodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"), max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
        error_messages={"required": _("Enter the code.")},
    )  # fmt: skip


class ActivatedLoginForm(NewLoginForm):
    """With the address, so that password managers keep both."""

    email = forms.CharField(
        widget=forms.TextInput(attrs={"autocomplete": "username", "readonly": True}), label=_("E-mail address"),
        required=False,
    )  # fmt: skip
    field_order = ("name", "email", "password1")


@dataclass(frozen=True, slots=True)
class Begun:
    """The state of an activation, kept in the session."""

    code_key: int
    pending: PendingCode
    confirmed: bool

    def keep(self, request: HttpRequest) -> None:
        request.session[_KEY] = {
            "code_key": self.code_key, "pending": self.pending.as_dict(), "confirmed": self.confirmed,
        }  # fmt: skip

    @classmethod
    def of(cls, request: HttpRequest) -> "Begun | None":
        stored: dict[str, Any] | None = request.session.get(_KEY)
        return (
            cls(stored["code_key"], PendingCode(**stored["pending"]), stored["confirmed"]) if stored else None
        )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limit(action="signup")
def begin(request: HttpRequest) -> HttpResponse:
    """Page 1: number, code and address; all wrong pairs read the same. Ends in a mail with six digits."""
    keep_waiting_page(request)
    form = BillForm(request.POST or None)
    if form.is_valid():
        try:
            at, cleaned = clock.now(), form.cleaned_data
            number, email = cleaned["account_number"], cleaned["email"]
            activation_code = find_code(
                account_number=number, code=cleaned["code"], origin=stranger(request), at=at
            )
            pending = send_code(
                address=email, language=translation.get_language(), origin=origin_of(request, email), at=at
            )
        except ActivationRefused:
            form.add_error(None, _REFUSED)
        except LockedError as locked:
            form.add_error(None, locked_words(locked))
        else:
            Begun(activation_code.pk, pending, confirmed=False).keep(request)
            return redirect("account_activate_code")
    return _page(request, "account/activation/account_number.html", form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Page 2: the code of the mail. Who has a login under the address already needs no third page."""
    begun = Begun.of(request)
    if begun is None:
        return redirect("account_activate")
    form = MailCodeForm(request.POST or None)
    if form.is_valid():
        try:
            check_code(pending=begun.pending, code=form.cleaned_data["code"], at=clock.now())
        except WrongCodeError:
            form.add_error("code", _("This code is not right, or too old."))
        except CodeSpentError:
            form.add_error("code", SPENT_CODE)
        else:
            Begun(begun.code_key, begun.pending, confirmed=True).keep(request)
            if has_login(begun.pending.address):
                return _activate(request, begun, name="", password="")
            return redirect("account_activate_password")
    return _page(request, "account/activation/code.html", form, address=begun.pending.address)


@never_cache
@sensitive_post_parameters("password1")
@require_http_methods(["GET", "HEAD", "POST"])
def finish(request: HttpRequest) -> HttpResponse:
    """Page 3: name and password; then the login is there, and what waited follows."""
    begun = Begun.of(request)
    if begun is None or not begun.confirmed:
        return redirect("account_activate")
    form = ActivatedLoginForm(request.POST or None, initial={"email": begun.pending.address})
    if form.is_valid():
        return _activate(
            request, begun, name=form.cleaned_data["name"], password=form.cleaned_data["password1"]
        )
    return _page(request, "account/activation/password.html", form)


def _activate(request: HttpRequest, begun: Begun, *, name: str, password: str) -> HttpResponse:
    try:
        user = activate(
            code_key=begun.code_key, email=begun.pending.address, name=name, password=password,
            language=translation.get_language() or settings.LANGUAGE_CODE, at=clock.now(),
        )  # fmt: skip
    except ActivationRefused:
        form = BillForm({})
        form.errors.clear()
        form.add_error(None, ValidationError(_REFUSED))
        return _page(request, "account/activation/account_number.html", form)
    finally:
        request.session.pop(_KEY, None)
    flows.login.record_authentication(request, user, method="code", email=user.email)
    response: HttpResponse = flows.login.perform_login(
        request, Login(user=user, redirect_url=take_waiting_page(request) or None, email=user.email)
    )
    return response


def _page(request: HttpRequest, template: str, form: forms.Form, **more: object) -> HttpResponse:
    return render(request, template, {"form": form, **ways(waiting_page(request)), **more})
