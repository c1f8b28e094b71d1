"""What a customer used this month so far, beside the same days a year ago."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.models import Commodity
from accounts.queries.choices import ContractChoice
from cdsc_portal.lib.time.dates_in_words import day_in_words, end_in_words
from cdsc_portal.lib.time.local_days import days, last_midnight_by
from cdsc_portal.lib.time.ranges import Span
from datahub.usage.facts import UsageFacts
from datahub.usage.pages.periods import part_in_words, year_ago
from datahub.usage.pages.series import Amount, Series, added, series_by_contract, totals
from datahub.usage.sum_periods import By
from datahub.usage.summed_usage import service_sums

ROWS = 6


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One direction of one kind of service, over all its contracts; never import less export.

    `contract` is the public id where it is one contract's alone, else "". Amounts are words, "" where there is none.
    """

    service: str
    what: str
    amount: str
    unit: str
    notes: tuple[str, ...]
    year_ago: str
    year_ago_notes: tuple[str, ...]
    change: str
    contract: str


@dataclass(frozen=True, slots=True)
class MonthSoFar:
    """`period` is the month as usage addresses say it; `more` counts rows beyond ROWS."""

    title: str
    days: str
    period: str
    rows: tuple[ComparedRow, ...]
    more: int
    data_until: str


def month_so_far(
    contracts: Sequence[ContractChoice], facts: UsageFacts, until: datetime, *, at: datetime
) -> MonthSoFar:
    """Of the newest month with a whole day of readings; `until` is the end of the newest one.

    Whole days only, so that both sides hold the same hours. Four queries at most, however many contracts.
    """
    end = last_midnight_by(until)
    last = end - timedelta(days=1)
    first, end_ago = last.replace(day=1), year_ago(end) or date(end.year - 1, 3, 1)
    months = (days(first, end), days(first.replace(year=first.year - 1), end_ago))
    rows = _rows(contracts, facts, first, months)
    month = part_in_words(first, By.MONTH)
    is_running = (timezone.localdate(at) - timedelta(days=1)).replace(day=1) == first
    return MonthSoFar(
        title=_("%(month)s so far") % {"month": month} if is_running else month,
        days=_("%(first)s to %(last)s") % {"first": day_in_words(first), "last": day_in_words(last)},
        period=f"{first:%Y-%m}",
        rows=tuple(rows[:ROWS]),
        more=max(len(rows) - ROWS, 0),
        data_until=end_in_words(until),
    )


def _rows(
    contracts: Sequence[ContractChoice], facts: UsageFacts, first: date, months: tuple[Span, Span]
) -> list[ComparedRow]:
    """All that contracts of a kind used, or sent back, in one unit is one row. `months`: this one and a year ago."""
    spans = [
        replace(link, span=cut)
        for link in facts.links
        for month in months
        if (cut := link.span.intersect(month)) is not None
    ]
    (by_month,) = service_sums(spans, facts.channels, (By.MONTH,))
    series_of = series_by_contract(facts, by_month, By.MONTH, {})
    alike: dict[tuple[str, str, str], list[tuple[ContractChoice, Series]]] = defaultdict(list)
    for contract in contracts:
        for series in totals(series_of[contract.key]):
            alike[contract.commodity, series.heading, series.unit].append((contract, series))
    starts: dict[int, datetime] = {}
    for link in facts.links:
        if link.span.start is not None:
            starts[link.contract_id] = min(link.span.start, starts.get(link.contract_id, link.span.start))
    rows = [_compared_row(group, starts, first, months[1]) for group in alike.values()]
    kinds = [str(label) for label in Commodity.labels]
    return sorted((row for row in rows if row is not None), key=lambda row: kinds.index(row.service))


def _compared_row(
    group: Sequence[tuple[ContractChoice, Series]], starts: Mapping[int, datetime], first: date, ago: Span
) -> ComparedRow | None:
    """`starts`: since when each contract was measured; `first`: of this month; `ago`: its days a year before."""
    contract, series = group[0]
    by_key = {own.key: of_contract.amounts for own, of_contract in group if first in of_contract.amounts}
    if not by_key:
        return None
    first_ago = first.replace(year=first.year - 1)
    amounts = [own[first] for own in by_key.values()]
    before = [own[first_ago] for own in by_key.values() if first_ago in own]
    amount, amount_ago = (added(each.value for each in side) for side in (amounts, before))
    notes_ago = _notes_ago([starts[key] for key in by_key if key in starts], len(before), len(amounts), ago)
    notes = []
    if len(amounts) < len(group):  # services that had data a year ago and have none this month
        counts = {"had": _count(len(amounts)), "all": _count(len(group))}
        notes.append(_("Only %(had)s of %(all)s services have data so far") % counts)
    is_comparable = bool(before) and not notes_ago and not _has_gaps(amounts + before)
    return ComparedRow(
        service=contract.commodity,
        what=series.heading,
        amount=series.shown(amount),
        unit=series.unit,
        notes=(*notes, *_notes(amounts)),
        year_ago=series.shown(amount_ago) if before else "",
        year_ago_notes=(*notes_ago, *_notes(before)),
        change=_change(amount, amount_ago) if is_comparable else "",
        contract=contract.public_id if len(amounts) == 1 else "",
    )


def _notes_ago(starts: Sequence[datetime], had: int, every: int, ago: Span) -> tuple[str, ...]:
    """What keeps the year before from being the same: the customer was not there yet, or not all the time."""
    begin, end = ago.start, ago.end
    assert begin is not None
    assert end is not None
    if not had:
        return (_("Before you moved in") if all(start >= end for start in starts) else _("No data"),)
    if had < every:
        counts = {"had": _count(had), "all": _count(every)}
        return (_("Only %(had)s of %(all)s services: the others have no data from then") % counts,)
    later = [start for start in starts if begin < start < end]
    if later:
        return (_("From %(day)s") % {"day": day_in_words(max(later))},)
    return ()


def _notes(amounts: Sequence[Amount]) -> tuple[str, ...]:
    """What is missing, and what was not measured."""
    notes = []
    if _has_gaps(amounts):
        known, due = sum(each.known for each in amounts), sum(each.due for each in amounts)
        notes.append(_("%(known)s of %(due)s readings") % {"known": _count(known), "due": _count(due)})
    estimated = sum(each.not_measured for each in amounts)
    if estimated:
        notes.append(_("%(count)s estimated") % {"count": _count(estimated)})
    return tuple(notes)


def _has_gaps(amounts: Iterable[Amount]) -> bool:
    return any(amount.known < amount.due for amount in amounts)


def _change(now: Decimal, ago: Decimal) -> str:
    if ago <= 0:
        return ""
    percent = round((now - ago) * 100 / ago)
    words = {"percent": number_format(abs(percent), use_l10n=True, force_grouping=True)}
    if percent == 0:
        return _("About the same as a year ago")
    return (
        _("%(percent)s%% more than a year ago") if percent > 0 else _("%(percent)s%% less than a year ago")
    ) % words


def _count(number: int) -> str:
    return number_format(number, use_l10n=True, force_grouping=True)
