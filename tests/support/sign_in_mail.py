"""The mails that lead to a login."""

import re

from django.core import mail

from accounts.services.sign_in_mail import send_sign_in_mail
from cdsc_portal.lib import clock


def sent_link():
    """The address in the only mail that is on its way."""
    send_sign_in_mail(at=clock.now())
    (message,) = mail.outbox
    return re.search(r"/accounts/join/\S+/", message.body).group(), message
