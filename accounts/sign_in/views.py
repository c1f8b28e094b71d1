"""allauth's views where this site does a little more."""

from urllib.parse import urlsplit

from allauth.account import views as allauth_views
from django.urls import Resolver404, resolve, reverse

_REQUESTS = "/oauth/authorize/"


class LoginView(allauth_views.LoginView):  # type: ignore[misc]  # allauth has no types
    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        waiting = self.get_next_url() or ""
        return {
            **super().get_context_data(**kwargs),
            "is_for_request": waiting.startswith(_REQUESTS),
            "cancel_url": cancel_url(waiting),
        }


class PasswordResetView(allauth_views.PasswordResetView):  # type: ignore[misc]
    """The waiting page travels in the mail's link, so `next` does not decide what follows this form."""

    def get_success_url(self) -> str:
        return reverse("account_reset_password_done")


def cancel_url(waiting: str) -> str:
    """Where to leave a page that waits for a login: `cancel/` below it, with its query; "" if it has none."""
    parts = urlsplit(waiting)
    path = f"{parts.path}cancel/"
    try:
        resolve(path)
    except Resolver404:
        return ""
    return f"{path}?{parts.query}" if parts.query else path
