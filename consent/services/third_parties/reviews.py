"""What staff decide about third parties: reviews, and the steps of a registration (R-44, R-45, R-71, R-90, R-132)."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from cdsc_portal.lib.json.encoder import instant
from consent.mail.client_messages import notify, reply
from consent.models import (
    Actor,
    Change,
    Client,
    ClientStatus,
    FieldType,
    Grant,
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
from consent.services.third_parties.threads import ask_for_more, ask_registration, lock_registration
from consent.services.transitions import record_transition, settled_status
from consent.transitions import GrantStatus

_ANSWERS = {  # what a review became, as its message has it
    ReviewStatus.APPROVED: MessageStatus.COMPLETE,
    ReviewStatus.REFUSED: MessageStatus.REJECTED,
    ReviewStatus.RETURNED: MessageStatus.OPEN,
}
_OF_STEP = {  # what a submission became whose step staff moved themselves
    StepStatus.COMPLETE: ReviewStatus.APPROVED,
    StepStatus.REJECTED: ReviewStatus.REFUSED,
    StepStatus.OPEN: ReviewStatus.RETURNED,
    StepStatus.PENDING: ReviewStatus.WAITING,
}
# steps that staff can only decide, not wait for: an address is confirmed or is not yet
_NEVER_REJECTED = frozenset({FieldType.EMAIL_VERIFICATION})


@transaction.atomic
def approve_review(
    *, review: Review, by: User, address_of: Callable[[Client], str], at: datetime, grants_uri: str = ""
) -> Review:
    """Do what a third party asked for; its message says so, and where the object is (R-107). A registration that is
    approved goes to production. `grants_uri` lists the grants that a request for grants led to (R-108).

    Raises ClientChangeRefused: it was decided, or replaced by a newer one, or steps are not complete, or a request for
    grants led to none.
    """
    review = _lock(review)
    about: Client | None = None
    related = ("", "")
    if review.kind == ReviewKind.REGISTRATION:
        _put_all_in_production(review, address_of, at)
    elif review.kind == ReviewKind.FIELD_CHANGES:
        about = apply_reviewed_changes(review=review, at=at)
    elif review.kind == ReviewKind.PRODUCTION_REQUEST:
        assert review.client is not None  # such a request is about an object of the sandbox
        about = make_production_object(sandbox=review.client, at=at)
    elif review.kind == ReviewKind.GRANT_CHANGES:
        related = _move_wish(review, GrantStatus.NEEDS_AUTHORIZATION, by=by, at=at)
    elif review.kind == ReviewKind.GRANT_REQUEST:
        if not grants_uri:
            raise ClientChangeRefused("name the grants that the request led to")
        related = (grants_uri, "grant_list")
    if about:
        related = (address_of(about), "client")
    return _decide(review, ReviewStatus.APPROVED, by=by, reason="", at=at, related=related)


@transaction.atomic
def refuse_review(*, review: Review, by: User, reason: str, at: datetime) -> Review:
    """Leave all as it is; its third party reads the reason (R-110). Raises ClientChangeRefused as above."""
    review, related = _lock(review), ("", "")
    if review.kind == ReviewKind.GRANT_CHANGES:
        related = _move_wish(review, None, by=by, at=at)
    return _decide(review, ReviewStatus.REFUSED, by=by, reason=reason, at=at, related=related)


@transaction.atomic
def expect_decision(*, review: Review, expected: datetime, by: User, at: datetime) -> Review:
    """Tell the third party when staff mean to decide; a grant that waits for it shows it as its `eta` (R-150).

    Raises ClientChangeRefused: it was decided.
    """
    review = _lock(review)
    review.expected = expected
    review.save(update_fields=["expected"])
    if review.grant is not None:
        Grant.objects.filter(pk=review.grant.pk).update(eta=expected, modified=at)
    text = f"The utility means to decide by {instant(expected)}."
    if review.message is None:
        notify(registration=review.registration, subject="When we decide", text=text, by=by, at=at)
    else:
        reply(message=review.message, status=MessageStatus.PENDING, text=text, by=by, at=at)
    return review


@transaction.atomic
def return_review(
    *, review: Review, by: User, text: str, items: Sequence[tuple[str, str]], at: datetime
) -> Review:
    """Ask for more before deciding. Of a submission, the request is open again; of anything else, a new request of the
    server asks for `items`, each a name and what is wanted, and the review waits on.

    Raises ClientChangeRefused: it was decided, or nobody wrote a message that could be continued.
    """
    review = _lock(review)
    if review.kind == ReviewKind.SUBMISSION:
        return _decide(review, ReviewStatus.RETURNED, by=by, reason=text, at=at, related=("", ""))
    if not items:
        raise ClientChangeRefused("name what is needed, a line each")
    if review.message is None:
        ask_registration(registration=review.registration, items=items, by=by, text=text, at=at)
    else:
        ask_for_more(message=review.message, items=items, by=by, text=text, at=at)
    return review


@transaction.atomic
def set_step(*, step: RegistrationStep, status: StepStatus, by: User, reason: str, at: datetime) -> None:
    """Say how far a step of a registration is; its message and a reply to it say so too (R-45).

    What was sent for it and waits for staff is decided with it. Raises ClientChangeRefused: it is so already, or a step
    of its type cannot be.
    """
    lock_registration(step.registration_id)
    step = RegistrationStep.objects.select_for_update(of=("self",)).select_related("field").get(pk=step.pk)
    _move_step(step, status, at=at)
    submitted = Review.objects.filter(
        Q(message__step=step) | Q(message=step.message_id),
        kind=ReviewKind.SUBMISSION,
        status=ReviewStatus.WAITING,
    )
    submitted.update(status=_OF_STEP[status], decided=at, decided_by=by, reason=reason)
    if step.message is not None:
        words = f"{step.field.description}: {status}. {reason}".strip()
        reply(message=step.message, status=MessageStatus(status), text=words, by=by, at=at)


def _move_step(step: RegistrationStep, status: StepStatus, *, at: datetime) -> None:
    if step.status == status:
        raise ClientChangeRefused(f"{step} is {status} already")
    if status == StepStatus.REJECTED and step.field.type in _NEVER_REJECTED:
        raise ClientChangeRefused(f"{step} cannot be rejected, only completed")
    step.status, step.modified = status, at
    step.save(update_fields=["status", "modified"])


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


def _move_wish(review: Review, to: GrantStatus | None, *, by: User, at: datetime) -> tuple[str, str]:
    """Let the third party ask the customer, or (None) go back to what is allowed; address and kind of the grant."""
    grant, message = review.grant, review.message
    assert grant is not None  # such a review is about one, and a message says so
    assert message is not None
    to = to or settled_status(grant, at)
    record_transition(grant, to=to, actor=Actor.STAFF, by=by, change=Change.REVIEWED, at=at)
    return message.related_uri, message.related_type


def _lock(review: Review) -> Review:
    """Registration, grant, review: in the order in which those who change a grant take them."""
    lock_registration(review.registration_id)
    if review.grant_id is not None:
        Grant.objects.select_for_update().get(pk=review.grant_id)
    review = (
        Review.objects.select_for_update(of=("self",))
        .select_related("client", "grant__client", "message__step__field", "registration")
        .get(pk=review.pk)
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
    if review.message is None:
        return review
    answer = _ANSWERS[status]
    if review.message.step is not None:
        _move_step(review.message.step, StepStatus(answer), at=at)
    uri, kind = related
    reply(
        message=review.message,
        status=answer,
        text=reason or "The utility agreed.",
        by=by,
        at=at,
        related_uri=uri,
        related_type=kind,
    )
    return review
