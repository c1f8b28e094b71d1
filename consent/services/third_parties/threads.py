"""Threads of messages as people write them: a third party's contacts at /developer/, staff in admin."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from consent.mail.client_messages import MessageRefused, mail_contacts, notify
from consent.models import Client, Message, MessageStatus, MessageType, Registration
from consent.services.third_parties.attachments import SentAttachment, store_attachments

_SECOND_CLICK = timedelta(minutes=1)
_MORE = "More is needed"  # in the language of the API
_ANSWERLESS = frozenset({MessageType.NOTIFICATION, MessageType.FIELD_CHANGES})


def takes_answer(first: Message) -> bool:
    """Whether people may add to the thread that `first` began."""
    return first.type not in _ANSWERLESS


@transaction.atomic
def write_to_utility(
    *,
    client: Client,
    by: User,
    subject: str,
    text: str,
    at: datetime,
    wants_help: bool = True,
    attachments: Sequence[SentAttachment] = (),
) -> Message:
    """Begin a thread: a support request, which waits for the utility, or a message that asks for nothing (R-130).

    The same text again within a minute, from a second click, is the first one.
    """
    Client.objects.select_for_update().get(pk=client.pk)
    begun = Message.objects.filter(client=client, first=None, author=by, name=subject, description=text)
    just_now = begun.filter(by_client=True, created__gt=at - _SECOND_CLICK).first()
    if just_now is not None:
        return just_now
    written = Message.objects.create(
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
    store_attachments(written, attachments)
    return written


@transaction.atomic
def answer(
    *,
    thread: Message,
    by: User,
    by_client: bool,
    text: str,
    at: datetime,
    attachments: Sequence[SentAttachment] = (),
) -> Message:
    """Add to a thread. What waited for the side that answers waits no more; what the third party adds to its support
    request waits for the utility again. The same text again within a minute, from a second click, adds nothing.

    Raises MessageRefused: a notification takes no answer.
    """
    first = _lock(thread)
    if not takes_answer(first):
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
    store_attachments(written, attachments)
    if of_request and by_client:
        first.status = MessageStatus.PENDING
    elif not by_client:
        _resolve_support_requests(first, at)
    first.modified = at
    first.save(update_fields=["status", "modified"])
    if not by_client:
        mail_contacts(written, at)
    return written


@transaction.atomic
def ask_for_more(
    *, message: Message, items: Sequence[tuple[str, str]], by: User, text: str, at: datetime
) -> Message:
    """Ask a third party for values, each a name and what is wanted, under the message that they are needed for.

    Its program answers with a submission that names them `item_1` and so on (R-99, R-115, R-121).
    """
    first = _lock(message.first or message)
    first.modified = at
    first.save(update_fields=["modified"])
    return notify(
        client=first.client,
        registration=first.registration,
        previous=message,
        kind=MessageType.SERVER_REQUEST,
        status=MessageStatus.OPEN,
        subject=first.name or _MORE,
        text=text,
        updates=_updates(items),
        by=by,
        at=at,
    )


@transaction.atomic
def ask_registration(
    *,
    registration: Registration,
    items: Sequence[tuple[str, str]],
    by: User,
    text: str,
    at: datetime,
    client: Client | None = None,
    subject: str = "",
) -> Message:
    """The same in a thread of its own, about the registration as a whole or one of its objects."""
    return notify(
        registration=registration,
        client=client,
        kind=MessageType.SERVER_REQUEST,
        status=MessageStatus.OPEN,
        subject=subject or _MORE,
        text=text,
        updates=_updates(items),
        by=by,
        at=at,
    )


def lock_registration(pk: int | None) -> None:
    """Let whatever staff and third party write for one registration run in turn, until the transaction ends."""
    if pk is not None:  # a row of the release before has none
        Registration.objects.select_for_update(no_key=True).get(pk=pk)


def mark_thread(*, thread: Message, read: bool, at: datetime) -> None:
    """The third party has seen all of a thread, or wants its first message unread again (R-133). One statement."""
    messages = Message.objects.filter(Q(pk=thread.pk) | Q(first=thread) if read else Q(pk=thread.pk))
    messages.filter(read=not read).update(read=read, modified=at)


def _lock(thread: Message) -> Message:
    """The first message of a thread as it is now."""
    lock_registration(thread.registration_id)
    return (
        Message.objects.select_for_update(of=("self",))
        .select_related("client", "registration")
        .get(pk=thread.pk)
    )


def _resolve_support_requests(first: Message, at: datetime) -> None:
    """An answer of the utility resolves what waits in the thread, newer requests that amend the first too (R-134)."""
    waiting = Q(type=MessageType.SUPPORT_REQUEST, status=MessageStatus.PENDING)
    Message.objects.filter(waiting, first=first).update(status=MessageStatus.COMPLETE, modified=at)
    if first.type == MessageType.SUPPORT_REQUEST:
        first.status = MessageStatus.COMPLETE


def _updates(items: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [
        {"field": f"item_{number}", "name": name, "description": wanted}
        for number, (name, wanted) in enumerate(items, start=1)
    ]
