"""What the people of a third party see of its clients and messages."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.models import Client, ClientContact, ClientStatus, Message, MessageStatus, MessageType
from consent.scopes.catalogue import SCOPES
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
}
_TURNS: dict[str, str | Promise] = {
    MessageStatus.OPEN: _("Waits for you"),
    MessageStatus.PENDING: _("Waits for the utility"),
    MessageStatus.COMPLETE: pgettext_lazy("message", "Resolved"),
    MessageStatus.REJECTED: pgettext_lazy("message", "Rejected"),
}


@dataclass(frozen=True, slots=True)
class ClientCard:
    """One client as its contacts see it: no more than its API tells."""

    client: Client
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
class ThreadPage:
    """A thread with all of its messages, oldest first: each with its author and time."""

    line: ThreadLine
    messages: tuple[tuple[Message, str, str], ...]
    takes_answer: bool


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


def thread_lines(*, user: User) -> tuple[ThreadLine, ...]:
    """Threads of the user's clients: what is outstanding first (R-119), then the newest. One query."""
    lines = [_line(first) for first in _threads(user).order_by("-modified", "-pk")[:200]]
    return tuple(sorted(lines, key=lambda line: not line.is_outstanding))


def thread_of(*, user: User, public_id: str) -> Message:
    """The first message of a thread. Raises Message.DoesNotExist where it is none of the user's clients'."""
    return _threads(user).get(public_id=public_id)


def thread_page(first: Message) -> ThreadPage:
    """All of a thread that `thread_of` gave. One query."""
    thread = Message.objects.filter(Q(pk=first.pk) | Q(first=first)).select_related("author")
    messages = []
    for message in thread.order_by("created", "pk"):
        author = str(message.author) if message.by_client and message.author else ""
        messages.append((message, author, moment_in_words(message.created)))
    return ThreadPage(
        line=_line(first),
        messages=tuple(messages),
        takes_answer=first.type not in {MessageType.NOTIFICATION, MessageType.FIELD_CHANGES},
    )


def _threads(user: User) -> QuerySet[Message]:
    unread = Message.objects.filter(first=OuterRef("pk"), read=False)
    return (
        Message.objects.filter(first=None, client__contacts__user=user)
        .select_related("client")
        .annotate(unread_answer=Exists(unread))
    )


def _line(first: Message) -> ThreadLine:
    return ThreadLine(
        first=first,
        type=_TYPES[first.type],
        turn=_TURNS[first.status],
        is_outstanding=first.status in {MessageStatus.OPEN, MessageStatus.PENDING},
        unread=not first.read or first.unread_answer,  # type: ignore[attr-defined]  # annotated
        moment=moment_in_words(first.modified),
    )
