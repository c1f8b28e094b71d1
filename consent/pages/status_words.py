"""A grant's status as customers read it; never a bare code."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cdsc_portal.lib.time.dates_in_words import day_in_words
from consent.models import Actor, Change, Grant
from consent.queries.visible_grants import status_at
from consent.transitions import OPEN, GrantStatus


@dataclass(frozen=True, slots=True)
class StatusWords:
    """`words` for people; `tone` picks the badge's look, which says nothing the words do not."""

    words: str | Promise
    tone: str


_OK, _WARN, _QUIET = "ok", "warn", "quiet"

STATUS_WORDS: dict[GrantStatus, StatusWords] = {
    GrantStatus.ACTIVE: StatusWords(pgettext_lazy("state of a sharing", "Sharing"), _OK),
    GrantStatus.FUTURE: StatusWords(_("Not started yet"), _QUIET),
    GrantStatus.PENDING: StatusWords(_("Sharing, we look at what the company wants more"), _OK),
    GrantStatus.PARTIAL: StatusWords(_("Sharing, some of it has ended"), _OK),
    GrantStatus.NEEDS_AUTHORIZATION: StatusWords(_("Sharing, the company wants more"), _OK),
    GrantStatus.NEEDS_SUB_GRANTS: StatusWords(_("Waiting for others"), _WARN),
    GrantStatus.DISABLED: StatusWords(_("Ended by us"), _QUIET),
    GrantStatus.SUSPENDED: StatusWords(_("Paused"), _WARN),
    GrantStatus.REVOKED: StatusWords(_("You stopped it"), _QUIET),
    GrantStatus.CLOSED: StatusWords(_("The company ended it"), _QUIET),
    GrantStatus.EXPIRED: StatusWords(_("Ended"), _QUIET),
    GrantStatus.DELAYED: StatusWords(_("Sharing, data late"), _WARN),
    GrantStatus.STOPPED: StatusWords(_("No new data"), _WARN),
    GrantStatus.ERRORED: StatusWords(_("Problem on our side"), _WARN),
}


_STOPPED_BY_ANOTHER = StatusWords(_("Stopped by someone else on the account"), _QUIET)
_OWNER_LEFT = StatusWords(_("Ended: whoever shared it no longer owns the account"), _QUIET)
_NOT_FROM_YOU = StatusWords(_("No longer from your accounts"), _QUIET)


def words_of(grant: Grant, at: datetime, *, viewer: User | None = None) -> StatusWords:
    """The words for `grant` as it is at `at`. `viewer` reads "you" only where it was them; None is whoever gave it.

    One query for a stopped grant that does not come from `visible_grants`, else none.
    """
    status, known = status_at(grant, at), vars(grant)  # `visible_grants` brings services and stop along
    if status == GrantStatus.REVOKED:
        if "ended_actor" in known:
            actor, by, change = known["ended_actor"], known["ended_by"], known["ended_change"]
        else:
            stops = grant.events.filter(to_status=GrantStatus.REVOKED).values_list("actor", "by", "change")
            actor, by, change = stops.first() or (None, None, "")
        if actor == Actor.STAFF:
            return STATUS_WORDS[GrantStatus.DISABLED]
        if change == Change.OWNER_LEFT:
            return _OWNER_LEFT
        if actor == Actor.CUSTOMER and by != (grant.user_id if viewer is None else viewer.pk):
            return _STOPPED_BY_ANOTHER
        return STATUS_WORDS[GrantStatus.REVOKED]
    if status in OPEN and not known.get("has_services", True):
        return _NOT_FROM_YOU
    if status == GrantStatus.FUTURE and grant.not_before is not None:
        start = gettext("Starts on %(day)s") % {"day": day_in_words(grant.not_before)}
        return StatusWords(start, _QUIET)
    return STATUS_WORDS[status]
