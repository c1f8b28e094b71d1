"""What staff decide about third parties: reviews, and the steps of a registration (R-44, R-45, R-71, R-90, R-132)."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from accounts.models import User
from consent.mail.client_messages import notify, reply
from consent.models import (
    Client,
    ClientStatus,
    FieldType,
    MessageStatus,
    MessageType,
    RegistrationStep,
    Review,
    ReviewKind,
    ReviewStatus,
    StepStatus,
)
from consent.services.clients import ClientChangeRefused
from consent.services.third_parties.client_changes import apply_reviewed_changes
from consent.services.third_parties.register import make_production_object

_ANSWERS = {  # what a review became, as its message has it
    ReviewStatus.APPROVED: MessageStatus.COMPLETE,
    ReviewStatus.REFUSED: MessageStatus.REJECTED,
}
# steps that staff can only decide, not wait for: an address is confirmed or is not yet
_NEVER_REJECTED = frozenset({FieldType.EMAIL_VERIFICATION})


@transaction.atomic
def approve_review(*, review: Review, by: User, address_of: Callable[[Client], str], at: datetime) -> Review:
    """Do what a third party asked for; its message says so, and where the object is (R-107). A registration that is
    approved goes to production.

    Raises ClientChangeRefused: it was decided, or replaced by a newer one, or steps are not complete.
    """
    review = _lock(review)
    about: Client | None = None
    if review.kind == ReviewKind.REGISTRATION:
        _put_all_in_production(review, address_of, at)
    elif review.kind == ReviewKind.FIELD_CHANGES:
        about = apply_reviewed_changes(review=review, at=at)
    elif review.kind == ReviewKind.PRODUCTION_REQUEST:
        assert review.client is not None  # such a request is about an object of the sandbox
        about = make_production_object(sandbox=review.client, at=at)
    return _decide(
        review,
        ReviewStatus.APPROVED,
        by=by,
        reason="",
        at=at,
        related=(address_of(about), "client") if about else ("", ""),
    )


@transaction.atomic
def refuse_review(*, review: Review, by: User, reason: str, at: datetime) -> Review:
    """Leave all as it is; its third party reads the reason (R-110). Raises ClientChangeRefused as above."""
    return _decide(_lock(review), ReviewStatus.REFUSED, by=by, reason=reason, at=at, related=("", ""))


@transaction.atomic
def set_step(*, step: RegistrationStep, status: StepStatus, by: User, reason: str, at: datetime) -> None:
    """Say how far a step of a registration is; its message and a reply to it say so too (R-45).

    Raises ClientChangeRefused: it is so already, or a step of its type cannot be.
    """
    step = RegistrationStep.objects.select_for_update(of=("self",)).select_related("field").get(pk=step.pk)
    if step.status == status:
        raise ClientChangeRefused(f"{step} is {status} already")
    if status == StepStatus.REJECTED and step.field.type in _NEVER_REJECTED:
        raise ClientChangeRefused(f"{step} cannot be rejected, only completed")
    step.status, step.modified = status, at
    step.save(update_fields=["status", "modified"])
    if step.message is not None:
        words = f"{step.field.description}: {status}. {reason}".strip()
        reply(message=step.message, status=MessageStatus(status), text=words, by=by, at=at)


def _put_all_in_production(review: Review, address_of: Callable[[Client], str], at: datetime) -> None:
    """Beside each object of the sandbox one of production, once every step of the registration is complete (R-71)."""
    registration = review.registration
    if registration.steps.exclude(status=StepStatus.COMPLETE).exists():
        raise ClientChangeRefused(f"steps of {registration} are not complete")
    for sandbox in registration.clients.filter(status=ClientStatus.SANDBOX).order_by("pk"):
        made = make_production_object(sandbox=sandbox, at=at)
        notify(
            client=made,
            subject="In production",
            text=f"The utility agreed: {made.client_id} is the object of production beside {sandbox.client_id}.",
            at=at,
            kind=MessageType.FIELD_CHANGES,
            related_uri=address_of(made),
            related_type="client",
        )


def _lock(review: Review) -> Review:
    review = (
        Review.objects.select_for_update(of=("self",)).select_related("client", "message").get(pk=review.pk)
    )
    if review.status != ReviewStatus.WAITING:
        raise ClientChangeRefused(f"{review} is {review.status}")
    return review


def _decide(
    review: Review,
    status: ReviewStatus,
    *,
    by: User,
    reason: str,
    at: datetime,
    related: tuple[str, str],
) -> Review:
    review.status, review.decided, review.decided_by, review.reason = status, at, by, reason
    review.save(update_fields=["status", "decided", "decided_by", "reason"])
    if review.message is not None:
        uri, kind = related
        words = reason or "The utility agreed."
        answer = _ANSWERS[status]
        reply(
            message=review.message,
            status=answer,
            text=words,
            by=by,
            at=at,
            related_uri=uri,
            related_type=kind,
        )
    return review
