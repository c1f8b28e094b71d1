"""What the request page says of a company that the customer shares with already: what is new, what would end (P-30)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from consent.models import Grant
from consent.queries.grant_contents import grant_contents
from consent.queries.known_company import open_grants_with, shared_scopes
from consent.scopes.base import Scope
from consent.scopes.catalogue import SCOPES
from consent.services.offer import Offer
from consent.services.third_parties.grant_updates import is_wanted
from consent.wording import open_until_in_words

REPLACE, KEEP_BOTH = "replace", "both"


@dataclass(frozen=True, slots=True)
class KnownCompany:
    """`shared` pairs the public id of each open sharing with its end in words. `new` is requested and not shared yet,
    `not_requested` the other way round. Where the request `updates` the one sharing, `other` is shared and requested
    with other dates or services, and `unwanted` ends if the customer agrees.
    """

    shared: tuple[tuple[str, str], ...]
    new: tuple[Scope, ...]
    not_requested: tuple[Scope, ...]
    keeps_both: bool = False
    updates: bool = False
    other: tuple[Scope, ...] = ()
    unwanted: tuple[Scope, ...] = ()


def updated_sharing(offer: Offer, grant: Grant) -> KnownCompany:
    """What the request adds to `grant`, which it updates. Four queries."""
    held = {part.scope.id: part for part in grant_contents(grant).parts}
    requested = {part.scope.id: part for part in offer.parts}
    other = [
        name
        for name, part in requested.items()
        if name in held and (part.period, part.contracts) != (held[name].period, held[name].contracts)
    ]
    rest = held.keys() - requested.keys()
    stays = {name for name in rest if is_wanted(grant, held[name].scope)}
    return KnownCompany(
        shared=((grant.public_id, open_until_in_words(grant.access_ends)),),
        new=_scopes(requested.keys() - held.keys()),
        not_requested=_scopes(stays),
        updates=True,
        other=_scopes(other),
        unwanted=_scopes(rest - stays),
    )


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
