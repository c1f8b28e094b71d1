"""Steps of a registration as a third party's people take them on the pages that messages lead to (R-44 to R-47)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import User
from consent.mail.client_messages import reply
from consent.models import Message, MessageStatus, MessageType, RegistrationStep, StepStatus
from consent.services.third_parties.attachments import SentAttachment
from consent.services.third_parties.messages import Draft, write_message
from consent.services.third_parties.threads import lock_registration

MOST_ADDRESSES = 20  # that one step sends mail to


class StepOver(ValueError):  # noqa: N818 - what happened to it
    """The step is complete or rejected, waits for staff already, or was tried too often."""


def submit_step(
    *,
    message: Message,
    text: str,
    at: datetime,
    by: User | None = None,
    attachments: Sequence[SentAttachment] = (),
) -> Message:
    """Hand in what a step asks for; it waits for staff then. A submission, as a program would write it (R-131, R-45).

    Raises StepOver, ValueRefused.
    """
    step = _open_step(message)
    update = {"field": step.field.field_id, "name": "", "description": text}
    draft = Draft(
        type=MessageType.CLIENT_SUBMISSION, previous=message, updates=[update], attachments=attachments
    )
    return write_message(registration=step.registration, draft=draft, author=by, at=at)


@transaction.atomic
def name_address(*, message: Message, address: str, at: datetime) -> Message:
    """Take down an address that is to be confirmed, as a submission; its own link confirms it.

    Raises StepOver: the step is complete, or MOST_ADDRESSES were named for it.
    """
    lock_registration(message.registration_id)
    step = _open_step(message)
    named = Message.objects.filter(previous__step=step, type=MessageType.CLIENT_SUBMISSION)
    if named.count() >= MOST_ADDRESSES:
        raise StepOver("too many addresses")
    return Message.objects.create(
        registration=message.registration,
        by_client=True,
        first=message.first or message,
        previous=message,
        type=MessageType.CLIENT_SUBMISSION,
        status=MessageStatus.COMPLETE,
        updates_requested=[{"field": step.field.field_id, "name": "", "description": address}],
        read=True,
        created=at,
        modified=at,
    )


@transaction.atomic
def confirm_address(*, submission: Message, at: datetime) -> None:
    """Complete the step whose address its reader confirmed by the link of the mail (R-45). Twice is once."""
    message = submission.previous
    assert message is not None and message.step_id is not None  # `name_address` made it
    lock_registration(message.registration_id)
    step = RegistrationStep.objects.select_for_update(of=("self",)).get(pk=message.step_id)
    if step.status == StepStatus.COMPLETE:
        return
    step.status, step.modified = StepStatus.COMPLETE, at
    step.save(update_fields=["status", "modified"])
    text = "The address was confirmed."
    reply(message=message, status=MessageStatus.COMPLETE, text=text, by=None, at=at)


def _open_step(message: Message) -> RegistrationStep:
    assert message.step_id is not None  # the caller came by the link of a step
    step = RegistrationStep.objects.select_related("field", "registration").get(pk=message.step_id)
    if step.status != StepStatus.OPEN:
        raise StepOver(step.status)
    return step
