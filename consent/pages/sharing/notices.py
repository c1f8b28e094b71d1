"""What a customer's first page says of sharing besides requests: who reads anew, and who does not read at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cdsc_portal.lib.time.dates_in_words import day_in_words
from consent.transitions import GrantStatus

if TYPE_CHECKING:
    from consent.queries.visible_grants import OpenGrant

NEW = timedelta(days=14)
LONG_AGO = timedelta(days=90)
_READ = (GrantStatus.ACTIVE, GrantStatus.PARTIAL)  # what needs a decision stands above the notices already


@dataclass(frozen=True, slots=True)
class SharingNotice:
    """`is_new`: the company may read since a short time, `day` in words; else it has not read for 90 days."""

    grant: str  # public id
    company: str
    is_new: bool
    day: str


def sharing_notices(grants: "Iterable[OpenGrant]", *, at: datetime) -> tuple[SharingNotice, ...]:
    """Of those that are open, as they come, the ones that hold; a company is named once for each. No query."""
    notices: dict[tuple[int | None, str, bool], SharingNotice] = {}
    for grant in grants:
        if grant.status not in _READ:
            continue
        is_new = grant.created > at - NEW
        read = grant.last_read or grant.created
        if is_new or read < at - LONG_AGO:
            notice = SharingNotice(grant.public_id, grant.client.name, is_new, day_in_words(grant.created))
            notices.setdefault((grant.client.registration_id, notice.company, is_new), notice)
    return tuple(notices.values())
