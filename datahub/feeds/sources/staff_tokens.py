"""Tokens with which programs of staff send feed files. They open the upload API and nothing else."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from accounts.models import User
from cdsc_portal.lib.db.public_ids import new_secret
from cdsc_portal.lib.secrets.checksums import checksum
from datahub.models import StaffToken

log = structlog.get_logger(__name__)
RUN_FEEDS = "datahub.add_feedrun"
LONGEST_LIFE = timedelta(days=366)
_PREFIX = "cdsc_staff_"  # shows what a leaked token is
_LAST_USED_PRECISION = timedelta(minutes=1)  # a busy token is written once a minute


class TokenNotIssuedError(ValueError):
    """Why there is no token, in words."""


@transaction.atomic
def issue_staff_token(*, user: User, label: str, expires: datetime, at: datetime) -> tuple[StaffToken, str]:
    """A new token of `user` and its text, which is kept nowhere.

    Raises TokenNotIssuedError: the user may not run feeds, or it would end in the past or live longer than a year.
    """
    if not _may_send(user):
        raise TokenNotIssuedError("only staff who may run feeds can have a token")
    if not at < expires <= at + LONGEST_LIFE:
        raise TokenNotIssuedError("it must end, at the latest in a year")
    text = _PREFIX + new_secret()
    token = StaffToken.objects.create(
        user=user, label=label, token_checksum=checksum(text), created=at, expires=expires
    )
    log.info("staff_token.issued", token=token.pk, user=user.public_id)
    return token, text


def revoke_staff_token(*, token: StaffToken, at: datetime) -> None:
    """It opens nothing from the next call on. Revoking twice changes nothing."""
    if StaffToken.objects.filter(pk=token.pk, revoked=None).update(revoked=at):
        log.info("staff_token.revoked", token=token.pk)


def used_staff_token(text: str, *, at: datetime) -> StaffToken | None:
    """The token of this text, marked as used; None: unknown, over, or its user may not run feeds any more."""
    valid = StaffToken.objects.filter(token_checksum=checksum(text), revoked=None, expires__gt=at)
    token = valid.select_related("user").first()
    if token is None or not _may_send(token.user):
        return None
    if token.last_used is None or token.last_used <= at - _LAST_USED_PRECISION:
        StaffToken.objects.filter(pk=token.pk).update(last_used=at)
    return token


def _may_send(user: User) -> bool:
    return user.is_active and user.is_staff and user.has_perm(RUN_FEEDS)
