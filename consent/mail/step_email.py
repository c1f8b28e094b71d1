"""The mail that confirms an address in a step of a registration."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.queue import MailText, write_mail
from consent.mail.personal import in_one_line
from consent.models import Message


def mail_confirmation(*, submission: Message, address: str, path: str, language: str, at: datetime) -> None:
    """A link to `address`, whose reader need not have a login; `submission` named it."""
    with override(language):
        words = {"company": in_one_line(submission.registration)}
        mail = MailText(
            language=language,
            utility=settings.UTILITY_NAME,
            support_url=settings.SUPPORT_URL,
            subject=_("Confirm this address for %(company)s") % words,
            paragraphs=(
                _("%(company)s registers with us and gave this address. Confirm that it is yours.") % words,
                _("If you know nothing of it, do nothing."),
            ),
            rows=(),
            link=f"{settings.PUBLIC_URL}{path}",
            link_words=_("Confirm the address"),
        )
    write_mail(
        kind="registration_email",
        dedup_key=f"registration_email:{submission.public_id}",
        user=None,
        to=address,
        mail=mail,
        at=at,
    )
