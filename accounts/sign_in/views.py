"""allauth's views where this site does a little more."""

from urllib.parse import urlsplit

from allauth.account import views as allauth_views
from django.conf import settings
from django.forms import Form
from django.http import HttpResponse
from django.urls import Resolver404, resolve, reverse

from accounts.models import User
from accounts.services.languages import keep_language

_REQUESTS = "/oauth/authorize/"


class LoginView(allauth_views.LoginView):
    """A language chosen in this browser becomes the person's; else theirs becomes the browser's."""

    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        user, chosen = self.request.user, self.request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        if isinstance(user, User) and chosen:
            keep_language(user=user, language=chosen)
        elif isinstance(user, User) and user.language != settings.LANGUAGE_CODE:
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language)
        return response

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
