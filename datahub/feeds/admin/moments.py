"""Times on staff pages about feeds: in the utility's zone, which is named."""

from datetime import datetime

from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.wording import zone_in_words


def moment_with_zone(moment: datetime | None) -> str:
    """`November 24, 2029, 6:02 PM (Pacific Time)`; a dash for no time."""
    return f"{moment_in_words(moment)} ({zone_in_words()})" if moment else "-"
