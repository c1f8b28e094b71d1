"""Send mail once more, to the address the person has now.

The words of mail that went out are not kept (X-18). Each kind says how it is written anew, from what is known of its
cause now; what nobody can write anew stays as it is.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from django.db import transaction

from accounts.mail.queue import MailText, put_words, wake_sender, words_of
from accounts.models import OutgoingMail
from cdsc_portal.lib.secrets.sealed import BrokenSealError

Writer = Callable[[OutgoingMail, datetime], MailText | None]
_WRITERS: dict[str, Writer] = {}


def writes_again(*kinds: str) -> Callable[[Writer], Writer]:
    """A function that writes sent mail of `kinds` anew, at a moment; None where it would say what no longer holds,
    or its reader may not read it any more.
    """

    def register(writer: Writer) -> Writer:
        _WRITERS.update(dict.fromkeys(kinds, writer))
        return writer

    return register


def occasion_of(mail: OutgoingMail) -> str:
    """What the mail was written for: the first name of its key after the kind."""
    return mail.dedup_key.split(":")[1]


@transaction.atomic
def send_again(*, mails: Collection[OutgoingMail], at: datetime) -> list[OutgoingMail]:
    """Put `mails` back among those to be sent; returns them. A mail to nobody's login keeps its address.

    One that did not go out keeps its words; one that did, or whose words no key opens, is written anew, and left out
    where that cannot be. The sender tells a second try from a second mail by the id, which stays: a mailbox that has it
    may drop it.
    """
    again = [mail for mail in mails if _has_words(mail, at)]
    for mail in again:
        if mail.user is not None:
            mail.to = mail.user.email
        mail.sent_at, mail.attempts, mail.next_attempt, mail.error = None, 0, at, ""
    columns = [
        "to",
        "language",
        "subject",
        "sealed",
        "text",
        "html",
        "sent_at",
        "attempts",
        "next_attempt",
        "error",
    ]
    OutgoingMail.objects.bulk_update(again, columns)
    wake_sender()
    return again


def _has_words(mail: OutgoingMail, at: datetime) -> bool:
    if mail.sent_at is None and _can_be_read(mail):
        return True
    writer = _WRITERS.get(mail.kind)
    written = writer(mail, at) if writer is not None else None
    if written is not None:
        put_words(mail, written)
    return written is not None


def _can_be_read(mail: OutgoingMail) -> bool:
    try:
        words_of(mail)
    except BrokenSealError:
        return False
    return True
