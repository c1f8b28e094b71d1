"""What the people of a third party see of its clients and messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.models import Client, ClientContact, ClientStatus, Message, MessageStatus, MessageType
from consent.scopes.base import CLIENT_ADMIN
from consent.scopes.catalogue import SCOPES
from consent.scopes.offer_types import GRANT_ADMIN, offer_types
from consent.services.third_parties.threads import takes_answer
from consent.step_links import step_address
from consent.transitions import OPEN

_STATUS: dict[str, tuple[str | Promise, str]] = {
    ClientStatus.PRODUCTION: (pgettext_lazy("client", "In use"), "ok"),
    ClientStatus.SANDBOX: (_("For tests only"), ""),
    ClientStatus.SUSPENDED: (_("Suspended: it reads nothing"), "warn"),
    ClientStatus.DISABLED: (_("Switched off"), "quiet"),
}
_TYPES: dict[str, str | Promise] = {
    MessageType.NOTIFICATION: _("Notification"),
    MessageType.PRIVATE_MESSAGE: _("Message"),
    MessageType.SUPPORT_REQUEST: _("Support request"),
    MessageType.FIELD_CHANGES: _("Changes"),
    MessageType.REQUEST_UPDATE: _("Answer"),
    MessageType.CLIENT_SUBMISSION: _("Your answer"),
    MessageType.PRODUCTION_REQUEST: _("Request to ask real customers"),
    MessageType.GRANT_REQUEST: _("Request for data"),
    MessageType.SERVER_REQUEST: _("Question of the utility"),
    MessageType.PAYMENT_REQUEST: _("Payment to make"),
    MessageType.ONLINE_FORM_REQUEST: _("Step on the web"),
    MessageType.PDF_FORM_REQUEST: _("Form to send back"),
}
_TURNS: dict[str, str | Promise] = {
    MessageStatus.OPEN: _("Waits for you"),
    MessageStatus.PENDING: _("Waits for the utility"),
    MessageStatus.COMPLETE: pgettext_lazy("message", "Resolved"),
    MessageStatus.REJECTED: pgettext_lazy("message", "Rejected"),
    MessageStatus.ERRORED: _("Failed at the utility"),
}


@dataclass(frozen=True, slots=True)
class ClientCard:
    """One client as its contacts see it: no more than its API tells."""

    client: Client
    does: str | Promise
    status: str | Promise
    status_kind: str
    is_confidential: bool
    redirects: tuple[str, ...]
    scopes: tuple[str, ...]
    open_grants: int
    ended_grants: int


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One thread in the list; `unread`: something in it is new."""

    first: Message
    type: str | Promise
    turn: str | Promise
    is_outstanding: bool
    unread: bool
    moment: str


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """One message of a thread. `link` is where it leads people; `updates` what it asks for, tells or holds."""

    message: Message
    author: str
    moment: str
    turn: str | Promise
    link: str
    updates: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """A thread with all of its messages, oldest first. `open_request` is what the utility asks for and waits for."""

    line: ThreadLine
    messages: tuple[ThreadMessage, ...]
    takes_answer: bool
    open_request: Message | None


def clients_of(user: User) -> QuerySet[Client]:
    """Every client of the registrations whose contact `user` is, by name."""
    mine = ClientContact.objects.filter(user=user).values("registration")
    return Client.objects.filter(registration__in=mine).order_by("name", "pk")


def client_cards(*, user: User) -> tuple[ClientCard, ...]:
    """One query, however many clients and grants."""
    counted = clients_of(user).annotate(
        open_total=Count("grants", filter=Q(grants__status__in=OPEN), distinct=True),
        grant_total=Count("grants", distinct=True),
    )
    return tuple(
        ClientCard(
            client=client,
            does=_does(client),
            status=_STATUS[client.status][0],
            status_kind=_STATUS[client.status][1],
            is_confidential=client.client_type == Client.CLIENT_CONFIDENTIAL,
            redirects=tuple(client.redirect_uris.split()),
            scopes=tuple(name for name in client.allowed_scopes if name in SCOPES),
            open_grants=client.open_total,
            ended_grants=client.grant_total - client.open_total,
        )
        for client in counted
    )


def _does(client: Client) -> str | Promise:
    """What the object is for; a registration has several of one name."""
    if client.response_types:
        return _("Asks customers for data")
    if CLIENT_ADMIN in client.allowed_scopes:
        return _("Manages your registration by program")
    if any(map(offer_types()[GRANT_ADMIN].takes_id, client.allowed_scopes)):
        return _("Opens what customers shared with your other clients")
    return _("Holds files that the utility provides")


def thread_lines(*, user: User) -> tuple[ThreadLine, ...]:
    """Threads of the user's third parties: what is outstanding first (R-119), then the newest. One query."""
    lines = [_line(first) for first in _threads(user).order_by("-modified", "-pk")[:200]]
    return tuple(sorted(lines, key=lambda line: not line.is_outstanding))


def thread_of(*, user: User, public_id: str) -> Message:
    """The first message of a thread. Raises Message.DoesNotExist where it is none of the user's."""
    return _threads(user).get(public_id=public_id)


def thread_page(first: Message) -> ThreadPage:
    """All of a thread that `thread_of` gave. Two queries."""
    thread = Message.objects.filter(Q(pk=first.pk) | Q(first=first))
    rows = list(
        thread.select_related("author", "creator", "step__field")
        .prefetch_related("attachments")
        .order_by("created", "pk")
    )
    waiting = [
        row
        for row in rows
        if row.type == MessageType.SERVER_REQUEST
        and row.status in (MessageStatus.OPEN, MessageStatus.PENDING)
    ]
    return ThreadPage(
        line=_line(first),
        messages=tuple(_thread_message(row) for row in rows),
        takes_answer=takes_answer(first),
        open_request=waiting[-1] if waiting else None,
    )


def _thread_message(message: Message) -> ThreadMessage:
    author = str(message.author or message.creator or "") if message.by_client else ""
    is_request = message.status in (MessageStatus.OPEN, MessageStatus.PENDING)
    is_page = message.step is not None and message.related_type
    return ThreadMessage(
        message=message,
        author=author,
        moment=moment_in_words(message.created),
        turn=_TURNS[message.status] if is_request or message.status == MessageStatus.REJECTED else "",
        link=(message.related_uri or step_address(message)) if is_page else "",
        updates=tuple(message.updates_requested),
    )


def _threads(user: User) -> QuerySet[Message]:
    unread = Message.objects.filter(first=OuterRef("pk"), read=False)
    asks = Message.objects.filter(first=OuterRef("pk"), status=MessageStatus.OPEN)
    own = ClientContact.objects.filter(user=user).values("registration")
    return (
        Message.objects.filter(first=None, registration__in=own)
        .select_related("client", "registration")
        .annotate(unread_answer=Exists(unread), asks_back=Exists(asks))
    )


def _line(first: Message) -> ThreadLine:
    """A thread waits for its reader where any of its messages does."""
    status = MessageStatus.OPEN if first.asks_back else MessageStatus(first.status)  # type: ignore[attr-defined]
    return ThreadLine(
        first=first,
        type=_TYPES[first.type],
        turn=_TURNS[status],
        is_outstanding=status in {MessageStatus.OPEN, MessageStatus.PENDING},
        unread=not first.read or first.unread_answer,  # type: ignore[attr-defined]  # both annotated
        moment=moment_in_words(first.modified),
    )
