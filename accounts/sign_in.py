"""How allauth signs people in here: by e-mail, and nobody signs themselves up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Staff add users; there is no sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
