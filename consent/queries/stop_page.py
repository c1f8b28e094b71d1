"""What a stop page says before it acts."""

from dataclasses import dataclass
from datetime import datetime

from cdsc_portal.lib.dates_in_words import moment_in_words
from consent.models import Disclosure, Grant
from consent.queries.status_words import words_of
from consent.queries.visible_grants import status_at
from consent.transitions import ENDED


@dataclass(frozen=True, slots=True)
class StopPage:
    """`ended` is the status in words where there is nothing left to stop."""

    company: str
    last_read: str
    has_ended: bool
    ended: str


def stop_page(grant: Grant, *, at: datetime) -> StopPage:
    """What stopping `grant` would mean at `at`. One query."""
    last = Disclosure.objects.filter(grant=grant).values_list("released_at", flat=True).first()
    return StopPage(
        company=grant.client.name,
        last_read=moment_in_words(last) if last else "",
        has_ended=status_at(grant, at) in ENDED,
        ended=str(words_of(grant, at).words),
    )
