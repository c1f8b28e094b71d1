"""A second step that is lost, with the recovery codes: taken off by an administrator of the server."""

import structlog
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.sign_in import write_sign_in_mail
from accounts.models import StaffVerb, User
from accounts.services.contact import end_sessions
from accounts.services.staff_actions import record_staff_action
from accounts.services.waits import wait_anew
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import moment_in_words

log = structlog.get_logger(__name__)


@transaction.atomic
def take_off_second_step(*, user: User, reason: str) -> int:
    """Take app, recovery codes and passkeys off, end every session, and tell the person; how many were taken off.

    The password alone logs in then, so what `user` may share waits as for a new login. It stands in the log of what
    staff did. 0: there was none, and nothing changed.
    """
    at = clock.now()
    user = User.objects.select_for_update().get(pk=user.pk)
    taken: int = Authenticator.objects.filter(user=user).delete()[0]
    if not taken:
        return 0
    end_sessions(user=user)
    wait_anew(user=user, at=at)
    with override(user.language):
        subject = _("Your second step was taken off")
        context = {
            "when": moment_in_words(at),
            "utility_name": settings.UTILITY_NAME,
            "support_url": settings.SUPPORT_URL,
        }
        text = render_to_string("account/email/second_step_taken_off_message.txt", context)
        write_sign_in_mail(to=user.email, subject=f"{settings.UTILITY_NAME}: {subject}", text=text, at=at)
    what = "took off a lost second step (command line)"
    record_staff_action(by=user, verb=StaffVerb.ACT, on=user, what=what, reason=reason, at=at)
    log.info("second_step.taken_off", user=user.public_id)
    return taken
