"""The address that a person logs in with, and their sessions."""

from datetime import datetime

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.sign_in import write_sign_in_mail
from accounts.models import RoleVerb, User
from accounts.services.roles import record
from accounts.services.waits import wait_anew
from accounts.signals import address_corrected
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import moment_in_words

log = structlog.get_logger(__name__)


class AddressTakenError(ValueError):
    """Another login has this address."""

    code = "address_taken"


def change_address(*, user: User, email: str) -> None:
    """Write to `user`, and let `user` log in, under another address; both addresses are notified.

    Raises AddressTakenError.
    """
    old, at = user.email, clock.now()
    try:
        with transaction.atomic():
            user.email = email.lower()
            user.save(update_fields=["email"])
            with override(user.language):
                subject = _("Your e-mail address was changed")
                context = {
                    "when": moment_in_words(at),
                    "utility_name": settings.UTILITY_NAME,
                    "support_url": settings.SUPPORT_URL,
                }
                for to, is_new in ((old, False), (user.email, True)):
                    text = render_to_string(
                        "account/email/address_changed_message.txt", {**context, "is_new": is_new}
                    )
                    write_sign_in_mail(to=to, subject=f"{settings.UTILITY_NAME}: {subject}", text=text, at=at)
    except IntegrityError as error:
        user.email = old
        raise AddressTakenError from error
    log.info("address.changed", user=user.public_id)


@transaction.atomic
def correct_address(*, user: User, email: str, by: User, at: datetime) -> None:
    """Staff give `user` another address to log in with: both addresses are told, and every session ends.

    Whoever reads the new address can choose a password, so what `user` may share waits as for a new login, the
    other owners are told, and it stands in the history of each customer. Raises AddressTakenError.
    """
    change_address(user=user, email=email)
    end_sessions(user=user)
    for membership in wait_anew(user=user, at=at):
        record(verb=RoleVerb.ADDRESS, membership=membership, by=by, at=at)
    address_corrected.send(sender=User, user=user, by=by, at=at)


def end_sessions(*, user: User) -> None:
    """End every session of `user`; the caller may restore its own."""
    user.session_round += 1
    user.save(update_fields=["session_round"])
    log.info("sessions.ended", user=user.public_id)
