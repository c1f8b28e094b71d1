"""What a customer's first page says of sharing besides requests: who reads anew, and who does not read at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from cdsc_portal.lib.time.dates_in_words import day_in_words
from consent.queries.visible_grants import open_at, visible_grants
from consent.transitions import GrantStatus

NEW = timedelta(days=14)
LONG_AGO = timedelta(days=90)
_READ = (GrantStatus.ACTIVE, GrantStatus.PARTIAL, GrantStatus.NEEDS_AUTHORIZATION)


@dataclass(frozen=True, slots=True)
class SharingNotice:
    """`is_new`: the company may read since a short time, `day` in words; else it has not read for 90 days."""

    grant: str  # public id
    company: str
    is_new: bool
    day: str


def sharing_notices(*, user: User, at: datetime) -> tuple[SharingNotice, ...]:
    """Of sharings that hold, newest first. Two queries."""
    grants = visible_grants(user=user, at=at).filter(open_at(at), status__in=_READ)
    notices = []
    for grant in grants:
        is_new = grant.created > at - NEW
        read = grant.last_read or grant.created
        if is_new or read < at - LONG_AGO:
            notices.append(
                SharingNotice(grant.public_id, grant.client.name, is_new, day_in_words(grant.created))
            )
    return tuple(notices)
