"""Who can decide where the reader may only look, and who was asked to."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from accounts.queries.roles import deciding_owners, shares_from, visible_contracts
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.models import ConsentRequest


@dataclass(frozen=True, slots=True)
class Deciders:
    """Owners' names for who may not decide or acts for them; since when they were asked, until when they can.

    `from_when`: a new login may decide by itself then; empty for who only looks.
    """

    names: str
    asked: str = ""
    until: str = ""
    from_when: str = ""


def deciders_of(request: ConsentRequest, *, viewer: User, at: datetime) -> Deciders:
    """The owners of the contracts that `viewer` sees; a viewer knows their household. Three queries."""
    names = ", ".join(
        str(owner) for owner in deciding_owners(contracts=_visible_contract_keys(viewer, at), at=at)
    )
    may_share_from = shares_from(user=viewer, at=at)
    from_when = moment_in_words(may_share_from) if may_share_from else ""
    if request.handed_over is None:
        return Deciders(names, from_when=from_when)
    return Deciders(
        names, moment_in_words(request.handed_over), moment_in_words(request.expires), from_when=from_when
    )


def is_asked_to_decide(request: ConsentRequest, *, user: User, at: datetime) -> bool:
    """Whether who opened `request` handed it over and `user` owns something of what that person sees. Two queries."""
    if request.handed_over is None or request.user is None or request.user_id == user.pk:
        return False
    return (
        deciding_owners(contracts=_visible_contract_keys(request.user, at), at=at).filter(pk=user.pk).exists()
    )


def _visible_contract_keys(viewer: User, at: datetime) -> list[int]:
    return list(visible_contracts(user=viewer, at=at).values_list("pk", flat=True))
