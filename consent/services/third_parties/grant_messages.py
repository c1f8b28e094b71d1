"""What a third party reads about a grant of its objects: one message for each step in the grant's history (R-94)."""

from datetime import datetime
from typing import NamedTuple

from consent.mail.client_messages import notify
from consent.models import Change, Grant, GrantKind, Message
from consent.transitions import GrantStatus


class _News(NamedTuple):
    """In the language of the API; `text` holds %s for the grant's public id. `mailed`: contacts get a mail too."""

    subject: str
    text: str
    mailed: bool = False


_GIVEN = _News("Grant given", "Grant %s was given. The Grants API tells what it opens.")
_OWN = _News("Grant made", "Grant %s was made at the first token request for it.")
_RESUMED = _News("Grant resumed", "The utility resumed grant %s: it opens again what it opened before.", True)
_NARROWED = _News(
    "Grant narrowed",
    "Grant %s opens less than before from now on: less data, fewer services or an earlier end. Introspection of a "
    "token tells what is left.",
    True,
)
_CHANGED = _News("Grant changed", "Grant %s was changed. The Grants API tells what it opens now.")
_OF_STATUS = {
    GrantStatus.ACTIVE: _News("Grant active", "Grant %s opens what it holds from now on."),
    GrantStatus.FUTURE: _News("Grant not started", "Grant %s opens nothing before its start."),
    GrantStatus.PENDING: _News(
        "Grant pending",
        "The utility looks at what you want of grant %s before its customer can be asked. What is allowed goes on.",
    ),
    GrantStatus.PARTIAL: _News("Grant partial", "Grant %s opens a part of what it holds."),
    GrantStatus.NEEDS_AUTHORIZATION: _News(
        "Grant needs authorization",
        "Grant %s opens what is allowed now; the rest needs the customer’s authorization.",
    ),
    GrantStatus.NEEDS_SUB_GRANTS: _News(
        "Grant needs others", "Grant %s waits for the grants it is parted into."
    ),
    GrantStatus.DISABLED: _News(
        "Grant disabled", "The utility ended grant %s for good: nothing is read through it any more.", True
    ),
    GrantStatus.SUSPENDED: _News(
        "Grant paused",
        "The utility paused grant %s: nothing is read through it. It may be resumed; tokens stay.",
        True,
    ),
    GrantStatus.REVOKED: _News(
        "Grant stopped",
        "Grant %s was stopped: nothing is read through it any more, and its tokens are dead.",
        True,
    ),
    GrantStatus.CLOSED: _News("Grant closed", "Grant %s was closed by its API: its tokens are dead."),
    GrantStatus.EXPIRED: _News(
        "Grant ended", "Grant %s ended as agreed: nothing is read through it any more."
    ),
    GrantStatus.DELAYED: _News("Grant delayed", "Data of grant %s comes late."),
    GrantStatus.STOPPED: _News("No new data", "Grant %s gets no new data; what is there can be read."),
    GrantStatus.ERRORED: _News("Grant errored", "Something is wrong with grant %s at the utility."),
}
_OF_CHANGE = {
    Change.NARROWED: _NARROWED,
    Change.OWNER_STOPPED: _NARROWED,
    Change.OWNER_LEFT: _NARROWED,
    Change.GIVEN_UP: _News(
        "Grant narrowed", "Grant %s was narrowed by its API: it opens less than before from now on."
    ),
    Change.WIDENED: _News(
        "Grant authorized", "The customer authorized grant %s anew. The Grants API tells what it opens now."
    ),
}


_REFUSED = _News(
    "Wish refused", "The utility does not let you ask for more of grant %s. What was allowed goes on."
)
_WITH_PARENT = {
    GrantStatus.SUSPENDED: _News("Grant paused", "Grant %s is paused, as the grant that it opens is."),
    GrantStatus.ACTIVE: _News("Grant resumed", "Grant %s works again, as the grant that it opens does."),
}
_ENDED_WITH_PARENT = _News("Grant ended", "Grant %s ended with the grant that it opens: its tokens are dead.")


def notify_of_grant(*, grant: Grant, subject: str, text: str, at: datetime, mailed: bool = True) -> Message:
    """Write the third party a message about `grant`; call it in the transaction that changes the grant.

    Steps in the history need no call: `notify_of_event` writes theirs.
    """
    return notify(client=grant.client, grant=grant, subject=subject, text=text, at=at, mailed=mailed)


def notify_of_event(grant: Grant, *, former: str, to: str, change: str, at: datetime) -> Message:
    """The message of one event of the grant's history; `former` equals `to` where its content changed."""
    news = _news(grant, former, to, change)
    return notify_of_grant(
        grant=grant, subject=news.subject, text=news.text % grant.public_id, at=at, mailed=news.mailed
    )


def _news(grant: Grant, former: str, to: str, change: str) -> _News:
    if not former:
        return _OWN if grant.kind == GrantKind.CLIENT else _GIVEN
    if change == Change.WITH_PARENT:
        return _WITH_PARENT.get(GrantStatus(to), _ENDED_WITH_PARENT)
    if former == GrantStatus.PENDING and change == Change.REVIEWED and to != GrantStatus.NEEDS_AUTHORIZATION:
        return _REFUSED
    if former == to and change == Change.REQUESTED:
        return _OF_STATUS[GrantStatus(to)]
    if former == to or change == Change.WIDENED:
        return _OF_CHANGE.get(Change(change), _CHANGED) if change else _CHANGED
    if former == GrantStatus.SUSPENDED and to == GrantStatus.ACTIVE:
        return _RESUMED
    return _OF_STATUS[GrantStatus(to)]
