"""How far the readings of some contracts are loaded; no reading is touched for it."""

from collections.abc import Collection, Iterable
from datetime import datetime

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.dates_in_words import moment_in_words
from datahub.usage.facts import UsageFacts, usage_facts


def data_until(contracts: Collection[int], *, meter: int | None = None) -> str:
    """`November 24, 2026, 12:00 AM`: the end of the newest reading of the contracts (database keys), or of one meter
    while it was theirs; "" where none has come. One query.
    """
    facts = usage_facts(contracts)
    links = [link for link in facts.links if meter in (None, link.meter_id)]
    until = loaded_until(links, facts)
    return moment_in_words(until) if until is not None else ""


def loaded_until(links: Iterable[MeteredSpan], facts: UsageFacts) -> datetime | None:
    """The end of the newest reading inside the links, of those in `facts`."""
    found = [
        load.last if link.span.end is None else min(load.last, link.span.end)
        for link in links
        if (load := facts.loads.get(link.meter_id)) is not None and load.reaches(link.span)
    ]
    return max(found, default=None)
