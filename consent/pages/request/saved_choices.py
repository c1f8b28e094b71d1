"""Choices are kept where the login has run out, until the same person is back (P-08), and over a change of language.

They lie in the browser's own session with the public id of whom the form was shown to, so nobody else who logs in
there gets to see them, and logging out drops them.
"""

from django.http import HttpRequest, QueryDict

from accounts.models import User
from consent.models import ConsentRequest

_NEVER_KEPT = ("csrfmiddlewaretoken", "digest", "decision", "action")
QUIETLY = "quietly"


def keep_choices(request: HttpRequest, stored: ConsentRequest, *, quietly: bool = False) -> None:
    """Remember what was posted, for a request that somebody has opened. `quietly`: nobody asks why it is there."""
    if stored.user_id is None:
        return
    posted = request.POST.copy()
    for name in _NEVER_KEPT:
        posted.pop(name, None)
    if quietly:
        posted[QUIETLY] = "on"
    request.session[_name(stored)] = posted.urlencode()


def kept_choices(request: HttpRequest, stored: ConsentRequest, user: User) -> QueryDict | None:
    """What was kept of this user's, once; None where nothing was."""
    kept = request.session.pop(_name(stored), None)
    choices = None if kept is None else QueryDict(kept)
    return choices if choices is not None and choices.get("who") == user.public_id else None


def _name(stored: ConsentRequest) -> str:
    return f"choices-{stored.reference}"
