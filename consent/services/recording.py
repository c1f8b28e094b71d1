"""Consent by phone or on paper: written down by one of staff, confirmed by another, then approved like any other.

There is no other way for staff to a grant (P-23).
"""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.files.base import File
from django.db import transaction
from django.utils.timezone import get_default_timezone
from django.utils.translation import override

from accounts.models import User
from consent.models import (
    Client,
    ConsentRequest,
    Grant,
    RecordedConsent,
    RecordedStatus,
    RequestStatus,
)
from consent.requests import AccessRequest, parse_request
from consent.scopes.base import Period
from consent.scopes.catalogue import SCOPES
from consent.services.access_requests import (
    DECISION_PERIOD,
    allowed_scopes,
    may_request,
    within_limits,
)
from consent.services.approve import approve_request
from consent.services.decision import ClientNotAllowed, MayNotDecide, PartDecision, validate_decision
from consent.services.offer import Offer, build_offer
from consent.wording import badge_in_words, commodity_in_words, part_in_words

CONFIRM_WITHIN = timedelta(days=30)  # of when it was given: an old word is no longer what the customer wants


class RecordingRefused(ValueError):
    """The record cannot be made or decided so; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code.replace("_", " "))
        self.code = code


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the customer says yes to. Days are local and included; None = open, for `last` one time."""

    scopes: tuple[str, ...]
    contract_numbers: tuple[str, ...]
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Proof:
    """How the consent was given, when, and what shows it: a file, or where it is kept."""

    how: str
    given_at: datetime
    file: File | None  # type: ignore[type-arg]  # of bytes, from an upload
    reference: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An agreement as it would be granted now: `wording` is read to the customer, line by line."""

    access: AccessRequest
    offer: Offer
    wording: tuple[str, ...]


def draft(*, client: Client, person: User, agreed: Agreed, at: datetime) -> Draft:
    """What would be granted for `agreed`, and the words to read out, in the person's language. Writes nothing.

    Raises InvalidRequest (dates, scopes), ClientNotAllowed, MayNotDecide unless the person owns what is shared,
    another DecisionRefused where a kind of data has nothing to share.
    """
    allowed = allowed_scopes(client)
    if not may_request(client):
        raise ClientNotAllowed
    details = []  # the authorization_details that a client would have sent for what was agreed
    for scope in agreed.scopes:
        detail: dict[str, object] = {"type": scope, "services": list(agreed.contract_numbers)}
        if agreed.first and SCOPES[scope].period is Period.DATA:
            detail["start"] = agreed.first.isoformat()
        if agreed.last:
            detail["end"] = agreed.last.isoformat()
        details.append(detail)
    access = parse_request(
        scope="",
        authorization_details=json.dumps(details),
        allowed=allowed,
        now=at,
        zone=get_default_timezone(),
    )
    access = within_limits(access, client=client, at=at)
    with override(person.language):
        offer = build_offer(_request(client, person, access, at), person, at)
        if offer.delegate or not offer.may_decide:
            raise MayNotDecide
        validate_decision(offer, _everything(offer), at=at)
        return Draft(access, offer, tuple(_wording(offer)))


@transaction.atomic
def record_consent(
    *, client: Client, person: User, agreed: Agreed, proof: Proof, by: User, at: datetime
) -> RecordedConsent:
    """Write down what was agreed; it opens nothing until another of staff confirms it.

    Raises what `draft` raises, and RecordingRefused without a proof, for a time to come or one too long ago.
    """
    if proof.file is None and not proof.reference:
        raise RecordingRefused("no_proof")
    if proof.given_at > at:
        raise RecordingRefused("not_given_yet")
    if proof.given_at < at - CONFIRM_WITHIN:
        raise RecordingRefused("too_old")
    if person.pk == by.pk:
        raise RecordingRefused("own_consent")
    drafted = draft(client=client, person=person, agreed=agreed, at=at)
    recorded = RecordedConsent(
        client=client,
        user=person,
        details=drafted.access.as_json(),
        digest=drafted.offer.digest,
        wording=list(drafted.wording),
        language=person.language,
        how=proof.how,
        given_at=proof.given_at,
        proof_reference=proof.reference,
        recorded_by=by,
        recorded_at=at,
    )
    if proof.file is not None:
        recorded.proof_file.save(proof.file.name or "proof", proof.file, save=False)
    recorded.save(force_insert=True)
    return recorded


@transaction.atomic
def confirm_recorded(*, recorded: RecordedConsent, by: User, at: datetime) -> Grant:
    """Make the grant: the same service, receipt and mail as a customer's own approval, marked as recorded.

    Raises RecordingRefused: decided already, `by` is who recorded it or who agreed, it was given too long ago, or
    the customer may not log in any more. Raises a DecisionRefused where what was read out no longer holds
    (OfferChanged names the differences); then it is recorded anew.
    """
    recorded = _locked(recorded, by)
    if recorded.given_at < at - CONFIRM_WITHIN:
        raise RecordingRefused("too_old")
    if not recorded.user.is_active:
        raise RecordingRefused("no_login")
    recorded.decided_by = by
    request = _request(recorded.client, recorded.user, AccessRequest.from_json(recorded.details), at)
    request.save(force_insert=True)
    with override(recorded.language):
        grant = approve_request(
            request=request,
            decision=_everything(build_offer(request, recorded.user, at)),
            by=recorded.user,
            digest=recorded.digest,
            at=at,
            recorded=recorded,
        )
    recorded.grant = grant
    _decide(recorded, RecordedStatus.CONFIRMED, by, at)
    return grant


@transaction.atomic
def refuse_recorded(*, recorded: RecordedConsent, by: User, reason: str, at: datetime) -> None:
    """Close a record without a grant; whoever wrote it may take it back so. Raises RecordingRefused."""
    recorded = _locked(recorded, None)
    recorded.refusal = reason
    _decide(recorded, RecordedStatus.REFUSED, by, at)


def _locked(recorded: RecordedConsent, by: User | None) -> RecordedConsent:
    locked = RecordedConsent.objects.select_for_update().get(pk=recorded.pk)
    if locked.status != RecordedStatus.WAITING:
        raise RecordingRefused("decided_already")
    if by is not None and by.pk in (locked.recorded_by_id, locked.user_id):
        raise RecordingRefused("needs_a_second_person")
    return locked


def _decide(recorded: RecordedConsent, status: RecordedStatus, by: User, at: datetime) -> None:
    recorded.status = status
    recorded.decided_by = by
    recorded.decided_at = at
    recorded.save(update_fields=["status", "decided_by", "decided_at", "refusal", "grant"])


def _request(client: Client, person: User, access: AccessRequest, at: datetime) -> ConsentRequest:
    """The request as the company would have sent it; stored only together with a grant."""
    return ConsentRequest(
        client=client,
        user=person,
        details=access.as_json(),
        status=RequestStatus.WAITING,
        created=at,
        expires=at + DECISION_PERIOD,
    )


def _everything(offer: Offer) -> tuple[PartDecision, ...]:
    """All of it: the agent asked for no more than the customer said."""
    return tuple(PartDecision(part.scope.id, part.contracts) for part in offer.parts)


def _wording(offer: Offer) -> list[str]:
    """What is read out, line by line: the company, its purpose, and each kind of data with dates and services."""
    client = offer.request.client
    lines = [client.name, client.purpose] if client.purpose else [client.name]
    for part in offer.parts:
        lines.append(f"{part.scope.title}: {part.scope.sentence} {part.scope.hint}".strip())
        dates = part_in_words(part.scope, part.period, at=offer.at)
        lines.append(f"{dates} {badge_in_words(part.period)}")
        services = (
            (contract.contract_number, commodity_in_words(contract.commodity), contract.address)
            for pk, contract in offer.contracts.items()
            if pk in part.contracts
        )
        lines.append("; ".join(", ".join(filter(None, words)) for words in services))
    return lines
