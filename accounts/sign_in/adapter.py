"""What allauth asks of a project."""

import time
from datetime import timedelta
from typing import Any

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.core.internal.httpkit import add_query_params
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgPathFillImage

from accounts.mail.sign_in import write_sign_in_mail
from accounts.models import User
from accounts.queries.ways_to_log_in import SECOND_STEP_SEAL
from accounts.services.sign_in_locks import PASSWORD, LockedError, count_try, forget_tries
from accounts.sign_in.browser_link import mail_browser_link
from accounts.sign_in.choices import bring_choices
from accounts.sign_in.known_device import origin_of, remember_device
from accounts.sign_in.waiting import take_waiting_page
from cdsc_portal.lib.http.addresses import is_own_address
from cdsc_portal.lib.secrets.sealed import seal, unseal
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import moment_in_words, time_in_words

SPENT_CODE = _("This code was tried too often. Ask for a new one.")
_FRESH_SECONDS = 5 * 60
_AGAIN = {
    "reauthenticate": _("Enter the password"),
    "mfa_reauthenticate": _("Enter a code of the app, or a recovery code"),
    "mfa_reauthenticate:webauthn": _("Use the passkey"),
}


class AccountAdapter(DefaultAccountAdapter):
    """Staff add users; there is no sign-up. Mail about a login leads back to the page that was waiting."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        # one wording for both, so that nobody learns which addresses exist
        "email_password_mismatch": _("The e-mail address or the password is not right."),
        "too_many_login_attempts": _("Too many attempts to log in. Wait five minutes, then try again."),
        "rate_limited": _("Too many attempts. Wait five minutes, then try again."),
        "incorrect_password": _("The password is not right."),
        "enter_current_password": _("The password is not right."),
        "incorrect_code": _("This code is not right."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Whether `url` stays on this site; the library would take the host that the caller named for this site."""
        return is_own_address(url or "")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try before the password is looked at; too many are refused with the time they end.

        What one address may do at all logins together does not stop a known device there.
        """
        email = credentials.get("email", "")
        origin = origin_of(request, email)
        if not origin.device:
            usage = ratelimit.consume(request, app="allauth.account", action="strangers_password")
            if not usage:
                raise self.validation_error("too_many_login_attempts")
            self._login_failed_rl_usage = usage  # the library gives it back where the password is right
        try:
            if count_try(kind=PASSWORD, of=email, origin=origin, at=clock.now()):
                mail_browser_link(email)
        except LockedError as locked:
            raise locked_words(locked) from locked

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            email = credentials.get("email", "")
            forget_tries(kind=PASSWORD, of=email, origin=origin_of(request, email))
        return user

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Who has just logged in is not asked again."""
        request = context.request
        records = get_authentication_records(request, request.user)
        last = max((record["at"] for record in records), default=0.0)
        return time.time() - last > _FRESH_SECONDS  # the library's own clock wrote it

    def get_reauthentication_methods(self, user: User) -> list[dict[str, str]]:
        methods: list[dict[str, str]] = super().get_reauthentication_methods(user)
        return [{**method, "description": str(_AGAIN[method["id"]])} for method in methods]

    def post_login(self, request: HttpRequest, user: User, **login: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **login)
        bring_choices(request, response, user)
        remember_device(request, response, user)
        return response

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return take_waiting_page(request) or super().get_login_redirect_url(request)

    def get_reset_password_from_key_url(self, key: str) -> str:
        url: str = super().get_reset_password_from_key_url(key)
        waiting = context.request.POST.get("next", "")
        return add_query_params(url, {"next": waiting}) if waiting and self.is_safe_url(waiting) else url

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell the person what was changed about the login, in their language, whoever changed it."""
        self.send_mail(template_prefix, email or user.email, {**(context or {}), "user": user})

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mail goes out after the answer, so that its length tells nothing and a lost server loses nothing."""
        at, user = clock.now(), context.get("user")
        language = user.language if isinstance(user, User) else translation.get_language()
        with translation.override(language):
            in_every_mail = {
                "utility_name": settings.UTILITY_NAME,
                "support_url": settings.SUPPORT_URL,
                "when": moment_in_words(at),
                "minutes": settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60,
                "language": translation.get_language(),
            }
            mail = self.render_mail(template_prefix, email, {**context, **in_every_mail})
            html = str(mail.alternatives[0][0]) if getattr(mail, "alternatives", None) else ""
            write_sign_in_mail(to=email, subject=mail.subject, text=mail.body, html=html, at=at)


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of the second step are sealed in the database (X-18)."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right."),
    }

    def encrypt(self, text: str) -> str:
        return seal(text, purpose=SECOND_STEP_SEAL)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text, purpose=SECOND_STEP_SEAL)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 - the library's
        """What the field for a passkey's name begins with."""
        return _now("Passkey %(number)s") % {
            "number": Authenticator.objects.filter(user=user, type=type).count() + 1
        }

    def build_totp_svg(self, url: str) -> str:
        """Dark on a white ground of its own: apps do not read it the other way round."""
        return str(qrcode.make(url, image_factory=SvgPathFillImage).to_string(encoding="unicode"))

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": settings.UTILITY_NAME}


def locked_words(locked: LockedError) -> ValidationError:
    """Until when a person waits, in words."""
    is_soon = locked.until - clock.now() < timedelta(hours=12)
    moment = time_in_words(locked.until) if is_soon else moment_in_words(locked.until)
    words = _now("Too many attempts to log in. Wait until %(time)s, then try again.") % {"time": moment}
    return ValidationError(words, code="too_many_login_attempts")
