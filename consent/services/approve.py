"""The decision on a request: approved or denied, once; a viewer hands it over to an owner (P-15)."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy

from accounts.models import Membership, User
from accounts.queries.roles import shareable_contracts
from consent.mail.grant_events import mail_approval
from consent.mail.personal import mail_waiting_request
from consent.models import Actor, ConsentRequest, Grant, RecordedConsent, RequestStatus
from consent.parts import Part
from consent.queries.deciders import is_handed_over_to
from consent.queries.known_company import open_grants_with
from consent.requests import AccessRequest, InvalidDetails
from consent.scopes.catalogue import offer_named
from consent.services.access_requests import (
    DECISION_PERIOD,
    allowed_scopes,
    may_request,
    within_limits,
)
from consent.services.decision import (
    AlreadyDecided,
    ClientNotAllowed,
    MayNotDecide,
    OfferChanged,
    PartDecision,
    RequestOver,
    validate_decision,
)
from consent.services.digests import changed_aspects
from consent.services.grants import create_grant
from consent.services.offer import OFFER_ASPECTS, Offer, build_offer
from consent.services.receipts import write_receipt
from consent.services.revoke import revoke_grant
from consent.services.third_parties.grant_updates import fits_user, update_grant
from consent.services.transitions import record_event
from consent.transitions import GrantStatus
from consent.wording import recorded_in_words

_REPLACED = gettext_lazy("You shared with this company anew: receipt %s took its place.")


@transaction.atomic
def approve_request(
    *,
    request: ConsentRequest,
    decision: Collection[PartDecision],
    by: User,
    digest: str,
    at: datetime,
    recorded: RecordedConsent | None = None,
    replace: bool = False,
) -> Grant:
    """Grant what `decision` names, or change the grant that `request` names: writes grant, event, receipt and mail in
    one transaction.

    `digest` is that of the offer which the customer read. Everything is checked again under a lock, so that two
    approvals at once give one grant. `recorded` is set where staff entered a decision that `by` gave by phone or
    on paper, confirmed by a second member of staff (P-23). `replace`: what `by` shared with the client before ends
    (P-30). Raises AlreadyDecided with the first outcome, else another DecisionRefused.
    """
    request = _lock_request(request, by, at)
    check_client(request)
    # lock the user's roles: one that ends at the same time is either missing here or removes services afterwards
    list(Membership.objects.select_for_update(no_key=True).filter(user=by).order_by("pk").values_list("pk"))
    offer = build_offer(request, by, at)
    if offer.may_decide and offer.digest != digest:
        raise OfferChanged(changed_aspects(digest, offer.digest, OFFER_ASPECTS))
    parts = validate_decision(offer, decision, at=at)
    if request.updates_id is not None:
        return _approve_update(request, offer, parts, by=by, recorded=recorded, at=at)
    former = open_grants_with(client=request.client, user=by, at=at) if replace else []
    grant = create_grant(client=request.client, user=by, parts=parts, contracts=offer.contracts, at=at)
    record_event(
        grant,
        former="",
        to=GrantStatus.ACTIVE,
        actor=Actor.STAFF if recorded else Actor.CUSTOMER,
        by=recorded.decided_by if recorded else by,
        at=at,
        reason=f"recorded consent {recorded.reference}" if recorded else "",
        public_reason=recorded_in_words(recorded.how, recorded.given_at) if recorded else "",
    )
    receipt = write_receipt(grant=grant, offer=offer, parts=parts, by=by, recorded=recorded)
    for each in former:
        revoke_grant(grant=each, by=by, actor=Actor.CUSTOMER, at=at, public_reason=_REPLACED % receipt.number)
        Grant.objects.filter(pk=each.pk).update(replaced_by=grant)
    _store_outcome(request, RequestStatus.APPROVED, at=at, grant=grant)
    mail_approval(grant=grant, receipt=receipt, at=at, recorded=recorded)
    return grant


def _approve_update(
    request: ConsentRequest,
    offer: Offer,
    parts: Collection[Part],
    *,
    by: User,
    recorded: RecordedConsent | None,
    at: datetime,
) -> Grant:
    """The grant that the request names, changed. Raises RequestOver where it has ended, or is not `by`'s to change."""
    assert request.updates_id is not None
    grant = (
        Grant.objects.select_for_update(of=("self",))
        .select_related("client", "user")
        .get(pk=request.updates_id)
    )
    request.updates = grant
    if not fits_user(request, by, at=at):
        raise RequestOver
    receipt = update_grant(
        grant=grant, offer=offer, parts=parts, contracts=offer.contracts, by=by, recorded=recorded, at=at
    )
    _store_outcome(request, RequestStatus.APPROVED, at=at, grant=None)
    mail_approval(grant=grant, receipt=receipt, at=at, recorded=recorded)
    return grant


@transaction.atomic
def deny_request(*, request: ConsentRequest, by: User, at: datetime) -> ConsentRequest:
    """Deny the request; whoever opened it or was asked to decide it may (F-79).

    Denying twice changes nothing. Raises AlreadyDecided where it was approved, MayNotDecide, RequestOver.
    """
    try:
        request = _lock_request(request, by, at)
    except AlreadyDecided as earlier:
        if earlier.grant is not None:
            raise
        request.refresh_from_db()
        return request
    _store_outcome(request, RequestStatus.DENIED, at=at, grant=None)
    return request


@transaction.atomic
def hand_over(*, request: ConsentRequest, by: User, at: datetime) -> bool:
    """Let the owners of what `by` sees decide `request`, within a day from now; each gets one mail.

    Returns whether this was the first time; a second time changes nothing. Raises a DecisionRefused: the request
    is over or another's, or `by` may decide it without help.
    """
    locked = _lock_request(request, by, at)
    if (
        locked.updates_id is not None
        or locked.user_id != by.pk
        or shareable_contracts(user=by, at=at).exists()
    ):
        raise MayNotDecide
    if locked.handed_over is not None:
        return False
    locked.handed_over = at
    locked.expires = max(locked.expires, at + DECISION_PERIOD)
    locked.save(update_fields=["handed_over", "expires"])
    mail_waiting_request(request=locked, viewer=by, at=at)
    return True


def check_client(request: ConsentRequest) -> None:
    """Raise ClientNotAllowed where status, scopes or limits of the client now exclude the request (F-20, F-21)."""
    allowed = allowed_scopes(request.client)
    access = AccessRequest.from_json(request.details)
    if not may_request(request.client) or any(
        offer_named(part.type_sent) not in allowed for part in access.parts
    ):
        raise ClientNotAllowed
    try:  # measured from the day it was sent: waiting does not push a request over a limit
        within_limits(access, client=request.client, at=request.created)
    except InvalidDetails as too_wide:
        raise ClientNotAllowed from too_wide


def _store_outcome(
    request: ConsentRequest, status: RequestStatus, *, at: datetime, grant: Grant | None
) -> None:
    request.status = status
    request.decided_at = at
    request.grant = grant
    request.save(update_fields=["status", "decided_at", "grant"])


def _lock_request(request: ConsentRequest, by: User, at: datetime) -> ConsentRequest:
    """`request` as it is now, locked, still open, and `by`'s to decide: they opened it or were asked to.

    Raises MayNotDecide, AlreadyDecided with the first outcome, RequestOver.
    """
    # nothing joined: after waiting for the lock, PostgreSQL would show joined rows as they were before
    locked = ConsentRequest.objects.select_for_update().get(pk=request.pk)
    if locked.user_id != by.pk and not is_handed_over_to(by, locked, at=at):
        raise MayNotDecide
    if locked.status in (RequestStatus.APPROVED, RequestStatus.DENIED, RequestStatus.FAILED):
        raise AlreadyDecided(locked.granted)
    if locked.status != RequestStatus.WAITING or locked.expires <= at:
        raise RequestOver
    return locked
