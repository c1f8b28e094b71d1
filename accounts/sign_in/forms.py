"""allauth's forms in this site's words: a label above each field, nothing inside it to vanish while typing."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core import context, ratelimit
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as webauthn_forms
from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.queries.ways_to_log_in import can_be_read
from accounts.services.sign_in_locks import (
    CODE_MAIL,
    PASSWORD,
    REAUTHENTICATION,
    RESET_MAIL,
    SECOND_STEP,
    LockedError,
    count_try,
    forget_tries,
)
from accounts.sign_in.adapter import locked_words
from accounts.sign_in.app_codes import use_code
from accounts.sign_in.browser_link import mail_browser_link
from accounts.sign_in.known_device import origin_of
from cdsc_portal.lib.json.form_field import StorableJSONField
from cdsc_portal.lib.secrets.sealed import BrokenSealError
from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock

log = structlog.get_logger(__name__)

_LABELS = {
    "login": _("E-mail address"),
    "email": _("E-mail address"),
    "password": _("Password"),
    "oldpassword": _("Your password now"),
    "password1": _("New password"),
    "password2": _("New password once more"),
    "code": _("Code"),
    "name": _("Name of the passkey"),
}
_MISSING = {"code": _("Enter the code."), "name": _("Enter a name.")}
_BROKEN = _(
    "Codes of this app cannot be checked here any more: the server's key was changed. Log in with a passkey, or ask "
    "support to take the app off your login; then set it up again."
)
_BROKEN_OF_STAFF = _(
    "Codes of this app cannot be checked: they were sealed with a key that is not in SECRET_KEYS any more. Whoever "
    "runs the server puts it back, last in the ring, or takes the app off with “manage.py reseal --drop-unreadable”."
)
_MANY = "too_many_login_attempts"
_NO_PASSKEY = _("The passkey did not work. Try again, or log in another way.")


@contextmanager
def _counted(kind: str, email: str) -> Iterator[None]:
    """Counts a try at the login of `email` before its check; what leaves the block without an error was right."""
    origin = origin_of(context.request, email)
    try:
        count_try(kind=kind, of=email, origin=origin, at=clock.now())
    except LockedError as locked:
        raise locked_words(locked) from locked
    yield
    forget_tries(kind=kind, of=email, origin=origin)


def _count_mail(kind: str, email: str) -> None:
    """Counts a mail that is asked for; a stranger's address may ask for some in all, a known device goes on."""
    origin = origin_of(context.request, email)
    if not origin.device and not ratelimit.consume(context.request, action="strangers_mail"):
        raise get_account_adapter().validation_error(_MANY)
    try:
        if count_try(kind=kind, of=email, origin=origin, at=clock.now()):
            mail_browser_link(email)
    except LockedError as locked:
        raise locked_words(locked) from locked


class OurWords:
    """Rewords the fields of the form it is mixed into."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = _LABELS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)
            if isinstance(field, forms.EmailField):
                field.error_messages["required"] = _("Enter your e-mail address.")
                field.error_messages["invalid"] = _("Enter an e-mail address like name@example.com.")
            else:
                field.error_messages["required"] = _MISSING.get(name, _("Enter the password."))
            if name != "password1":  # which shows the rules; the others would link to the reset once more
                field.help_text = ""
            if name == "code":
                field.widget.attrs |= {
                    "autocapitalize": "none",
                    "spellcheck": "false",
                    "inputmode": "numeric",
                }


class LoginForm(OurWords, allauth_forms.LoginForm):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username webauthn"


class ChangePasswordForm(OurWords, allauth_forms.ChangePasswordForm):
    """The old password is counted like one at the door: a browser left open is no place to guess."""

    user: User

    def clean_oldpassword(self) -> str:
        with _counted(PASSWORD, self.user.email):
            old: str = super().clean_oldpassword()
        return old


class SetPasswordForm(OurWords, allauth_forms.SetPasswordForm):
    pass


class ResetPasswordForm(OurWords, allauth_forms.ResetPasswordForm):
    def clean_email(self) -> str:
        email: str = super().clean_email()
        _count_mail(RESET_MAIL, email)
        return email


class ResetPasswordKeyForm(OurWords, allauth_forms.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(OurWords, allauth_forms.ReauthenticateForm):
    pass


class RequestLoginCodeForm(OurWords, allauth_forms.RequestLoginCodeForm):
    def clean_email(self) -> str:
        email: str = super().clean_email()
        _count_mail(CODE_MAIL, email)
        return email


class ConfirmLoginCodeForm(OurWords, allauth_forms.ConfirmLoginCodeForm):
    pass


class NewLoginForm(forms.Form):
    """A name and a password for an address that has no login yet. The name is the person's own: owners read it."""

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


class _CountedCode(OurWords):
    """A code of an app or a recovery code: five tries in five minutes, however many come at once."""

    kind = SECOND_STEP
    user: User

    def clean_code(self) -> str:
        with _counted(self.kind, self.user.email):
            code = self.checked_code()
        return code  # noqa: RET504 - a wrong one does not get here

    def checked_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]  # of the form this is mixed into
        return code


class _SealedSteps(_CountedCode):
    """Asks what can be read; the others were sealed with a key that is not in the ring any more."""

    cleaned_data: dict[str, str]
    authenticator: Authenticator

    def checked_code(self) -> str:
        """The code is right for one that can be read; else says which could not be asked, and what to do."""
        try:
            return super().checked_code()
        except BrokenSealError as broken:
            log.error("second_step.seal_broken", user=self.user.public_id)
            codes = Authenticator.objects.filter(user=self.user).exclude(type=Authenticator.Type.WEBAUTHN)
            for authenticator in codes:
                if can_be_read(authenticator) and authenticator.wrap().validate_code(
                    self.cleaned_data["code"]
                ):
                    self.authenticator = authenticator
                    return self.cleaned_data["code"]
            words = _BROKEN_OF_STAFF if self.user.is_staff else _BROKEN
            raise ValidationError(words, code="broken_seal") from broken


class _UsedCode(_SealedSteps):
    """A code of an app that is set up works once."""

    def checked_code(self) -> str:
        code = super().checked_code()
        if self.authenticator.type == Authenticator.Type.TOTP and not use_code(self.authenticator, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class SecondStepForm(_UsedCode, mfa_forms.AuthenticateForm):
    pass


class SecondStepAgainForm(_UsedCode, mfa_forms.ReauthenticateForm):
    kind = REAUTHENTICATION


class ActivateAppForm(_CountedCode, totp_forms.ActivateTOTPForm):
    kind = REAUTHENTICATION


class _Credential(StorableJSONField):
    """What a browser says that a passkey answered; what Python cannot read (deep, endless numbers) is no answer."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(error_messages=dict.fromkeys(("required", "invalid"), _NO_PASSKEY))


class LoginPasskeyForm(webauthn_forms.LoginWebAuthnForm):
    credential = _Credential()


class SecondStepPasskeyForm(webauthn_forms.AuthenticateWebAuthnForm):
    credential = _Credential()


class PasskeyAgainForm(webauthn_forms.ReauthenticateWebAuthnForm):
    credential = _Credential()


class PasskeyNameForm(OurWords, webauthn_forms.EditWebAuthnForm):
    name = forms.CharField(max_length=60, validators=[validate_one_line])


class AddPasskeyForm(OurWords, webauthn_forms.AddWebAuthnForm):
    """Every key is a passkey: it stays on the device and asks for finger, face or PIN."""

    name = forms.CharField(max_length=60, required=False, validators=[validate_one_line])
    credential = _Credential()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["passwordless"]

    def clean(self) -> dict[str, object]:
        try:
            return super().clean()
        except (ValidationError, ValueError, KeyError, TypeError) as error:
            raise ValidationError(_NO_PASSKEY, code="passkey") from error
