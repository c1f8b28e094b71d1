"""A person's own name, address and choices."""

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from accounts.services.sign_in_mail import write_sign_in_mail
from cdsc_portal.lib import clock
from cdsc_portal.lib.dates_in_words import moment_in_words

log = structlog.get_logger(__name__)


class AddressTakenError(ValueError):
    """Another login has this address."""

    code = "address_taken"


def keep_choices(*, user: User, name: str, language: str, theme: str, yearly_summary: bool) -> None:
    """Store what the person chose; the values come checked from a form."""
    user.name, user.language, user.theme, user.yearly_summary = name, language, theme, yearly_summary
    user.save(update_fields=["name", "language", "theme", "yearly_summary"])


def change_address(*, user: User, email: str) -> None:
    """Write to `user`, and let `user` log in, under a confirmed address; the old one is told.

    Raises AddressTakenError.
    """
    old, at = user.email, clock.now()
    try:
        with transaction.atomic():
            user.email = email.lower()
            user.save(update_fields=["email"])
            _tell_the_old(user, old, moment_in_words(at))
    except IntegrityError as error:
        user.email = old
        raise AddressTakenError from error
    log.info("address.changed", user=user.public_id)


def end_sessions(*, user: User) -> None:
    """End every session of `user`; the caller may take up its own again."""
    user.session_round += 1
    user.save(update_fields=["session_round"])
    log.info("sessions.ended", user=user.public_id)


def _tell_the_old(user: User, old: str, when: str) -> None:
    with override(user.language):
        context = {"when": when, "utility_name": settings.UTILITY_NAME, "support_url": settings.SUPPORT_URL}
        write_sign_in_mail(
            to=old,
            subject=f"{settings.UTILITY_NAME}: {_('Your e-mail address was changed')}",
            text=render_to_string("account/email/address_changed_message.txt", context),
            at=clock.now(),
        )
