"""Mail about logins as rows: no page waits for the mail server, and a lost server loses none.

That a page answers as fast for an unknown address as for a known one also keeps addresses secret.
"""

import json
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from accounts.models import SignInMail
from accounts.signals import sign_in_mail_written
from cdsc_portal.lib.sealed import seal, unseal

log = structlog.get_logger(__name__)

_PURPOSE = "sign-in mail"
_LIFE = timedelta(days=3)  # a link or code is dead by then
_LONGEST_PAUSE = timedelta(hours=1)


def write_sign_in_mail(*, to: str, subject: str, text: str, html: str = "", at: datetime) -> None:
    """Store a mail that goes out after the commit."""
    content = json.dumps({"subject": " ".join(subject.split()), "text": text.strip() + "\n", "html": html})
    SignInMail.objects.create(to=to, sealed=seal(content, purpose=_PURPOSE), created=at, next_attempt=at)
    transaction.on_commit(lambda: sign_in_mail_written.send(sender=SignInMail), robust=True)


def send_sign_in_mail(*, at: datetime, limit: int = 200) -> int:
    """Send what is due at `at`; how many went out. Any number of processes may run this at once."""
    due = SignInMail.objects.filter(next_attempt__lte=at).order_by("next_attempt", "pk")
    return sum(_send(pk, at) for pk in due.values_list("pk", flat=True)[:limit])


@transaction.atomic
def _send(pk: int, at: datetime) -> bool:
    """Claim one mail under a lock that others skip; it is gone once sent, and after three days in any case."""
    mail = SignInMail.objects.select_for_update(skip_locked=True).filter(pk=pk, next_attempt__lte=at).first()
    if mail is None:
        return False
    if mail.created + _LIFE <= at:
        log.warning("sign_in_mail.given_up", mail=mail.pk, attempts=mail.attempts)
        mail.delete()
        return False
    try:
        _message(mail).send()
    except Exception as error:  # whatever is wrong with one mail, those behind it go out
        mail.attempts += 1
        mail.next_attempt = at + min(timedelta(minutes=2 ** min(mail.attempts, 10)), _LONGEST_PAUSE)
        mail.save(update_fields=["attempts", "next_attempt"])
        log.warning("sign_in_mail.not_sent", mail=mail.pk, error=type(error).__name__)
        return False
    mail.delete()
    return True


def _message(mail: SignInMail) -> EmailMultiAlternatives:
    content = json.loads(unseal(mail.sealed, purpose=_PURPOSE))  # noqa: TID251 - we sealed it
    message = EmailMultiAlternatives(
        content["subject"],
        content["text"],
        settings.DEFAULT_FROM_EMAIL,
        [mail.to],
        headers={"Auto-Submitted": "auto-generated"},
    )
    if content["html"]:
        message.attach_alternative(content["html"], "text/html")
    return message
