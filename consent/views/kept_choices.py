"""Choices that arrive after the login has run out are kept until the same person is back (P-08).

They lie in the browser's own session. The request is bound to the user who opened it, so nobody else who logs in
there gets to see them, and logging out drops them.
"""

from django.http import HttpRequest, QueryDict

from consent.models import ConsentRequest

_NEVER_KEPT = ("csrfmiddlewaretoken", "digest", "decision", "action")


def keep_choices(request: HttpRequest, stored: ConsentRequest) -> None:
    """Remember what was posted, for a request that somebody has opened."""
    if stored.user_id is None:
        return
    posted = request.POST.copy()
    for name in _NEVER_KEPT:
        posted.pop(name, None)
    request.session[_name(stored)] = posted.urlencode()


def kept_choices(request: HttpRequest, stored: ConsentRequest) -> QueryDict | None:
    """What was kept, once; None where nothing was."""
    kept = request.session.pop(_name(stored), None)
    return None if kept is None else QueryDict(kept)


def _name(stored: ConsentRequest) -> str:
    return f"choices-{stored.reference}"
