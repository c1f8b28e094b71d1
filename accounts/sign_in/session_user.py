"""Whose session a request belongs to, after its view has answered: a stream goes on for minutes."""

from django.contrib.auth import get_user
from django.http import HttpRequest

from accounts.models import User
from accounts.sign_in.sessions import SessionStore


def session_user(request: HttpRequest) -> User | None:
    """The person of the request's session as the database has them now, with the permissions of now.

    None once the session ended (by time, log-out, a new password or staff's word) or its person may not sign in.
    """
    now = HttpRequest()
    now.session = SessionStore(request.session.session_key)
    user = get_user(now)
    return user if isinstance(user, User) else None
