"""Who read what: a grant's disclosures as its customers see them (P-14)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import User
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day, moment_in_words, span_in_words
from consent.models import Disclosure, Grant
from consent.queries.visible_reads import visible_reads
from consent.resolution import COARSE, Resolution
from consent.scopes.catalogue import SCOPES
from consent.wording import resolution_in_words

CSV_HEADER = (
    "read_at_utc",
    "data",
    "period_start_utc",
    "period_end_utc",
    "values",
    "resolution",
    "allowed_start_utc",
    "allowed_end_utc",
    "from_address",
    "read_id",
)
_LONG_AGO = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Read:
    """One release of data, in words: `period` from the first value that left to the last, `values` how many did,
    `resolution` how fine readings were ("" for anything else).
    """

    when: str
    data: str | Promise
    resolution: str
    period: str
    values: str
    address: str


def reads_of(grant: Grant, *, user: User, at: datetime) -> QuerySet[Disclosure]:
    """Disclosures of `grant` that `user` may see, newest first. One query."""
    return visible_reads(user=user, at=at).filter(grant=grant)


def read_in_words(disclosure: Disclosure) -> Read:
    """A disclosure as a row of the page."""
    return Read(
        when=moment_in_words(disclosure.released_at),
        data=SCOPES[disclosure.scope].title,
        resolution=_resolution(disclosure.resolution),
        period=_period(disclosure),
        values=number_format(disclosure.value_count, use_l10n=True, force_grouping=True),
        address=disclosure.address or "",
    )


def read_rows(disclosures: QuerySet[Disclosure]) -> Iterator[tuple[object, ...]]:
    """The same disclosures under CSV_HEADER; instants in UTC, periods half-open.

    The allowed period is the one that the answer could speak of. Reads from before the first and last value were
    recorded have that one only.
    """
    for read in disclosures.iterator(chunk_size=2000):
        yield (
            read.released_at.isoformat(),
            SCOPES[read.scope].title,
            _instant(read.data_start),
            _instant(read.data_end),
            read.value_count,
            read.resolution,
            _instant(read.start),
            _instant(read.end),
            read.address or "",
            read.number,
        )


def note_on_reads(*, last_read: datetime | None, at: datetime) -> str:
    """What stands out about the reads, or nothing."""
    if last_read is None:
        return _("Not read yet.")
    if last_read < at - _LONG_AGO:
        return _("No reads for 90 days.")
    return ""


def _resolution(recorded: str) -> str:
    """How fine readings left, in words; "" where it was not recorded."""
    if recorded in COARSE:
        return resolution_in_words(Resolution(recorded))
    return {"as_read": resolution_in_words(Resolution.AS_READ), "yearly": _("Yearly totals")}.get(
        recorded, ""
    )


def _instant(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _period(disclosure: Disclosure) -> str:
    """What the values that left speak of; of a read that is older than its record, what was allowed."""
    if not disclosure.value_count:
        return _("nothing")
    if disclosure.data_start is not None and disclosure.data_end is not None:
        return span_in_words(disclosure.data_start, disclosure.data_end)
    if disclosure.start is None and disclosure.end is None:
        return _("as it was then")
    start = day_in_words(disclosure.start) if disclosure.start else _("the first record")
    end = day_in_words(last_day(disclosure.end)) if disclosure.end else _("the latest record")
    return _("allowed: %(start)s to %(end)s") % {"start": start, "end": end}
