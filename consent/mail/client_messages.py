"""Messages between a utility and a third party about the third party's clients (R-94 to R-134)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.queue import MailText, write_mail
from accounts.mail.resend import occasion_of, writes_again
from accounts.models import OutgoingMail, User
from consent.mail.personal import in_one_line, mail_to
from consent.models import (
    ALLOWED_STATUSES,
    Client,
    ClientContact,
    Grant,
    Message,
    MessageStatus,
    MessageType,
    Registration,
    RegistrationStep,
)

# requests of the server that lead to a page or a form; those of one step of registration share their status
_OF_STEPS = (
    MessageType.PAYMENT_REQUEST,
    MessageType.ONLINE_FORM_REQUEST,
    MessageType.PDF_FORM_REQUEST,
)


class MessageRefused(ValueError):
    """The message cannot be written so; the text says why, for the person who wrote it."""


@transaction.atomic
def notify(
    *,
    subject: str,
    text: str,
    at: datetime,
    client: Client | None = None,
    registration: Registration | None = None,
    grant: Grant | None = None,
    by: User | None = None,
    kind: MessageType = MessageType.NOTIFICATION,
    status: MessageStatus = MessageStatus.COMPLETE,
    updates: Sequence[Mapping[str, Any]] = (),
    related_uri: str = "",
    related_type: str = "",
    amount: Decimal | None = None,
    currency: str = "",
    previous: Message | None = None,
    step: RegistrationStep | None = None,
    link_expires: datetime | None = None,
    mailed: bool = True,
) -> Message:
    """Tell a third party something of its server's: that it need not answer, or `status` says so (R-92, R-94).

    It is about `client`, or where that is left out about the registration as a whole, and may be about a grant. It may
    continue the thread of `previous`. `step`, `link_expires` as of a Message. `mailed`: contacts get a mail that it is
    there.
    """
    written = Message.objects.create(
        client=client,
        registration=registration,
        grant=grant,
        step=step,
        link_expires=link_expires,
        first=(previous.first or previous) if previous else None,
        previous=previous,
        by_client=False,
        author=by,
        type=kind,
        status=status,
        name=subject,
        description=text,
        updates_requested=list(updates),
        related_uri=related_uri,
        related_type=related_type,
        amount=amount,
        currency=currency,
        created=at,
        modified=at,
    )
    if mailed:
        mail_contacts(written, at)
    return written


@transaction.atomic
def reply(
    *,
    message: Message,
    status: MessageStatus,
    text: str,
    by: User | None,
    at: datetime,
    related_uri: str = "",
    related_type: str = "",
) -> Message:
    """Answer a request with its new state, which the request has from then on too (R-107 to R-111, B-8).

    A payment that is complete leads to its receipt, and the request to its checkout still (R-109, B-9). Raises
    MessageRefused: a request of this type is never in such a state.
    """
    if status not in ALLOWED_STATUSES[MessageType(message.type)]:
        raise MessageRefused(f"a {message.type} is never {status}")
    is_paid = message.type == MessageType.PAYMENT_REQUEST and status == MessageStatus.COMPLETE
    written = Message.objects.create(
        client=message.client,
        registration=message.registration,
        grant=message.grant,
        step=message.step if is_paid else None,
        first=message.first or message,
        previous=message,
        by_client=False,
        author=by,
        type=MessageType.REQUEST_UPDATE,
        status=status,
        name=message.name,
        description=text,
        related_uri=related_uri,
        related_type="payment_receipt" if is_paid else related_type,
        created=at,
        modified=at,
    )
    if message.step_id is not None:
        Message.objects.filter(step=message.step_id, type__in=_OF_STEPS).update(status=status, modified=at)
    message.status, message.modified = status, at
    if related_uri:
        message.related_uri, message.related_type = related_uri, related_type
    message.save(update_fields=["status", "modified", "related_uri", "related_type"])
    mail_contacts(written, at)
    return written


def mail_contacts(message: Message, at: datetime) -> None:
    """A mail to each contact that there is something to read; the message itself stays behind the login."""
    contacts = ClientContact.objects.filter(registration=message.registration, user__is_active=True)
    for user in {contact.user: None for contact in contacts.select_related("user").order_by("pk")}:
        write_mail(
            kind="client_message",
            dedup_key=f"client_message:{message.public_id}:{user.public_id}",
            user=user,
            mail=_notification(message, user),
            at=at,
        )


@writes_again("client_message")
def _again(mail: OutgoingMail, at: datetime) -> MailText | None:
    """For who is a contact still."""
    message = (
        Message.objects.filter(public_id=occasion_of(mail))
        .select_related("client", "registration", "first")
        .first()
    )
    if message is None or mail.user is None:
        return None
    contacts = ClientContact.objects.filter(
        registration=message.registration, user=mail.user, user__is_active=True
    )
    return _notification(message, mail.user) if contacts.exists() else None


def _notification(message: Message, user: User) -> MailText:
    thread = message.first or message
    with override(user.language):
        words = {"client": in_one_line(message.company)}
        return mail_to(
            user,
            subject=_("A message about %(client)s") % words,
            paragraphs=(_("There is a message about %(client)s. Log in to read it.") % words,),
            path=f"/developer/messages/{thread.public_id}/",
            link_words=_("Read the message"),
        )
