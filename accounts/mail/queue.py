"""Mail as rows: written in the transaction that causes it, sent afterwards, at least once and normally only once."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import override

from accounts.models import OutgoingMail, User
from accounts.signals import mail_written
from cdsc_portal.lib.secrets.sealed import BrokenSealError, seal, unseal

log = structlog.get_logger(__name__)

_SEAL = "sign-in mail"  # of all words that wait; the release before, which may still send, opens them under this name
_LONGEST_PAUSE = timedelta(hours=6)
_LONGEST_PAUSE_OF_LOGINS = timedelta(hours=1)
_LONGEST_AFTER = 9  # tries: two to the power of it, in minutes, is longer than that
_SUBJECT_LENGTH = OutgoingMail._meta.get_field("subject").max_length


@dataclass(frozen=True, slots=True)
class MailText:
    """What a mail says, ready to print in both forms. `rows` are pairs of label and value; `template` has a form in
    .txt and one in .html; `off_link` ends mail of this kind, empty where it always comes.
    """

    language: str
    utility: str
    support_url: str
    subject: str
    paragraphs: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    link: str
    link_words: str
    template: str = "emails/notice"
    off_link: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent: a text, and an HTML form or none."""

    subject: str
    text: str
    html: str = ""


Composer = Callable[[OutgoingMail], Content | None]
_COMPOSERS: dict[str, Composer] = {}


def composes(kind: str) -> Callable[[Composer], Composer]:
    """A function that writes mail of `kind` at the moment it is sent; None where there is nothing to send any more."""

    def register(composer: Composer) -> Composer:
        _COMPOSERS[kind] = composer
        return composer

    return register


def write_mail(
    *,
    kind: str,
    dedup_key: str,
    user: User | None,
    mail: MailText,
    at: datetime,
    about: str = "",
    to: str = "",
) -> None:
    """Store a mail to be sent after the commit, to `user` or to the address `to` of nobody who logs in.

    The same `dedup_key` again changes nothing.
    """
    row = OutgoingMail(
        kind=kind,
        dedup_key=dedup_key,
        to=user.email if user else to,
        user=user,
        about=about,
        created=at,
        next_attempt=at,
    )
    put_words(row, mail)
    enqueue([row])


def enqueue(rows: list[OutgoingMail]) -> None:
    """Store rows that a caller made, and wake the sender after the commit."""
    OutgoingMail.objects.bulk_create(rows, ignore_conflicts=True)
    wake_sender(opens_login=any(row.opens_login for row in rows))


def wake_sender(*, opens_login: bool = False) -> None:
    # robust: a broker that is down must not undo or fail what was decided; the sweeper finds the row
    transaction.on_commit(
        lambda: mail_written.send(sender=OutgoingMail, opens_login=opens_login), robust=True
    )


def put_words(row: OutgoingMail, mail: MailText) -> None:
    """Set what `row` says; the caller stores it."""
    row.language, row.subject = mail.language, mail.subject[:_SUBJECT_LENGTH]
    with override(mail.language):
        text = render_to_string(f"{mail.template}.txt", {"mail": mail})
        html = render_to_string(f"{mail.template}.html", {"mail": mail})
    seal_words(row, Content(row.subject, text, html))


def seal_words(row: OutgoingMail, content: Content) -> None:
    """Set what `row` says; the caller stores it. It may hold a link that opens something (X-18)."""
    row.sealed = seal(json.dumps(asdict(content)), purpose=_SEAL)
    row.text = row.html = ""


def words_of(row: OutgoingMail) -> Content:
    """What a mail that waits says. Raises BrokenSealError: the key that sealed it is not in the ring any more."""
    if row.sealed:
        return Content(**json.loads(unseal(row.sealed, purpose=_SEAL)))  # noqa: TID251 - we sealed it
    return Content(row.subject, row.text, row.html)  # of a release that sealed mail about logins alone


def reseal_waiting_mail() -> tuple[int, int]:
    """Seal the words of all mail that waits with the first key of the ring; how many, and how many no key opens.

    One short transaction each, so that mail goes out meanwhile. Words of mail that was sent are blanked: a worker of
    the release before left them.
    """
    OutgoingMail.objects.exclude(sent_at=None).exclude(sealed="").update(sealed="")
    done = unreadable = 0
    waiting = OutgoingMail.objects.filter(sent_at=None).exclude(sealed="", text="")
    for pk in waiting.values_list("pk", flat=True):
        with transaction.atomic():
            for row in waiting.filter(pk=pk).select_for_update(of=("self",)):
                try:
                    seal_words(row, words_of(row))
                except BrokenSealError:
                    unreadable += 1
                else:
                    row.save(update_fields=["sealed", "text", "html"])
                    done += 1
    return done, unreadable


def waits(*, at: datetime) -> bool:
    """Whether mail is due that opens no login."""
    return OutgoingMail.objects.filter(sent_at=None, opens_login=False, next_attempt__lte=at).exists()


def send_waiting_mail(*, at: datetime, limit: int = 200, logins_only: bool = False) -> int:
    """Send what is due at `at`, up to `limit` mails, those that open a login first; returns how many were sent.

    Any number of processes may run this at once: each mail is claimed under a row lock that others skip.
    """
    sent = 0
    tried: set[int] = set()
    for _turn in range(limit):
        outcome = _send_next(at, tried, logins_only=logins_only)
        if outcome is None:
            break
        sent += outcome
    return sent


@transaction.atomic
def _send_next(at: datetime, tried: set[int], *, logins_only: bool) -> bool | None:
    """Send one mail: whether it went out, None where none is left to claim."""
    due = OutgoingMail.objects.filter(sent_at=None, next_attempt__lte=at).exclude(pk__in=tried)
    if logins_only:
        due = due.filter(opens_login=True)
    claimed = due.select_for_update(skip_locked=True, of=("self",))
    row = claimed.order_by("-opens_login", "next_attempt", "pk").first()
    if row is None:
        return None
    tried.add(row.pk)
    if row.until is not None and row.until <= at:
        log.warning("mail.given_up", kind=row.kind, mail=row.pk, attempts=row.attempts)
        row.delete()
        return False
    row.attempts += 1
    try:
        content = _COMPOSERS.get(row.kind, words_of)(row)
        if content is not None:
            _message(row, content).send()
    except Exception as error:  # whatever a mail server does, the row stays and is tried again
        row.error = f"{type(error).__name__}: {error}"[:300]
        row.next_attempt = at + _pause_after(row)
        log.warning(
            "mail.failed", kind=row.kind, mail=row.pk, attempts=row.attempts, error=type(error).__name__
        )
        row.save(update_fields=["attempts", "error", "next_attempt"])
        return False
    if row.opens_login or content is None:
        row.delete()
    else:
        row.sent_at, row.error = at, ""
        row.sealed = row.text = row.html = ""  # what it said is with its reader now
        row.save(update_fields=["attempts", "error", "sent_at", "sealed", "text", "html"])
    return content is not None


def _pause_after(row: OutgoingMail) -> timedelta:
    """Twice as long after each failed try, up to six hours, however many there were; an hour where one waits for it."""
    longest = _LONGEST_PAUSE_OF_LOGINS if row.opens_login else _LONGEST_PAUSE
    return min(timedelta(minutes=2 ** min(row.attempts, _LONGEST_AFTER)), longest)


def _message(row: OutgoingMail, content: Content) -> EmailMultiAlternatives:
    """The mail with an id that stays the same, so that a server can tell a second try from a second mail."""
    name = hashlib.sha256(row.dedup_key.encode()).hexdigest()[:32]
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    message = EmailMultiAlternatives(
        content.subject,
        content.text,
        settings.DEFAULT_FROM_EMAIL,
        [row.to],
        headers={"Message-ID": f"<{name}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
    if content.html:
        message.attach_alternative(content.html, "text/html")
    return message
