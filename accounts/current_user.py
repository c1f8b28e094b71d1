"""Whose pages are shown, for views that let nobody else in."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import User


def current_user(request: HttpRequest) -> User:
    """The user of a request that has passed the login; in a support session, the person whose pages they are.

    `viewing_for` is set only for a GET of a customer's page, so whatever changes something has the one who is
    logged in. Raises PermissionDenied where nobody is.
    """
    viewed_person = getattr(request, "viewing_for", None)
    user = request.user if viewed_person is None else viewed_person
    if not isinstance(user, User):
        raise PermissionDenied
    return user


def is_read_only(request: HttpRequest) -> bool:
    """Whether an agent reads the pages in a support session, in which nothing is written."""
    return hasattr(request, "viewing_for")
