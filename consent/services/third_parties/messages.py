"""What a third party writes to its server, and how it marks what it has read (R-121 to R-134)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from consent.mail.client_messages import reply
from consent.models import (
    Client,
    ClientStatus,
    Message,
    MessageStatus,
    MessageType,
    Registration,
    RegistrationStep,
    Review,
    ReviewKind,
    ReviewStatus,
    StepStatus,
)
from consent.services.third_parties.attachments import SentAttachment, store_attachments
from consent.services.third_parties.client_values import ValueRefused
from consent.services.third_parties.review_queue import withdraw
from consent.services.third_parties.threads import lock_registration

# what each type is at first
FIRST_STATUS: dict[MessageType, MessageStatus] = {
    MessageType.PRIVATE_MESSAGE: MessageStatus.COMPLETE,
    MessageType.CLIENT_SUBMISSION: MessageStatus.COMPLETE,
    MessageType.PRODUCTION_REQUEST: MessageStatus.PENDING,
    MessageType.SUPPORT_REQUEST: MessageStatus.PENDING,
    MessageType.GRANT_REQUEST: MessageStatus.PENDING,
}
# requests of the server that a submission may answer (R-121, B-7); the pages of steps write one too
ANSWERABLE = frozenset(
    {
        MessageType.SERVER_REQUEST,
        MessageType.PDF_FORM_REQUEST,
        MessageType.ONLINE_FORM_REQUEST,
        MessageType.PAYMENT_REQUEST,
    }
)
_REVIEWED = {
    MessageType.PRODUCTION_REQUEST: ReviewKind.PRODUCTION_REQUEST,
    MessageType.GRANT_REQUEST: ReviewKind.GRANT_REQUEST,
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A message of a third party before it is written, checked in form.

    `client` is the object that it is about, `previous` the message that it answers. `updates`, `grants` are lists as on
    the wire.
    """

    type: MessageType
    name: str = ""
    description: str = ""
    previous: Message | None = None
    client: Client | None = None
    updates: Sequence[Mapping[str, Any]] = ()
    grants: Sequence[Mapping[str, Any]] = ()
    related_uri: str = ""
    related_type: str = ""
    attachments: Sequence[SentAttachment] = field(default=())


@transaction.atomic
def write_message(
    *,
    registration: Registration,
    draft: Draft,
    at: datetime,
    creator: Client | None = None,
    author: User | None = None,
) -> Message:
    """Write it, and give staff what they have to look at (R-130 to R-132, R-134).

    `creator` is the object whose program wrote it, `author` the person who did. A submission turns the open request
    that it answers pending; a newer one takes the place of one that waits. Raises ValueRefused: the request takes no
    answer, or was asked for other values, or the object is not in the sandbox.
    """
    lock_registration(registration.pk)
    previous = draft.previous
    if previous is not None:
        previous = (
            Message.objects.select_for_update(of=("self",))
            .select_related("client", "first", "step__field", "registration")
            .get(pk=previous.pk)
        )
    if draft.type == MessageType.CLIENT_SUBMISSION:
        previous = _checked_request(draft, previous)
    if draft.type == MessageType.PRODUCTION_REQUEST:
        _check_sandbox(draft.client)
    written = Message.objects.create(
        registration=registration,
        client=draft.client or (previous.client if previous else None),
        creator=creator,
        author=author,
        by_client=True,
        first=(previous.first or previous) if previous else None,
        previous=previous,
        type=draft.type,
        status=FIRST_STATUS[draft.type],
        name=draft.name,
        description=draft.description,
        updates_requested=list(draft.updates),
        grants_requested=list(draft.grants),
        related_uri=draft.related_uri,
        related_type=draft.related_type,
        read=True,
        created=at,
        modified=at,
    )
    store_attachments(written, draft.attachments)
    if draft.type == MessageType.CLIENT_SUBMISSION:
        assert previous is not None
        _submit(previous, by=author, at=at)
    elif draft.type in _REVIEWED:
        _ask_staff(written, at=at)
    return written


@transaction.atomic
def set_read(*, message: Message, read: bool, at: datetime) -> Message:
    """Mark a message as read or unread by its third party (R-133). Nothing moves where it is so already."""
    message = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if message.read != read:
        message.read, message.modified = read, at
        message.save(update_fields=["read", "modified"])
    return message


def _checked_request(draft: Draft, request: Message | None) -> Message:
    """The request of the server that a submission answers (R-121, R-124). Raises ValueRefused."""
    if request is None:
        raise ValueRefused("previous_uri", "a submission answers a request of the server")
    if request.by_client or request.type not in ANSWERABLE:
        raise ValueRefused("previous_uri", f"it is a {request.type}, which takes no submission")
    if request.status not in {MessageStatus.OPEN, MessageStatus.PENDING}:
        raise ValueRefused("previous_uri", f"the request is {request.status}")
    wanted = requested_fields(request)
    fields = [update["field"] for update in draft.updates]
    if len(set(fields)) < len(fields) or not set(fields) <= set(wanted):
        raise ValueRefused("updates_requested", f"fields are those of the request: {', '.join(wanted)}")
    if not fields and not (request.type != MessageType.SERVER_REQUEST and draft.attachments):
        raise ValueRefused("updates_requested", "it is missing")
    return request


def requested_fields(request: Message) -> list[str]:
    """What a request of the server asks for, by the ids that an answer names; of a form, the requirement's."""
    if request.type == MessageType.SERVER_REQUEST:
        return [update["field"] for update in request.updates_requested]
    return [request.step.field.field_id] if request.step else []


def _check_sandbox(client: Client | None) -> None:
    if client is None or client.status != ClientStatus.SANDBOX:
        raise ValueRefused("related_uri", "it must be the address of an object in the sandbox")


def _submit(request: Message, *, by: User | None, at: datetime) -> None:
    """The request waits for staff (R-131); of a step of registration a reply says so too (R-45)."""
    for earlier in Review.objects.filter(
        kind=ReviewKind.SUBMISSION, message=request, status=ReviewStatus.WAITING
    ):
        withdraw(earlier, at=at)
    if request.status == MessageStatus.OPEN and request.step is None:
        request.status, request.modified = MessageStatus.PENDING, at
        request.save(update_fields=["status", "modified"])
    elif request.status == MessageStatus.OPEN and request.step is not None:
        RegistrationStep.objects.filter(pk=request.step.pk).update(status=StepStatus.PENDING, modified=at)
        reply(
            message=request,
            status=MessageStatus.PENDING,
            text="The utility has your answer and looks at it.",
            by=None,
            at=at,
        )
    assert request.registration is not None
    Review.objects.create(
        registration=request.registration,
        client=request.client,
        message=request,
        kind=ReviewKind.SUBMISSION,
        created=at,
    )


def _ask_staff(message: Message, *, at: datetime) -> None:
    """Put a request into the queue of staff; one of its kind that waits for the same object is replaced."""
    kind = _REVIEWED[MessageType(message.type)]
    assert message.registration is not None
    if kind == ReviewKind.PRODUCTION_REQUEST:
        for earlier in Review.objects.filter(kind=kind, client=message.client, status=ReviewStatus.WAITING):
            withdraw(earlier, at=at)
    Review.objects.create(
        registration=message.registration, client=message.client, message=message, kind=kind, created=at
    )
