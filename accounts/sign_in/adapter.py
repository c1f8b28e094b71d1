"""What allauth asks of a project."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.internal.httpkit import add_query_params
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class AccountAdapter(DefaultAccountAdapter):
    """Staff add users; there is no sign-up. Mail about a login leads back to the page that was waiting."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        # one wording for both, so that nobody learns which addresses exist
        "email_password_mismatch": _("The e-mail address or the password is not right."),
        "too_many_login_attempts": _("Too many attempts to log in. Wait five minutes, then try again."),
        "incorrect_password": _("The password is not right."),
        "enter_current_password": _("The password is not right."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        url: str = super().get_reset_password_from_key_url(key)
        waiting = context.request.POST.get("next", "")
        return add_query_params(url, {"next": waiting}) if waiting and self.is_safe_url(waiting) else url
