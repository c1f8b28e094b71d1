"""Mail to people who were added: the link with which they choose a password."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User

log = structlog.get_logger(__name__)

_PAUSE_AFTER_FAILURE = timedelta(minutes=15)


def send_due_invitations(*, link_for: Callable[[User], str], at: datetime) -> int:
    """Send every invitation that is due; how many went out.

    Each is its own transaction that holds the user's row, so that two workers never send the same one. What
    could not be sent is due again after 15 minutes. `link_for` gives the address to choose a password.
    """
    due = User.objects.filter(invitation_due__lte=at).order_by("invitation_due", "pk")
    return sum(_send(pk, link_for, at) for pk in due.values_list("pk", flat=True))


@transaction.atomic
def _send(pk: int, link_for: Callable[[User], str], at: datetime) -> bool:
    waiting = User.objects.select_for_update(skip_locked=True).filter(pk=pk, invitation_due__lte=at)
    user = waiting.first()
    if user is None:
        return False
    try:
        if user.is_active:
            _mail(user, link_for(user)).send()
        user.invitation_due = None
    except Exception as error:  # whatever is wrong with one mail, those behind it go out
        log.warning("invitation.not_sent", user=user.public_id, error=type(error).__name__)
        user.invitation_due = at + _PAUSE_AFTER_FAILURE
    user.save(update_fields=["invitation_due"])
    return user.invitation_due is None and user.is_active


def _mail(user: User, link: str) -> EmailMultiAlternatives:
    with override(user.language):
        subject = _("Your access to %(utility)s") % {"utility": settings.UTILITY_NAME}
        context = {
            "name": user.name,
            "language": user.language,
            "utility": settings.UTILITY_NAME,
            "support_url": settings.SUPPORT_URL,
            "link": link,
            "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 60 * 60),
            "subject": subject,
        }
        mail = EmailMultiAlternatives(
            subject=subject,
            body=render_to_string("emails/invitation.txt", context),
            to=[user.email],
        )
        mail.attach_alternative(render_to_string("emails/invitation.html", context), "text/html")
    return mail
