"""Ways for a grant to end, and to pause."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from cdsc_portal.lib.runtime.each import for_each
from consent.mail.grant_events import mail_change
from consent.mail.texts import Notice
from consent.models import Actor, Grant, GrantKind
from consent.services.transitions import record_transition, settled_status
from consent.transitions import ENDED, GrantStatus

# which mail owners get
_NOTICES = {
    GrantStatus.REVOKED: Notice.STOPPED,
    GrantStatus.SUSPENDED: Notice.PAUSED,
    GrantStatus.ACTIVE: Notice.RESUMED,
    GrantStatus.CLOSED: Notice.CLOSED,
    GrantStatus.EXPIRED: Notice.ENDED,
    GrantStatus.DISABLED: Notice.STOPPED,
}


def revoke_grant(
    *,
    grant: Grant,
    by: User | None,
    actor: str,
    at: datetime,
    change: str = "",
    reason: str = "",
    public_reason: str = "",
) -> Grant:
    """End a grant as a whole at the customer's word; its tokens open nothing from then on (X-14).

    Owners get a mail, the company a message.

    `by` is None for the receipt's link, which needs no login (F-194). Whether `by` may stop it is the
    caller's check. `reason` stays with the utility, the customer reads `public_reason`. Revoking twice
    changes nothing. Raises TransitionNotAllowed when the grant has ended some other way.
    """
    return change_status(
        grant,
        GrantStatus.REVOKED,
        actor=actor,
        at=at,
        by=by,
        change=change,
        reason=reason,
        public_reason=public_reason,
    )


def close_grant(*, grant: Grant, at: datetime) -> Grant:
    """End a grant at the third party's word (R-158). Closing twice changes nothing."""
    return change_status(grant, GrantStatus.CLOSED, actor=Actor.CLIENT, at=at)


def suspend_grant(*, grant: Grant, by: User, at: datetime, reason: str, public_reason: str = "") -> Grant:
    """Pause a grant: nothing is read until staff resume it (R-157s). Owners get a mail, the company a message.

    `reason` stays with the utility. Pausing twice changes nothing. Raises TransitionNotAllowed when it has ended.
    """
    return change_status(
        grant,
        GrantStatus.SUSPENDED,
        actor=Actor.STAFF,
        at=at,
        by=by,
        reason=reason,
        public_reason=public_reason,
    )


def resume_grant(*, grant: Grant, by: User, at: datetime, reason: str, public_reason: str = "") -> Grant:
    """Let a paused grant open again what it opened before. Owners get a mail, the company a message.

    Resuming twice changes nothing. Raises TransitionNotAllowed when the grant has ended.
    """
    return change_status(
        grant, GrantStatus.ACTIVE, actor=Actor.STAFF, at=at, by=by, reason=reason, public_reason=public_reason
    )


def expire_grants(*, at: datetime) -> int:
    """End every grant whose access is over at `at`; returns how many. The gate refuses them already.

    Each in its own transaction; one that fails stops no other. Raises SomeFailed once all were tried.
    """
    over = Grant.objects.filter(access_ends__lte=at).exclude(status__in=ENDED).order_by("access_ends")
    return for_each("grant.not_expired", over, partial(_expire, at=at))


@transaction.atomic
def _expire(grant: Grant, *, at: datetime) -> bool:
    grant = Grant.objects.select_for_update().get(pk=grant.pk)
    if grant.status in ENDED or grant.access_ends is None or grant.access_ends > at:
        return False
    change_status(grant, GrantStatus.EXPIRED, actor=Actor.SYSTEM, at=at)
    return True


def mark_partial_grants(*, at: datetime) -> int:
    """Record of every active grant that one of its parts has ended at `at`; returns how many.

    Listings and the gate say so already. Each in its own transaction, as above. Raises SomeFailed.
    """
    lasts = Q(access_ends__isnull=True) | Q(access_ends__gt=at)
    partly = Grant.objects.filter(lasts, status=GrantStatus.ACTIVE, partial_from__lte=at)
    return for_each("grant.not_partial", partly.order_by("partial_from"), partial(_mark_partial, at=at))


@transaction.atomic
def _mark_partial(grant: Grant, *, at: datetime) -> bool:
    grant = Grant.objects.select_for_update().get(pk=grant.pk)
    if grant.status != GrantStatus.ACTIVE or settled_status(grant, at) is not GrantStatus.PARTIAL:
        return False
    record_transition(grant, to=GrantStatus.PARTIAL, actor=Actor.SYSTEM, at=at)
    return True


@transaction.atomic
def change_status(
    grant: Grant,
    to: GrantStatus,
    *,
    actor: str,
    at: datetime,
    by: User | None = None,
    change: str = "",
    reason: str = "",
    public_reason: str = "",
) -> Grant:
    """Move the grant under its lock and write the mail; nothing where it is there already."""
    grant = Grant.objects.select_for_update(of=("self",)).select_related("client", "user").get(pk=grant.pk)
    if grant.status == to:
        return grant
    record_transition(
        grant, to=to, actor=actor, by=by, change=change, at=at, reason=reason, public_reason=public_reason
    )
    if grant.kind != GrantKind.CUSTOMER:  # no customer is behind it
        return grant
    mail_change(_NOTICES[to], grant=grant, at=at, by=by, public_reason=public_reason)
    return grant
