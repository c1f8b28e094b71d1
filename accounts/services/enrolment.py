"""The one-time link with which staff set up their first second step: whoever has the password alone gets no further."""

import secrets
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from accounts.models import SecondStepLink, StaffVerb, User
from accounts.queries.ways_to_log_in import second_steps
from accounts.services.staff_actions import record_staff_action
from cdsc_portal.lib.secrets.sealed import digest, digests

log = structlog.get_logger(__name__)

VALID_HOURS = 24
_PURPOSE = "second step link"


class NoLinkError(ValueError):
    """The person is none of staff, may not log in, or has a second step already."""

    code = "no_link"


@transaction.atomic
def issue_link(*, user: User, by: User | None, reason: str = "", at: datetime) -> str:
    """The secret of a link with which `user`, of staff, sets up a second step: once, within 24 hours.

    It is told once, here; an earlier link stops working. `by` is None for the command line. It stands in the log of
    what staff did. Raises NoLinkError.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if not (user.is_staff and user.is_active) or second_steps(user=user).any:
        raise NoLinkError
    secret = secrets.token_urlsafe(32)
    SecondStepLink.objects.filter(user=user, used_at=None).delete()
    SecondStepLink.objects.create(
        user=user,
        digest=digest(secret, purpose=_PURPOSE),
        issued_by=by,
        created=at,
        until=at + timedelta(hours=VALID_HOURS),
    )
    what = "issued a link to set up a second step" + ("" if by else " (command line)")
    record_staff_action(by=by or user, verb=StaffVerb.ACT, on=user, what=what, reason=reason, at=at)
    log.info("second_step_link.issued", user=user.public_id, by=by.public_id if by else "")
    return secret


def find_link(*, secret: str, at: datetime) -> SecondStepLink | None:
    """The open link with this secret."""
    stored_digests = digests(secret, purpose=_PURPOSE)
    return SecondStepLink.objects.filter(digest__in=stored_digests, used_at=None, until__gt=at).first()


def has_open_link(*, key: int, user: User, at: datetime) -> bool:
    """Whether the link with the database key `key` is of `user` and still works."""
    return SecondStepLink.objects.filter(pk=key, user=user, used_at=None, until__gt=at).exists()


def use_link(*, key: int, user: User, at: datetime) -> bool:
    """Use up the link, in the transaction that stores the second step; False where another did, or it is over."""
    used = SecondStepLink.objects.filter(pk=key, user=user, used_at=None, until__gt=at).update(used_at=at)
    if used:
        what = "set up a second step with a link"
        record_staff_action(by=user, verb=StaffVerb.ACT, on=user, what=what, at=at)
        log.info("second_step_link.used", user=user.public_id)
    return bool(used)
