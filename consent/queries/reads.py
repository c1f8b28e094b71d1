"""Who read what: a grant's disclosures as its customers see them (P-14)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import ServiceContract, User
from accounts.queries.roles import visible_contracts
from cdsc_portal.lib.dates_in_words import day_in_words, last_day, moment_in_words
from consent.models import Disclosure, Grant, GrantPart, Selection, TakenOut
from consent.scopes.catalogue import SCOPES

CSV_HEADER = (
    "read_at_utc",
    "data",
    "period_start_utc",
    "period_end_utc",
    "values",
    "from_address",
    "read_id",
)
_LONG_AGO = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Read:
    """One release of data, in words."""

    when: str
    data: str | Promise
    period: str
    values: int
    address: str


def reads_of(grant: Grant, *, user: User, at: datetime) -> QuerySet[Disclosure]:
    """Disclosures of `grant`, newest first. One query.

    Whoever sees all that the grant opens or ever opened sees all of them, empty answers too; everyone else the reads
    of what they see.
    """
    mine = visible_contracts(user=user, at=at)
    others = Selection.objects.filter(part__grant=OuterRef("grant")).exclude(contract__in=mine)
    gone = TakenOut.objects.filter(grant=OuterRef("grant")).exclude(contract__in=mine)
    foreign = ServiceContract.objects.filter(billing_account=OuterRef("billingaccount")).exclude(pk__in=mine)
    to_come = GrantPart.future_accounts.through.objects.filter(
        Exists(foreign), grantpart__grant=OuterRef("grant")
    )
    touched = Disclosure.contracts.through.objects.filter(disclosure=OuterRef("pk"), servicecontract__in=mine)
    whole = ~Exists(others) & ~Exists(gone) & ~Exists(to_come)
    return Disclosure.objects.filter(whole | Q(Exists(touched)), grant=grant)


def read_in_words(disclosure: Disclosure) -> Read:
    """A disclosure as a row of the page."""
    return Read(
        when=moment_in_words(disclosure.released_at),
        data=SCOPES[disclosure.scope].title,
        period=_period(disclosure),
        values=disclosure.value_count,
        address=disclosure.address or "",
    )


def read_rows(disclosures: QuerySet[Disclosure]) -> Iterator[tuple[object, ...]]:
    """The same disclosures under CSV_HEADER; instants in UTC, periods half-open."""
    for read in disclosures.iterator(chunk_size=2000):
        yield (
            read.released_at.isoformat(),
            SCOPES[read.scope].title,
            read.start.isoformat() if read.start else "",
            read.end.isoformat() if read.end else "",
            read.value_count,
            read.address or "",
            read.public_id,
        )


def note_on_reads(*, last_read: datetime | None, at: datetime) -> str:
    """What stands out about the reads, or nothing."""
    if last_read is None:
        return _("Not read yet.")
    if last_read < at - _LONG_AGO:
        return _("No reads for 90 days.")
    return ""


def _period(disclosure: Disclosure) -> str:
    if disclosure.start is None and disclosure.end is None:
        return _("as it was then")
    start = day_in_words(disclosure.start) if disclosure.start else _("the first record")
    end = day_in_words(last_day(disclosure.end)) if disclosure.end else _("the latest record")
    return _("%(start)s to %(end)s") % {"start": start, "end": end}
