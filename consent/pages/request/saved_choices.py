"""What a request form said, saved in the browser's own session until its page is shown: after a check or a refused
decision, which answer with a redirect (P-32), over a lost login (P-08), and while the language changes.

It lies with the public id of the person the form was shown to: nobody else who logs in there sees it, and logging out
deletes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.translation import get_language

from accounts.models import User
from consent.models import ConsentRequest
from consent.pages.part_fields import FieldError

_FORMS = "request-forms"
_MAX_FORMS = 5  # of one session, the latest ones
_NEVER_SAVED = ("csrfmiddlewaretoken", "decision", "action")

LOST_LOGIN, LANGUAGE, CHECKED = "login", "language", "checked"


@dataclass(frozen=True, slots=True)
class SavedForm:
    """The fields as posted, and why they were saved: LOST_LOGIN, LANGUAGE or CHECKED."""

    why: str
    posted: QueryDict
    errors: tuple[FieldError, ...]


def save_form(
    request: HttpRequest,
    stored: ConsentRequest,
    posted: QueryDict,
    *,
    why: str,
    errors: Sequence[FieldError] = (),
) -> None:
    """Save the fields of a request that somebody has opened, instead of what was saved of it before."""
    if stored.user_id is None:
        return
    fields = posted.copy()
    for name in _NEVER_SAVED:
        fields.pop(name, None)
    forms = _without(request, stored)
    forms[stored.reference] = {
        "why": why,
        "fields": fields.urlencode(),
        "errors": [(error.field, error.message) for error in errors],
        "language": get_language(),
    }
    request.session[_FORMS] = dict(list(forms.items())[-_MAX_FORMS:])


def load_form(
    request: HttpRequest, stored: ConsentRequest, user: User, *, after_check: bool
) -> SavedForm | None:
    """What was saved of this user's. `after_check`: the page that a check leads to, which may be loaded again; any
    other page shows it once, and starts anew after a check. Errors are left out in another language than theirs.
    """
    saved = request.session.get(_FORMS, {}).get(stored.reference)
    if saved is None or (saved["why"] == CHECKED and not after_check):
        return None
    fields = QueryDict(saved["fields"])
    is_own = fields.get("who") == user.public_id
    if not is_own or not after_check:
        forget_form(request, stored)
    if not is_own:
        return None
    errors = saved["errors"] if saved["language"] == get_language() else ()
    return SavedForm(saved["why"], fields, tuple(FieldError(*error) for error in errors))


def forget_form(request: HttpRequest, stored: ConsentRequest) -> None:
    """With the decision, a new form, or the end of the request."""
    if stored.reference in request.session.get(_FORMS, {}):
        request.session[_FORMS] = _without(request, stored)


def _without(request: HttpRequest, stored: ConsentRequest) -> dict[str, Any]:
    forms = request.session.get(_FORMS, {})
    return {reference: form for reference, form in forms.items() if reference != stored.reference}
