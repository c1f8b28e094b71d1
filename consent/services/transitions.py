"""Move a grant through its states; each step leaves an event (X-20) and a message for its third party (R-94)."""

from datetime import datetime

from accounts.models import User
from consent.models import Actor, Change, Grant, GrantEvent
from consent.services.journal import journal_status
from consent.services.third_parties.grant_messages import notify_of_event
from consent.services.third_parties.review_queue import withdraw_wish
from consent.signals import grant_ended
from consent.transitions import ENDED, GrantStatus, require_transition

_ENDS_OR_PAUSES = ENDED | {GrantStatus.SUSPENDED}
_WISH_STANDS = frozenset({GrantStatus.NEEDS_AUTHORIZATION, GrantStatus.PENDING, GrantStatus.SUSPENDED})


def record_transition(
    grant: Grant,
    *,
    to: GrantStatus,
    actor: str,
    at: datetime,
    by: User | None = None,
    change: str = "",
    reason: str = "",
    public_reason: str = "",
) -> None:
    """Change the status of a locked grant and write who, when and why. Raises TransitionNotAllowed.

    Ending a grant sends `grant_ended`, so that its tokens die in the same transaction. Children are paused, resumed and
    ended with it. What staff had to decide about a pending one leaves their queue, unless this is their decision.
    """
    require_transition(grant.status, to)
    record_event(
        grant,
        former=grant.status,
        to=to,
        actor=actor,
        at=at,
        by=by,
        change=change,
        reason=reason,
        public_reason=public_reason,
    )
    former, grant.status = grant.status, to
    grant.modified = at
    if to not in _WISH_STANDS:
        grant.requested_scope = grant.requested_details = None
    if former == GrantStatus.PENDING:
        grant.eta = None
        if change != Change.REVIEWED:
            withdraw_wish(grant, at=at, why=f"The grant is {to} now.")
    grant.save(update_fields=["status", "modified", "requested_scope", "requested_details", "eta"])
    journal_status(grant)
    if to in ENDED:
        grant_ended.send(sender=Grant, grant=grant, at=at)
    if to in ENDED or GrantStatus.SUSPENDED in (former, to):
        _move_children(grant, at=at)


def _move_children(parent: Grant, *, at: datetime) -> None:
    """Those that staff paused by themselves stay so where the parent goes on."""
    children = parent.children.select_for_update(of=("self",)).select_related("client").order_by("pk")
    for child in children.exclude(status__in=ENDED):
        if parent.status in _ENDS_OR_PAUSES:
            to = GrantStatus(parent.status)
        elif child.status == GrantStatus.SUSPENDED and _paused_with_parent(child):
            to = GrantStatus.ACTIVE
        else:
            continue
        if child.status != to:
            record_transition(child, to=to, actor=Actor.SYSTEM, change=Change.WITH_PARENT, at=at)


def _paused_with_parent(grant: Grant) -> bool:
    last = grant.events.order_by("-at", "-pk").values_list("change", flat=True).first()
    return last == Change.WITH_PARENT


def settled_status(grant: Grant, at: datetime) -> GrantStatus:
    """What an open grant is at `at` by its parts alone: active, or partial once one of them has ended."""
    is_partial = grant.partial_from is not None and grant.partial_from <= at
    return GrantStatus.PARTIAL if is_partial else GrantStatus.ACTIVE


def record_event(
    grant: Grant,
    *,
    former: str,
    to: str,
    actor: str,
    at: datetime,
    by: User | None = None,
    change: str = "",
    reason: str = "",
    public_reason: str = "",
) -> None:
    """Append to the grant's history, and tell its third party; equal states mean that its content changed.

    `change` is one of Change; `reason` the utility's own note, `public_reason` what the customer reads.
    """
    GrantEvent.objects.create(
        grant=grant,
        from_status=former,
        to_status=to,
        actor=actor,
        at=at,
        by=by,
        change=change,
        reason=reason,
        public_reason=public_reason,
    )
    notify_of_event(grant, former=former, to=to, change=change, at=at)
