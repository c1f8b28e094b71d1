"""Mail as rows: written in the transaction that causes it, sent afterwards, at least once and normally only
once.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import override

from accounts.models import User
from consent.models import Grant, OutgoingMail
from consent.signals import mail_written

log = structlog.get_logger(__name__)

_LONGEST_PAUSE = timedelta(hours=6)
_LONGEST_AFTER = 9  # tries: two to the power of it, in minutes, is longer than that
_SUBJECT_LENGTH = OutgoingMail._meta.get_field("subject").max_length


@dataclass(frozen=True, slots=True)
class MailText:
    """What a mail says, ready to print in both forms. `rows` are pairs of label and value; `template` has a form in
    .txt and one in .html.
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


def write_mail(
    *,
    kind: str,
    dedup_key: str,
    user: User | None,
    grant: Grant | None,
    mail: MailText,
    at: datetime,
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
        grant=grant,
        created=at,
        next_attempt=at,
    )
    put_words(row, mail)
    OutgoingMail.objects.bulk_create([row], ignore_conflicts=True)
    # robust: a broker that is down must not undo or fail what was decided; the sweeper finds the row
    transaction.on_commit(lambda: mail_written.send(sender=OutgoingMail), robust=True)


def put_words(row: OutgoingMail, mail: MailText) -> None:
    """Set what `row` says; the caller stores it."""
    with override(mail.language):
        row.text = render_to_string(f"{mail.template}.txt", {"mail": mail})
        row.html = render_to_string(f"{mail.template}.html", {"mail": mail})
    row.language, row.subject = mail.language, mail.subject[:_SUBJECT_LENGTH]


def send_waiting_mail(*, at: datetime, limit: int = 200) -> int:
    """Send what is due at `at`, up to `limit` mails; returns how many were sent.

    Any number of processes may run this at once: each mail is claimed under a row lock that others skip.
    """
    sent = 0
    tried: set[int] = set()
    for _turn in range(limit):
        outcome = _send_next(at, tried)
        if outcome is None:
            break
        sent += outcome
    return sent


@transaction.atomic
def _send_next(at: datetime, tried: set[int]) -> bool | None:
    """Send one mail: whether it went out, None where none is left to claim."""
    row = (
        OutgoingMail.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(sent_at=None, next_attempt__lte=at)
        .exclude(pk__in=tried)
        .order_by("next_attempt", "pk")
        .first()
    )
    if row is None:
        return None
    tried.add(row.pk)
    row.attempts += 1
    try:
        _message(row).send()
    except Exception as error:  # whatever a mail server does, the row stays and is tried again
        row.error = f"{type(error).__name__}: {error}"[:300]
        row.next_attempt = at + _pause_after(row.attempts)
        log.warning(
            "mail.failed", kind=row.kind, mail=row.pk, attempts=row.attempts, error=type(error).__name__
        )
    else:
        row.sent_at, row.error = at, ""
        row.text = row.html = ""  # what it said is with its reader now
    row.save(update_fields=["attempts", "error", "next_attempt", "sent_at", "text", "html"])
    return row.sent_at is not None


def _pause_after(tries: int) -> timedelta:
    """Twice as long after each failed try, up to six hours, however many there were."""
    return min(timedelta(minutes=2 ** min(tries, _LONGEST_AFTER)), _LONGEST_PAUSE)


def _message(row: OutgoingMail) -> EmailMultiAlternatives:
    """The mail with an id that stays the same, so that a server can tell a second try from a second mail."""
    name = hashlib.sha256(row.dedup_key.encode()).hexdigest()[:32]
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    message = EmailMultiAlternatives(
        row.subject,
        row.text,
        settings.DEFAULT_FROM_EMAIL,
        [row.to],
        headers={"Message-ID": f"<{name}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(row.html, "text/html")
    return message
