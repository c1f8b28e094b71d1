"""A request that names a grant changes that grant once its customer agrees, and makes no other (R-164 to R-173)."""

from collections.abc import Collection, Mapping
from datetime import datetime

from accounts.models import ServiceContract, User
from accounts.queries.roles import shareable_contracts
from consent.models import Actor, Change, Client, ConsentRequest, Grant, GrantKind, Receipt, RecordedConsent
from consent.parts import Part
from consent.queries.grant_contents import GrantContents, grant_contents
from consent.queries.outcomes import current_receipt
from consent.requests import AccessRequest
from consent.scopes.base import Scope
from consent.scopes.catalogue import offer_named, scope_named
from consent.services.grants import replace_parts
from consent.services.offer import Offer
from consent.services.receipts import write_receipt
from consent.services.transitions import record_event, record_transition, settled_status
from consent.transitions import GrantStatus

INVALID_VALUE, INVALID_USER = "cds_grant_id_invalid_value", "cds_grant_id_invalid_user"
# a paused grant and one that has not begun wait for something else than a customer
_CAN_BE_UPDATED = frozenset(
    {
        GrantStatus.ACTIVE,
        GrantStatus.PARTIAL,
        GrantStatus.NEEDS_AUTHORIZATION,
        GrantStatus.DELAYED,
        GrantStatus.STOPPED,
    }
)
_SETTLES = frozenset({GrantStatus.ACTIVE, GrantStatus.PARTIAL, GrantStatus.NEEDS_AUTHORIZATION})


class UnfitGrant(Exception):  # noqa: N818 - what is wrong with the request
    """The grant that `request` names cannot be updated by it, or not by this user; `error` is for the client."""

    def __init__(self, request: ConsentRequest, error: str) -> None:
        super().__init__(error)
        self.request = request
        self.error = error


def grant_to_update(grant_id: str, *, client: Client, access: AccessRequest, at: datetime) -> Grant | None:
    """The grant of `client` with this id, if a request for `access` may update it; else None (R-167). One query."""
    grant = Grant.objects.filter(public_id=grant_id, client=client).first()
    return grant if grant is not None and fits_grant(grant, access, at=at) else None


def fits_grant(grant: Grant, access: AccessRequest, *, at: datetime) -> bool:
    """Whether the grant can be updated at `at` and lists all that is asked, granted or wanted."""
    listed = {offer_named(name) for name in (grant.requested_scope or grant.scope).split()}
    return (
        grant.kind == GrantKind.CUSTOMER
        and grant.status in _CAN_BE_UPDATED
        and (grant.access_ends is None or grant.access_ends > at)
        and {offer_named(part.type_sent) for part in access.parts} <= listed
    )


def fits_user(request: ConsentRequest, user: User, *, at: datetime) -> bool:
    """Whether `user` can update the grant that `request` names: they gave it, and may still share (R-168).

    One query, none for a grant of somebody else's.
    """
    grant = request.updates
    return (
        grant is not None
        and grant.user_id == user.pk
        and fits_grant(grant, AccessRequest.from_json(request.details), at=at)
        and shareable_contracts(user=user, at=at).exists()
    )


def kept_parts(grant: Grant, contents: GrantContents, agreed: Collection[Part]) -> tuple[Part, ...]:
    """Those of `contents` that stay beside what is agreed anew."""
    anew = {part.scope.id for part in agreed}
    return tuple(
        part for part in contents.parts if part.scope.id not in anew and is_wanted(grant, part.scope)
    )


def is_wanted(grant: Grant, scope: Scope) -> bool:
    """Whether the third party still wants this of what it holds."""
    if grant.requested_scope is None:
        return True
    return any(scope_named(name) is scope for name in grant.requested_scope.split())


def require_fit(request: ConsentRequest, user: User, *, at: datetime) -> None:
    """Raise UnfitGrant unless `request` names no grant, or one that it and `user` may update."""
    if request.updates is None:
        return
    if not fits_grant(request.updates, AccessRequest.from_json(request.details), at=at):
        raise UnfitGrant(request, INVALID_VALUE)
    if not fits_user(request, user, at=at):
        raise UnfitGrant(request, INVALID_USER)


def update_grant(
    *,
    grant: Grant,
    offer: Offer,
    parts: Collection[Part],
    contracts: Mapping[int, ServiceContract],
    by: User,
    recorded: RecordedConsent | None,
    at: datetime,
) -> Receipt:
    """Make a locked grant hold `parts`, and what it holds of other scopes as it is (R-172). The further receipt.

    Of a scope that is agreed anew the former part ends: what the person read and ticked now stands. So does that of a
    scope which the third party no longer wants.
    """
    contents, former = grant_contents(grant), current_receipt(grant)
    kept = kept_parts(grant, contents, parts)
    replace_parts(grant, contents, kept=kept, agreed=parts, contracts=contracts, at=at)
    settled = settled_status(grant, at) if grant.status in _SETTLES else GrantStatus(grant.status)
    actor = Actor.STAFF if recorded else Actor.CUSTOMER
    if settled == grant.status:
        record_event(grant, former=settled, to=settled, actor=actor, by=by, change=Change.WIDENED, at=at)
    else:
        record_transition(grant, to=settled, actor=actor, by=by, change=Change.WIDENED, at=at)
    return write_receipt(
        grant=grant, offer=offer, parts=parts, by=by, recorded=recorded, former=former, kept=kept
    )
