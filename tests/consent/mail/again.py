"""What staff's "send again" makes of a mail that went out."""

from accounts.mail.queue import words_of
from accounts.mail.resend import send_again
from accounts.models import OutgoingMail
from cdsc_portal.lib.time import clock


def text_sent_again(mail: OutgoingMail) -> str:
    """The words written anew once those of `mail` are gone; empty where it is not sent again."""
    OutgoingMail.objects.filter(pk=mail.pk).update(sealed="", sent_at=clock.now())
    again = send_again(mails=OutgoingMail.objects.filter(pk=mail.pk).select_related("user"), at=clock.now())
    return words_of(again[0]).text if again else ""
