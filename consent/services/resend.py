"""Send mail once more, to the address the person has now."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from consent.models import OutgoingMail
from consent.signals import mail_written


@transaction.atomic
def send_again(*, mails: Collection[OutgoingMail], at: datetime) -> int:
    """Put `mails` back among those to be sent, words unchanged; how many. A mail to nobody's login keeps its address.

    The sender tells a second try from a second mail by the id, which stays: a mailbox that has it may drop it.
    """
    for mail in mails:
        if mail.user is not None:
            mail.to = mail.user.email
        mail.sent_at, mail.attempts, mail.next_attempt, mail.error = None, 0, at, ""
    OutgoingMail.objects.bulk_update(mails, ["to", "sent_at", "attempts", "next_attempt", "error"])
    transaction.on_commit(lambda: mail_written.send(sender=OutgoingMail), robust=True)
    return len(mails)
