"""The mails that lead to a login."""

import re

from django.core import mail

from accounts.mail.queue import send_waiting_mail
from cdsc_portal.lib.time import clock


def sent_link():
    """The address in the only mail that is on its way."""
    send_waiting_mail(at=clock.now(), logins_only=True)
    (message,) = mail.outbox
    return re.search(r"/accounts/join/\S+/", message.body).group(), message
