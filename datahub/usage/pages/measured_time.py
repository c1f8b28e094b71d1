"""How long a contract has been measured, and how far its readings are loaded."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from cdsc_portal.lib.dates_in_words import day_in_words, last_day
from cdsc_portal.lib.ranges import Span
from datahub.usage.facts import UsageFacts
from datahub.usage.pages.periods import Length, instants


@dataclass(frozen=True, slots=True)
class UsageLife:
    """When the contract was measured, and from when to when readings are loaded, in UTC; `ended` None = goes on."""

    moved_in: datetime
    ended: datetime | None
    loaded_from: datetime
    loaded_until: datetime

    @property
    def first_day(self) -> date:
        return timezone.localdate(self.moved_in)

    @property
    def first_loaded_day(self) -> date:
        """Often long after somebody moved in."""
        return timezone.localdate(self.loaded_from)

    @property
    def last_day(self) -> date:
        return last_day(self.loaded_until)

    @property
    def span(self) -> Span:
        """From when to when there can be readings."""
        return Span(self.moved_in, self.loaded_until)

    def why_nothing(self, part: date, by: Length) -> str:
        """Why there may be no reading in a part of a shown period."""
        start, end = instants(part, by)
        if end <= self.moved_in:
            return _("Before you moved in")
        if self.ended is not None and start >= self.ended:
            return _("After this service ended")
        return _("No data")

    def cuts(self, part: date, by: Length) -> list[str]:
        """Where the contract began or ended within the part."""
        start, end = instants(part, by)
        notes = []
        if start < self.moved_in < end:
            notes.append(_("From %(day)s") % {"day": day_in_words(self.moved_in)})
        if self.ended is not None and start < self.ended < end:
            notes.append(_("Until %(day)s") % {"day": day_in_words(last_day(self.ended))})
        return notes

    def goes_on_in(self, span: Span) -> bool:
        """Whether readings of the period are still to come."""
        ends = self.ended is not None and (span.end is None or self.ended < span.end)
        return not ends and span.contains(self.loaded_until) and span.start != self.loaded_until


def usage_life(facts: UsageFacts) -> UsageLife | None:
    """None if nothing of the contract is loaded."""
    held = [
        (link.span, load)
        for link in facts.links
        if (load := facts.loads.get(link.meter_id)) is not None and load.reaches(link.span)
    ]
    starts = [link.span.start for link in facts.links if link.span.start is not None]
    ends = [link.span.end for link in facts.links]
    if not held or not starts:
        return None
    return UsageLife(
        moved_in=min(starts),
        ended=None if None in ends else max(end for end in ends if end is not None),
        loaded_from=min(max(load.first, span.start or load.first) for span, load in held),
        loaded_until=max(min(load.last, span.end or load.last) for span, load in held),
    )
