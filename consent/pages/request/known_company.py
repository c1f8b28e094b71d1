"""What the request page says of a company that the customer shares with already: what is new, what would end (P-30)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from consent.queries.known_company import open_grants_with, shared_scopes
from consent.scopes.base import Scope
from consent.scopes.catalogue import SCOPES
from consent.services.offer import Offer
from consent.wording import open_until_in_words

REPLACE, KEEP_BOTH = "replace", "both"


@dataclass(frozen=True, slots=True)
class KnownCompany:
    """`shared` pairs the public id of each open sharing with its end in words. `new` is requested and not shared yet,
    `not_requested` the other way round.
    """

    shared: tuple[tuple[str, str], ...]
    new: tuple[Scope, ...]
    not_requested: tuple[Scope, ...]
    keeps_both: bool


def known_company(offer: Offer, user: User, *, answer: str, at: datetime) -> KnownCompany | None:
    """None where `user` shares nothing with the company. Two queries, one without a sharing."""
    grants = open_grants_with(client=offer.request.client, user=user, at=at)
    if not grants:
        return None
    held = shared_scopes(grants)
    requested = {part.scope.id for part in offer.parts}
    return KnownCompany(
        shared=tuple((grant.public_id, open_until_in_words(grant.access_ends)) for grant in grants),
        new=_scopes(requested - held),
        not_requested=_scopes(held - requested),
        keeps_both=answer == KEEP_BOTH,
    )


def _scopes(ids: Iterable[str]) -> tuple[Scope, ...]:
    wanted = set(ids)
    return tuple(scope for scope in SCOPES.values() if scope.id in wanted)
