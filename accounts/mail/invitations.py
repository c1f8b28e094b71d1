"""Mail to people who were added: the link with which they choose a password."""

from collections.abc import Collection
from datetime import datetime

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.queue import Content, composes, enqueue
from accounts.models import OutgoingMail, User

KIND = "invitation"


def write_invitations(*, users: Collection[User], at: datetime) -> None:
    """Invite each of `users`; one whose invitation still waits gets that one alone."""
    waiting = OutgoingMail.objects.filter(kind=KIND, sent_at=None, user__in=users)
    waiting.update(next_attempt=at)
    known = set(waiting.values_list("user", flat=True))
    mails = [
        OutgoingMail(
            kind=KIND,
            dedup_key=f"{KIND}:{user.public_id}:{at:%Y%m%d%H%M%S%f}",
            to=user.email,
            user=user,
            opens_login=True,
            created=at,
            next_attempt=at,
        )
        for user in users
        if user.pk not in known
    ]
    enqueue(mails)


@composes(KIND)
def _invitation(mail: OutgoingMail) -> Content | None:
    """Written when it is sent, since its link is good for a few days only; nothing for who may not log in."""
    user = mail.user
    if user is None or not user.is_active:
        return None
    mail.to = user.email  # of now
    with override(user.language):
        subject = _("Your access to %(utility)s") % {"utility": settings.UTILITY_NAME}
        context = {
            "name": user.name,
            "language": user.language,
            "utility": settings.UTILITY_NAME,
            "support_url": settings.SUPPORT_URL,
            "link": invitation_url(user),
            "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 60 * 60),
            "subject": subject,
        }
        return Content(
            subject,
            render_to_string("emails/invitation.txt", context),
            render_to_string("emails/invitation.html", context),
        )


def invitation_url(user: User) -> str:
    """An absolute address that works once, for PASSWORD_RESET_TIMEOUT seconds (three days)."""
    key = default_token_generator.make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    return f"{settings.PUBLIC_URL}{path}"
