"""A grant's status as customers read it; never a bare code."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cdsc_portal.lib.dates_in_words import day_in_words
from consent.models import Grant
from consent.queries.visible_grants import status_at
from consent.transitions import GrantStatus


@dataclass(frozen=True, slots=True)
class StatusWords:
    """`words` for people; `tone` picks the badge's look, which says nothing the words do not."""

    words: str | Promise
    tone: str


_OK, _WARN, _QUIET = "ok", "warn", "quiet"

STATUS_WORDS: dict[GrantStatus, StatusWords] = {
    GrantStatus.ACTIVE: StatusWords(pgettext_lazy("state of a sharing", "Sharing"), _OK),
    GrantStatus.FUTURE: StatusWords(_("Not started yet"), _QUIET),
    GrantStatus.PENDING: StatusWords(_("Getting ready"), _QUIET),
    GrantStatus.PARTIAL: StatusWords(_("Sharing, limited by us"), _WARN),
    GrantStatus.NEEDS_AUTHORIZATION: StatusWords(_("Needs your decision"), _WARN),
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


def words_of(grant: Grant, at: datetime) -> StatusWords:
    """The words for `grant` as it is at `at`."""
    status = status_at(grant, at)
    if status == GrantStatus.FUTURE and grant.not_before is not None:
        start = _now("Starts on %(day)s") % {"day": day_in_words(grant.not_before)}
        return StatusWords(start, _QUIET)
    return STATUS_WORDS[status]
