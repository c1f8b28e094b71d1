"""A card a commodity for a customer's first page: the month so far, thirteen months, and the running bill."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.queries.choices import ContractChoice
from cdsc_portal.lib.text.money import money_in_words, number_in_words
from cdsc_portal.lib.time.dates_in_words import day_in_words
from cdsc_portal.lib.time.local_days import days, last_midnight_by
from cdsc_portal.lib.time.ranges import Span
from consent.access import Access
from datahub.bills.charges import Charges, charges_by_contract
from datahub.bills.expected import ExpectedBill, expected_bill
from datahub.usage.facts import UsageFacts, loaded_until, usage_facts
from datahub.usage.pages.month_so_far import ComparedRow, MonthSoFar, month_so_far
from datahub.usage.pages.series import Series, series_by_contract, totals
from datahub.usage.pages.spark import Spark, spark
from datahub.usage.sum_periods import By
from datahub.usage.summed_usage import service_sums

MOST_DRAWN = 12  # services whose thirteen months are added up; a firm with more has its portfolio
_MOST_EXPECTED = 4  # services whose days are read for what their bills come to
_BEHIND = timedelta(days=3)  # after which a service without readings is worth a notice


@dataclass(frozen=True, slots=True)
class ExpectedCost:
    """In words; `error` says how far off the method was on earlier bills, `partly` which services it leaves out."""

    period: str
    so_far: str
    expected: str
    error: str
    partly: str


@dataclass(frozen=True, slots=True)
class CommodityCard:
    """`rows` are what was used, sent back and so on; without enough history no `spark`, without prices no `cost`."""

    service: str
    rows: tuple[ComparedRow, ...]
    spark: Spark | None
    cost: ExpectedCost | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A service whose readings stopped to come; `since` in words."""

    contract: str  # public id
    service: str
    since: str


@dataclass(frozen=True, slots=True)
class HomeUsage:
    month: MonthSoFar
    cards: tuple[CommodityCard, ...]
    gaps: tuple[Gap, ...]


def home_usage(contracts: Sequence[ContractChoice], *, access: Access, at: datetime) -> HomeUsage | None:
    """None if nothing is loaded. Eleven queries at most, however many contracts."""
    facts = usage_facts([contract.key for contract in contracts])
    until = loaded_until(facts.links, facts.loads)
    if until is None:
        return None
    month = month_so_far(contracts, facts, until, at=at)
    end = last_midnight_by(until)
    gaps = _gaps(contracts, facts, at)
    if len(contracts) > MOST_DRAWN:
        cards = tuple(CommodityCard(service, own, None, None) for service, own in _by_service(month).items())
        return HomeUsage(month, cards, gaps)
    # thirteen months, and the bills before them
    since = date(end.year - 1, end.month, 1) - timedelta(days=62)
    bills = charges_by_contract(access, since=since) if len(contracts) <= _MOST_EXPECTED else {}
    by_month, by_day = _history(facts, days(since, end), has_days=bool(bills))
    expected = _expected(contracts, bills, by_day, end)
    cards = tuple(
        CommodityCard(
            service,
            own,
            spark(
                [
                    total
                    for contract in contracts
                    if contract.commodity == service
                    for total in by_month.get(contract.key, ())
                    if (total.heading, total.unit) == (own[0].what, own[0].unit)
                ],
                end - timedelta(days=1),
            ),
            _cost([contract.key for contract in contracts if contract.commodity == service], expected),
        )
        for service, own in _by_service(month).items()
    )
    return HomeUsage(month, cards, gaps)


def _by_service(month: MonthSoFar) -> dict[str, tuple[ComparedRow, ...]]:
    by_service: dict[str, list[ComparedRow]] = defaultdict(list)
    for row in month.rows:
        by_service[row.service].append(row)
    return {service: tuple(rows) for service, rows in by_service.items()}


def _history(
    facts: UsageFacts, window: Span, *, has_days: bool
) -> tuple[dict[int, list[Series]], dict[int, list[Series]]]:
    """All that each contract used, and so on, during `window`: by month, and by day if wanted."""
    spans = [
        replace(link, span=cut) for link in facts.links if (cut := link.span.intersect(window)) is not None
    ]
    lengths = (By.MONTH, By.DAY) if has_days else (By.MONTH,)
    sums = service_sums(spans, facts.channels, lengths)
    by_length = [
        {contract: totals(series) for contract, series in series_by_contract(facts, each, by, {}).items()}
        for each, by in zip(sums, lengths, strict=True)
    ]
    return by_length[0], by_length[-1] if has_days else {}


def _expected(
    contracts: Sequence[ContractChoice],
    bills: Mapping[int, Sequence[tuple[str, Charges]]],
    by_day: Mapping[int, Sequence[Series]],
    until: date,
) -> dict[int, tuple[str, ExpectedBill]]:
    """By contract, with the currency."""
    results = {}
    for contract in contracts:
        own = bills.get(contract.key, ())
        if not own or contract.has_ended:
            continue
        currency = own[-1][0]
        charges = [each for each_currency, each in own if each_currency == currency]
        for total in by_day.get(contract.key, ()):
            if total.direction != "import" or total.unit != charges[-1].unit:
                continue
            use = {
                day: total.in_unit(amount.value)
                for day, amount in total.amounts.items()
                if amount.known >= amount.due
            }
            result = expected_bill(charges, use, until)
            if result is not None:
                results[contract.key] = (currency, result)
    return results


def _cost(keys: Collection[int], expected: Mapping[int, tuple[str, ExpectedBill]]) -> ExpectedCost | None:
    """What the running bills of one commodity come to together, where they are of one currency."""
    own = [expected[key] for key in keys if key in expected]
    currencies = {currency for currency, _bill in own}
    if len(currencies) != 1:
        return None
    (currency,) = currencies
    results = [result for _currency, result in own]
    billed = sum((result.billed for result in results), Decimal(0))
    checked = min(result.checked for result in results)
    error = _("There are too few bills to say how far off that can be.")
    if checked and billed > 0:
        off = round(sum((result.off for result in results), Decimal(0)) / billed * 100)
        facts = {"percent": off, "count": checked}
        error = _("On your last %(count)s bills this was off by %(percent)s%% on average.") % facts
    days_in_words = {
        "first": day_in_words(min(result.start for result in results)),
        "last": day_in_words(max(result.until for result in results) - timedelta(days=1)),
    }
    partly = ""
    if len(own) < len(keys):
        counts = {"had": number_in_words(Decimal(len(own))), "all": number_in_words(Decimal(len(keys)))}
        partly = (
            _("Only %(had)s of %(all)s services: the others have no bill with a price, or too few readings.")
            % counts
        )
    return ExpectedCost(
        period=_("%(first)s to %(last)s") % days_in_words,
        so_far=money_in_words(sum((result.so_far for result in results), Decimal(0)), currency),
        expected=money_in_words(sum((result.expected for result in results), Decimal(0)), currency),
        error=error,
        partly=partly,
    )


def _gaps(contracts: Sequence[ContractChoice], facts: UsageFacts, at: datetime) -> tuple[Gap, ...]:
    """Services whose meters measure on, and whose newest reading is days old."""
    gaps = []
    for contract in contracts:
        links = [link for link in facts.links if link.contract_id == contract.key]
        until = loaded_until(links, facts.loads)
        is_measured = any(link.span.end is None or link.span.end > at for link in links)
        if until is not None and is_measured and until < at - _BEHIND and not contract.has_ended:
            gaps.append(Gap(contract.public_id, contract.label, day_in_words(until - timedelta(seconds=1))))
    return tuple(gaps)
