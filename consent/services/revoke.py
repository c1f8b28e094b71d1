"""Ways for a grant to end, and to pause."""

from datetime import datetime
from functools import partial

from django.db import transaction

from accounts.models import User
from consent.mail.client_messages import notify
from consent.mail.grant_events import mail_change
from consent.mail.texts import Notice
from consent.models import Actor, Grant
from consent.services.each import for_each
from consent.services.transitions import record_transition
from consent.transitions import ENDED, GrantStatus

# what a company reads of a grant, in the language of the API
_PAUSED = "The utility paused grant %s: nothing is read through it. It may be resumed; tokens stay."
_STOPPED = "Grant %s was stopped: nothing is read through it any more, and its tokens are dead."
_RESUMED = "The utility resumed grant %s: it opens again what it opened before."


@transaction.atomic
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
    """End a grant as a whole at the customer's word; its tokens open nothing from then on (X-14). Owners and the
    company are told.

    `by` is None for the receipt's link, which needs no login (F-194). Whether `by` may stop it is the
    caller's check. `reason` stays with the utility, `public_reason` is told to the customer. Revoking twice
    changes nothing. Raises TransitionNotAllowed when the grant has ended some other way.
    """
    grant = _locked(grant)
    if grant.status != GrantStatus.REVOKED:
        record_transition(
            grant,
            to=GrantStatus.REVOKED,
            actor=actor,
            by=by,
            change=change,
            at=at,
            reason=reason,
            public_reason=public_reason,
        )
        mail_change(Notice.STOPPED, grant=grant, at=at, by=by, public_reason=public_reason)
        notify(client=grant.client, subject="Grant stopped", text=_STOPPED % grant.public_id, at=at)
    return grant


@transaction.atomic
def close_grant(*, grant: Grant, at: datetime) -> Grant:
    """End a grant at the third party's word (R-158). Closing twice changes nothing."""
    grant = _locked(grant)
    if grant.status != GrantStatus.CLOSED:
        record_transition(grant, to=GrantStatus.CLOSED, actor=Actor.CLIENT, at=at)
        mail_change(Notice.CLOSED, grant=grant, at=at)
    return grant


@transaction.atomic
def suspend_grant(*, grant: Grant, by: User, at: datetime, reason: str, public_reason: str = "") -> Grant:
    """Pause a grant: nothing is read until staff resume it (R-157s). Owners and the company are told.

    `reason` stays with the utility. Pausing twice changes nothing. Raises TransitionNotAllowed when it has ended.
    """
    grant = _locked(grant)
    if grant.status != GrantStatus.SUSPENDED:
        record_transition(
            grant,
            to=GrantStatus.SUSPENDED,
            actor=Actor.STAFF,
            by=by,
            at=at,
            reason=reason,
            public_reason=public_reason,
        )
        mail_change(Notice.PAUSED, grant=grant, at=at, public_reason=public_reason)
        notify(client=grant.client, subject="Grant paused", text=_PAUSED % grant.public_id, at=at)
    return grant


@transaction.atomic
def resume_grant(*, grant: Grant, by: User, at: datetime, reason: str, public_reason: str = "") -> Grant:
    """Let a paused grant open again what it opened before; owners and the company are told.

    Resuming twice changes nothing. Raises TransitionNotAllowed when the grant has ended.
    """
    grant = _locked(grant)
    if grant.status != GrantStatus.ACTIVE:
        record_transition(
            grant,
            to=GrantStatus.ACTIVE,
            actor=Actor.STAFF,
            by=by,
            at=at,
            reason=reason,
            public_reason=public_reason,
        )
        mail_change(Notice.RESUMED, grant=grant, at=at, public_reason=public_reason)
        notify(client=grant.client, subject="Grant resumed", text=_RESUMED % grant.public_id, at=at)
    return grant


def expire_grants(*, at: datetime) -> int:
    """End every grant whose access is over at `at`; returns how many. The gate refuses them already.

    Each in its own transaction; one that fails stops no other. Raises SomeFailed once all were tried.
    """
    over = Grant.objects.filter(access_ends__lte=at).exclude(status__in=ENDED).order_by("access_ends")
    return for_each("grant.not_expired", over, partial(_expire, at=at))


@transaction.atomic
def _expire(grant: Grant, *, at: datetime) -> bool:
    grant = _locked(grant)
    if grant.status in ENDED or grant.access_ends is None or grant.access_ends > at:
        return False
    record_transition(grant, to=GrantStatus.EXPIRED, actor=Actor.SYSTEM, at=at)
    mail_change(Notice.ENDED, grant=grant, at=at)
    return True


def _locked(grant: Grant) -> Grant:
    return Grant.objects.select_for_update(of=("self",)).select_related("client", "user").get(pk=grant.pk)
