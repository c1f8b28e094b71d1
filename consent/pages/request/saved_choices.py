"""Choices of the request form, saved when the login has expired until the same person is back (P-08), and while the
language changes.

They lie in the browser's own session with the public id of the person the form was shown to: nobody else who logs in
there sees them, and logging out deletes them.
"""

from django.http import HttpRequest, QueryDict

from accounts.models import User
from consent.models import ConsentRequest

_NEVER_SAVED = ("csrfmiddlewaretoken", "digest", "decision", "action")
WITHOUT_NOTE = "quietly"


def save_choices(request: HttpRequest, stored: ConsentRequest, *, without_note: bool = False) -> None:
    """Save what was posted, for a request that somebody has opened. `without_note`: the page does not mention it."""
    if stored.user_id is None:
        return
    posted = request.POST.copy()
    for name in _NEVER_SAVED:
        posted.pop(name, None)
    if without_note:
        posted[WITHOUT_NOTE] = "on"
    request.session[_name(stored)] = posted.urlencode()


def pop_choices(request: HttpRequest, stored: ConsentRequest, user: User) -> QueryDict | None:
    """What was saved of this user's, once; None where nothing was."""
    saved = request.session.pop(_name(stored), None)
    choices = None if saved is None else QueryDict(saved)
    return choices if choices is not None and choices.get("who") == user.public_id else None


def _name(stored: ConsentRequest) -> str:
    return f"choices-{stored.reference}"
