"""The decision on a request: approved or denied, once."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from consent.models import Actor, ConsentRequest, Grant, RequestStatus
from consent.requests import AccessRequest
from consent.services.ask import allowed_scopes, may_ask
from consent.services.decision import (
    AlreadyDecided,
    ClientNotAllowed,
    Decision,
    MayNotDecide,
    OfferChanged,
    RequestOver,
    settle,
)
from consent.services.grants import create_grant
from consent.services.notices import tell_of_approval
from consent.services.offer import build_offer, changed_aspects
from consent.services.receipts import write_receipt
from consent.services.transitions import record_event
from consent.transitions import GrantStatus


@transaction.atomic
def approve_request(
    *, request: ConsentRequest, decision: Decision, by: User, digest: str, at: datetime
) -> Grant:
    """Grant what `decision` keeps of the request: grant, event, receipt and mail, or nothing at all.

    `digest` is the offer's that the customer read. Everything is checked again under a lock, so that two
    approvals at once give one grant. Raises AlreadyDecided with the first outcome, else another
    DecisionRefused.
    """
    request = _locked(request, by, at)
    _check_client(request)
    offer = build_offer(request, by, at)
    if offer.may_decide and offer.digest != digest:
        raise OfferChanged(changed_aspects(digest, offer.digest))
    settled = settle(offer, decision, at=at)
    numbers = {choice.pk: choice.number for group in offer.groups for choice in group.choices}
    grant = create_grant(client=request.client, user=by, settled=settled, numbers=numbers, at=at)
    record_event(grant, former="", to=GrantStatus.ACTIVE, actor=Actor.CUSTOMER, by=by, at=at)
    receipt = write_receipt(grant=grant, request=request, offer=offer, settled=settled, by=by, at=at)
    _decide(request, RequestStatus.APPROVED, at=at, grant=grant)
    tell_of_approval(grant=grant, receipt=receipt, at=at)
    return grant


@transaction.atomic
def deny_request(*, request: ConsentRequest, by: User, at: datetime) -> ConsentRequest:
    """Share nothing. Needs no more than the user who opened the request (F-79); a viewer may decline too.

    Denying twice changes nothing. Raises AlreadyDecided where it was approved, MayNotDecide, RequestOver.
    """
    try:
        request = _locked(request, by, at)
    except AlreadyDecided as earlier:
        if earlier.grant is not None:
            raise
        request.refresh_from_db()
        return request
    _decide(request, RequestStatus.DENIED, at=at, grant=None)
    return request


def _locked(request: ConsentRequest, by: User, at: datetime) -> ConsentRequest:
    """The request as it is now, locked, still open and `by`'s."""
    # nothing joined: after waiting for the lock, PostgreSQL would show joined rows as they were before
    locked = ConsentRequest.objects.select_for_update().get(pk=request.pk)
    if locked.user_id != by.pk:
        raise MayNotDecide
    if locked.status in (RequestStatus.APPROVED, RequestStatus.DENIED, RequestStatus.FAILED):
        raise AlreadyDecided(locked.grant)
    if locked.status != RequestStatus.WAITING or locked.expires <= at:
        raise RequestOver
    return locked


def _check_client(request: ConsentRequest) -> None:
    allowed = allowed_scopes(request.client)
    asked = AccessRequest.from_json(request.details)
    if not may_ask(request.client) or any(part.scope not in allowed for part in asked.parts):
        raise ClientNotAllowed


def _decide(request: ConsentRequest, status: RequestStatus, *, at: datetime, grant: Grant | None) -> None:
    request.status = status
    request.decided_at = at
    request.grant = grant
    request.save(update_fields=["status", "decided_at", "grant"])
