"""The life of a grant: its states and which may follow which (cds/2 section 11). Pure."""

from enum import StrEnum


class GrantStatus(StrEnum):
    """The fourteen states of a grant on the wire."""

    ACTIVE = "active"
    FUTURE = "future"
    PENDING = "pending"
    PARTIAL = "partial"
    NEEDS_AUTHORIZATION = "needs_authorization"
    NEEDS_SUB_GRANTS = "needs_sub_grants"
    DISABLED = "disabled"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    CLOSED = "closed"
    EXPIRED = "expired"
    DELAYED = "delayed"
    STOPPED = "stopped"
    ERRORED = "errored"


S = GrantStatus
ENDED = frozenset({S.REVOKED, S.CLOSED, S.EXPIRED, S.DISABLED})
OPEN = frozenset(GrantStatus) - ENDED
# whose tokens read data; what else is granted is decided part by part
READABLE = frozenset(
    {S.ACTIVE, S.PARTIAL, S.DELAYED, S.STOPPED, S.PENDING, S.NEEDS_AUTHORIZATION, S.NEEDS_SUB_GRANTS}
)

_LIVE = OPEN - {S.FUTURE, S.PENDING}
TRANSITIONS: dict[GrantStatus, frozenset[GrantStatus]] = {
    S.PENDING: (OPEN - {S.PENDING, S.FUTURE}) | ENDED,
    S.FUTURE: frozenset({S.ACTIVE, S.PENDING, S.SUSPENDED}) | ENDED,
    **{status: (_LIVE - {status}) | {S.PENDING} | ENDED for status in _LIVE},
    **{status: frozenset() for status in ENDED},
}


class TransitionNotAllowed(Exception):
    """The grant's state does not allow this change; the message names both states."""

    code = "transition_not_allowed"

    def __init__(self, *, current: str, wanted: str) -> None:
        super().__init__(f"a grant that is {current} cannot become {wanted}")


def require_transition(current: str, wanted: str) -> None:
    """Raise TransitionNotAllowed unless the table lets `current` become `wanted`."""
    if GrantStatus(wanted) not in TRANSITIONS[GrantStatus(current)]:
        raise TransitionNotAllowed(current=current, wanted=wanted)
