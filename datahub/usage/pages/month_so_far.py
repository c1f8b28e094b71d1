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
from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.dates_in_words import day_in_words, moment_in_words
from cdsc_portal.lib.time.local_days import days, last_midnight_by
from cdsc_portal.lib.time.ranges import Span
from datahub.usage.facts import UsageFacts, usage_facts
from datahub.usage.load_status import loaded_until
from datahub.usage.pages.periods import part_in_words, year_ago
from datahub.usage.pages.series import Amount, Series, added, totals, usage_series
from datahub.usage.sum_periods import By
from datahub.usage.summed_usage import UsageSums, service_sums

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


@dataclass(frozen=True, slots=True)
class _DayRange:
    """Whole days of one month that are loaded: local days [first, end)."""

    first: date
    end: date

    @property
    def year_ago(self) -> "_DayRange":
        end = year_ago(self.end) or date(self.end.year - 1, 3, 1)
        return _DayRange(self.first.replace(year=self.first.year - 1), end)

    @property
    def span(self) -> Span:
        return days(self.first, self.end)


def month_so_far(contracts: Sequence[ContractChoice], *, at: datetime) -> MonthSoFar | None:
    """Of the newest month with a whole day of readings; None if nothing is loaded.

    Whole days only, so that both sides hold the same hours. Five queries at most, however many contracts.
    """
    facts = usage_facts([contract.key for contract in contracts])
    until = loaded_until(facts.links, facts.loads)
    if until is None:
        return None
    end = last_midnight_by(until)
    last = end - timedelta(days=1)
    now = _DayRange(last.replace(day=1), end)
    rows = _rows(contracts, facts, now)
    month = part_in_words(now.first, By.MONTH)
    is_running = (timezone.localdate(at) - timedelta(days=1)).replace(day=1) == now.first
    return MonthSoFar(
        title=_("%(month)s so far") % {"month": month} if is_running else month,
        days=_("%(first)s to %(last)s") % {"first": day_in_words(now.first), "last": day_in_words(last)},
        period=f"{now.first:%Y-%m}",
        rows=tuple(rows[:ROWS]),
        more=max(len(rows) - ROWS, 0),
        data_until=moment_in_words(until),
    )


def _rows(contracts: Sequence[ContractChoice], facts: UsageFacts, now: _DayRange) -> list[ComparedRow]:
    """All that contracts of a kind used, or sent back, in one unit is one row."""
    links: dict[int, list[MeteredSpan]] = defaultdict(list)
    for link in facts.links:
        links[link.contract_id].append(link)
    items = _sums_by_contract(contracts, facts, now)
    alike: dict[tuple[str, str, str], list[tuple[ContractChoice, Series]]] = defaultdict(list)
    for contract in contracts:
        for series in totals(usage_series((), items[contract.key], links[contract.key], {})):
            alike[contract.commodity, series.heading, series.unit].append((contract, series))
    starts = {
        contract: min((link.span.start for link in own if link.span.start is not None), default=None)
        for contract, own in links.items()
    }
    rows = [_compared_row(group, starts, now) for group in alike.values()]
    kinds = [str(label) for label in Commodity.labels]
    return sorted((row for row in rows if row is not None), key=lambda row: kinds.index(row.service))


def _sums_by_contract(
    contracts: Sequence[ContractChoice], facts: UsageFacts, now: _DayRange
) -> dict[int, list[UsageSums]]:
    """By contract key: the sums that count of both years, each under the first day of its month."""
    spans = [
        replace(link, span=cut)
        for link in facts.links
        for window in (now.year_ago.span, now.span)
        if (cut := link.span.intersect(window)) is not None
    ]
    numbers = {contract.key: contract.number for contract in contracts}
    by_contract: dict[int, list[UsageSums]] = defaultdict(list)
    (by_month,) = service_sums(spans, facts.channels, (By.MONTH,))
    for sums in by_month.counted:
        by_contract[sums.contract_id].append(UsageSums(numbers[sums.contract_id], By.MONTH, sums))
    return by_contract


def _compared_row(
    group: Sequence[tuple[ContractChoice, Series]], starts: Mapping[int, datetime | None], now: _DayRange
) -> ComparedRow | None:
    contract, series = group[0]
    ago = now.year_ago
    by_key = {own.key: of_contract.amounts for own, of_contract in group if now.first in of_contract.amounts}
    if not by_key:
        return None
    amounts = [own[now.first] for own in by_key.values()]
    before = [own[ago.first] for own in by_key.values() if ago.first in own]
    amount, amount_ago = (added(each.value for each in side) for side in (amounts, before))
    own_starts = [start for key in by_key if (start := starts[key]) is not None]
    notes_ago = _notes_ago(own_starts, len(before), len(amounts), ago)
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


def _notes_ago(starts: Sequence[datetime], had: int, every: int, ago: _DayRange) -> tuple[str, ...]:
    """What keeps the year before from being the same: the customer was not there yet, or not all the time."""
    begin, end = ago.span.start, ago.span.end
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
