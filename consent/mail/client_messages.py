"""Messages between a utility and a third party about the third party's clients (R-94 to R-134)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.queue import MailText, write_mail
from accounts.mail.resend import occasion_of, writes_again
from accounts.models import OutgoingMail, User
from consent.mail.personal import in_one_line, mail_to
from consent.models import Client, ClientContact, Grant, Message, MessageStatus, MessageType, Registration

_SECOND_CLICK = timedelta(minutes=1)


class MessageRefused(ValueError):
    """The message cannot be written so; the text says why, for the person who wrote it."""


@transaction.atomic
def write_to_utility(
    *, client: Client, by: User, subject: str, text: str, at: datetime, wants_help: bool = True
) -> Message:
    """Begin a thread: a support request, which waits for the utility, or a message that asks for nothing (R-130).

    The same text again within a minute, from a second click, is the first one.
    """
    Client.objects.select_for_update().get(pk=client.pk)
    begun = Message.objects.filter(client=client, first=None, author=by, name=subject, description=text)
    just_now = begun.filter(by_client=True, created__gt=at - _SECOND_CLICK).first()
    if just_now is not None:
        return just_now
    return Message.objects.create(
        client=client,
        by_client=True,
        author=by,
        type=MessageType.SUPPORT_REQUEST if wants_help else MessageType.PRIVATE_MESSAGE,
        status=MessageStatus.PENDING if wants_help else MessageStatus.COMPLETE,
        name=subject,
        description=text,
        read=True,
        created=at,
        modified=at,
    )


@transaction.atomic
def answer(*, thread: Message, by: User, by_client: bool, text: str, at: datetime) -> Message:
    """Add to a thread. What waited for the side that answers waits no more; what the third party adds to its support
    request waits for the utility again. The same text again within a minute, from a second click, adds nothing.

    Raises MessageRefused: a notification takes no answer.
    """
    first = Message.objects.select_for_update(of=("self",)).select_related("client").get(pk=thread.pk)
    if first.type in {MessageType.NOTIFICATION, MessageType.FIELD_CHANGES}:
        raise MessageRefused(_("This message takes no answer. Write a new one."))
    last = Message.objects.filter(first=first).order_by("-created", "-pk").first() or first
    if (last.author_id, last.description) == (by.pk, text) and last.created > at - _SECOND_CLICK:
        return last
    # the utility answers a support request with its state; all else is a message
    of_request = first.type == MessageType.SUPPORT_REQUEST
    written = Message.objects.create(
        client=first.client,
        registration=first.registration,
        first=first,
        previous=last,
        by_client=by_client,
        author=by,
        type=MessageType.REQUEST_UPDATE if of_request and not by_client else MessageType.PRIVATE_MESSAGE,
        status=MessageStatus.COMPLETE,
        name=first.name,
        description=text,
        read=by_client,
        created=at,
        modified=at,
    )
    if of_request:
        first.status = MessageStatus.PENDING if by_client else MessageStatus.COMPLETE
    first.modified = at
    first.save(update_fields=["status", "modified"])
    if not by_client:
        _mail_contacts(written, at)
    return written


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
    mailed: bool = True,
) -> Message:
    """Tell a third party something of its server's: that it need not answer, or `status` says so (R-92, R-94).

    It is about `client`, or where that is left out about the registration as a whole, and may be about a grant.
    `mailed`: contacts get a mail that it is there.
    """
    written = Message.objects.create(
        client=client,
        registration=registration,
        grant=grant,
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
        _mail_contacts(written, at)
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
    """Answer a request with its new state, which the request has from then on too (R-107 to R-111)."""
    written = Message.objects.create(
        client=message.client,
        registration=message.registration,
        first=message.first or message,
        previous=message,
        by_client=False,
        author=by,
        type=MessageType.REQUEST_UPDATE,
        status=status,
        name=message.name,
        description=text,
        related_uri=related_uri,
        related_type=related_type,
        created=at,
        modified=at,
    )
    message.status, message.modified = status, at
    if related_uri:
        message.related_uri, message.related_type = related_uri, related_type
    message.save(update_fields=["status", "modified", "related_uri", "related_type"])
    _mail_contacts(written, at)
    return written


def mark_read(*, thread: Message, at: datetime) -> None:
    """The third party has seen all of a thread (R-133). One statement."""
    unread = Message.objects.filter(Q(pk=thread.pk) | Q(first=thread), read=False)
    unread.update(read=True, modified=at)


def _mail_contacts(message: Message, at: datetime) -> None:
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
