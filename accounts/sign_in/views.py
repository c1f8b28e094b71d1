"""allauth's views where this site does a little more."""

from urllib.parse import urlsplit

from allauth.account import views as allauth_views
from django.urls import Resolver404, resolve, reverse

_REQUESTS = "/oauth/authorize/"


class LoginView(allauth_views.LoginView):
    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        waiting = self.get_next_url() or ""
        return {
            **super().get_context_data(**kwargs),
            "is_for_request": waiting.startswith(_REQUESTS),
            "cancel_url": cancel_url(waiting),
        }


class PasswordResetView(allauth_views.PasswordResetView):
    """The waiting page travels in the mail's link, so `next` does not decide what follows this form."""

    def get_success_url(self) -> str:
        return reverse("account_reset_password_done")


def cancel_url(waiting: str) -> str:
    """Where to leave a page that waits for a login; "" if it has no such place.

    That is `cancel/` below the page, with its query, when the address there has a name that ends in `_cancel`.
    """
    parts = urlsplit(waiting)
    path = f"{parts.path}cancel/"
    try:
        name = resolve(path).url_name or ""
    except Resolver404:
        return ""
    if not name.endswith("_cancel"):
        return ""
    return f"{path}?{parts.query}" if parts.query else path
