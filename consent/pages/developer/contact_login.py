"""Who logs in as a third party's contact: their menu and first page are not a customer's."""

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User
from accounts.queries.roles import has_had_a_role
from consent.queries.clients import is_contact

_IS_CONTACT = "is_contact"


@receiver(user_logged_in, dispatch_uid="remember_whether_a_contact_logs_in")
def remember_contact(*, request: HttpRequest, user: User, **_news: object) -> None:
    """In the session, so that the menu of customers costs no query a page."""
    if is_contact(user=user):
        request.session[_IS_CONTACT] = True


def logged_in_as_contact(request: HttpRequest) -> bool:
    return bool(request.session.get(_IS_CONTACT))


def is_contact_alone(request: HttpRequest) -> bool:
    """Whether a contact is logged in who never had an account's data to look at. Asked anew of contacts alone: one
    who is invited to an account has a customer's pages from then on.
    """
    user = request.user
    return logged_in_as_contact(request) and isinstance(user, User) and not has_had_a_role(user=user)
