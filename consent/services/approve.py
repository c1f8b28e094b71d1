"""The decision on a request: approved or denied, once."""

from datetime import datetime

from django.db import transaction

from accounts.models import Membership, User
from consent.mail.grant_events import tell_of_approval
from consent.models import Actor, ConsentRequest, Grant, RecordedConsent, RequestStatus
from consent.requests import AccessRequest, InvalidDetails
from consent.services.ask import allowed_scopes, may_ask
from consent.services.decision import (
    AlreadyDecided,
    ClientNotAllowed,
    Decision,
    OfferChanged,
    settle,
)
from consent.services.grants import create_grant
from consent.services.offer import build_offer, changed_aspects
from consent.services.opened import locked_request
from consent.services.receipts import write_receipt
from consent.services.scope_limits import require_within_limits
from consent.services.transitions import record_event
from consent.transitions import GrantStatus
from consent.wording import recorded_in_words


@transaction.atomic
def approve_request(
    *,
    request: ConsentRequest,
    decision: Decision,
    by: User,
    digest: str,
    at: datetime,
    recorded: RecordedConsent | None = None,
) -> Grant:
    """Grant what `decision` keeps of the request: grant, event, receipt and mail, or nothing at all.

    `digest` is the offer's that the customer read. Everything is checked again under a lock, so that two
    approvals at once give one grant. `recorded` is set where staff wrote down what `by` said by phone or on
    paper, and two of them stand for it (P-23). Raises AlreadyDecided with the first outcome, else another
    DecisionRefused.
    """
    request = locked_request(request, by, at)
    check_client(request)
    _hold_roles(by)
    offer = build_offer(request, by, at)
    if offer.may_decide and offer.digest != digest:
        raise OfferChanged(changed_aspects(digest, offer.digest))
    settled = settle(offer, decision, at=at)
    numbers = {choice.pk: choice.number for group in offer.groups for choice in group.choices}
    grant = create_grant(client=request.client, user=by, settled=settled, numbers=numbers, at=at)
    _record_approval(grant, by=by, at=at, recorded=recorded)
    receipt = write_receipt(
        grant=grant, request=request, offer=offer, settled=settled, by=by, at=at, recorded=recorded
    )
    _decide(request, RequestStatus.APPROVED, at=at, grant=grant)
    tell_of_approval(grant=grant, receipt=receipt, at=at, recorded=recorded)
    return grant


@transaction.atomic
def deny_request(*, request: ConsentRequest, by: User, at: datetime) -> ConsentRequest:
    """Share nothing. Needs no more than who opened the request or was asked to decide it (F-79).

    Denying twice changes nothing. Raises AlreadyDecided where it was approved, MayNotDecide, RequestOver.
    """
    try:
        request = locked_request(request, by, at)
    except AlreadyDecided as earlier:
        if earlier.grant is not None:
            raise
        request.refresh_from_db()
        return request
    _decide(request, RequestStatus.DENIED, at=at, grant=None)
    return request


def _record_approval(grant: Grant, *, by: User, at: datetime, recorded: RecordedConsent | None) -> None:
    if recorded is None:
        record_event(grant, former="", to=GrantStatus.ACTIVE, actor=Actor.CUSTOMER, by=by, at=at)
        return
    record_event(
        grant,
        former="",
        to=GrantStatus.ACTIVE,
        actor=Actor.STAFF,
        by=recorded.decided_by,
        at=at,
        reason=f"recorded consent {recorded.reference}",
        public_reason=recorded_in_words(recorded.how, recorded.given_at),
    )


def check_client(request: ConsentRequest) -> None:
    """Raise ClientNotAllowed where the company may not have, as things stand, what it asked for (F-20, F-21)."""
    allowed = allowed_scopes(request.client)
    asked = AccessRequest.from_json(request.details)
    if not may_ask(request.client) or any(part.scope not in allowed for part in asked.parts):
        raise ClientNotAllowed
    try:  # the days of its own day: waiting makes no request too wide
        require_within_limits(asked, client=request.client, at=request.created)
    except InvalidDetails as too_wide:
        raise ClientNotAllowed from too_wide


def _hold_roles(by: User) -> None:
    """Take turns with whoever ends a role of `by`: this approval counts without it, or is there to be taken out."""
    list(Membership.objects.select_for_update(no_key=True).filter(user=by).order_by("pk").values_list("pk"))


def _decide(request: ConsentRequest, status: RequestStatus, *, at: datetime, grant: Grant | None) -> None:
    request.status = status
    request.decided_at = at
    request.grant = grant
    request.save(update_fields=["status", "decided_at", "grant"])
