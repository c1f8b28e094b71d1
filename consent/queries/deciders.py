"""Who can decide where the reader may only look, and who was asked to."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from accounts.queries.roles import owners_of, visible_contracts
from cdsc_portal.lib.dates_in_words import moment_in_words
from consent.models import ConsentRequest


@dataclass(frozen=True, slots=True)
class Deciders:
    """Owners' names for who may not decide or acts for them; since when they were asked, until when they can."""

    names: str
    asked: str = ""
    until: str = ""


def deciders_of(request: ConsentRequest, *, viewer: User, at: datetime) -> Deciders:
    """The owners of the contracts that `viewer` sees; a viewer knows their household. Two queries."""
    names = ", ".join(str(owner) for owner in owners_of(contracts=_seen_by(viewer, at), at=at))
    if request.handed_over is None:
        return Deciders(names)
    return Deciders(names, moment_in_words(request.handed_over), moment_in_words(request.expires))


def was_asked(request: ConsentRequest, *, user: User, at: datetime) -> bool:
    """Whether who opened `request` handed it over and `user` owns something of what that person sees. Two queries."""
    if request.handed_over is None or request.user is None or request.user_id == user.pk:
        return False
    return owners_of(contracts=_seen_by(request.user, at), at=at).filter(pk=user.pk).exists()


def _seen_by(viewer: User, at: datetime) -> list[int]:
    return list(visible_contracts(user=viewer, at=at).values_list("pk", flat=True))
