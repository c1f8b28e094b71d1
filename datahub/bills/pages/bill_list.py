"""The bills of a customer's user, newest first, as the list shows them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.queries.choices import MOST_LISTED
from cdsc_portal.lib.db.compiled_query import Keys, compiled_query
from cdsc_portal.lib.text.money import money_in_words
from cdsc_portal.lib.time.dates_in_words import day_in_words
from consent.access import OwnerAccess
from datahub.answers.coverage import Coverage, coverage
from datahub.bills.pages.bill_months import BillMonths, bill_months
from datahub.bills.payment import Payment, payment
from datahub.bills.statements import own_bill_statements, readable_statement
from datahub.models import BillStatement
from datahub.usage.pages.periods import next_first, part_in_words
from datahub.usage.sum_periods import By

RESOURCE = "bill_statements"
PAGE_SIZE = 10  # more are paged and can be filtered


@dataclass(frozen=True, slots=True)
class BillLink:
    """Another bill, as a link says it; `amount` is empty where its total is withheld."""

    public_id: str
    number: str
    dated: str
    amount: str


@dataclass(frozen=True, slots=True)
class Corrections:
    """Of one bill: the one that it corrects, and those that correct it, newest first."""

    replaces: BillLink | None = None
    replaced_by: tuple[BillLink, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedBill:
    """One bill in words. `amount` and `due` are empty where the total is withheld, `due` also where no day is said."""

    public_id: str
    number: str
    account: str
    dated: str
    period: str
    amount: str
    due: str
    has_file: bool
    payment: Payment
    corrections: Corrections


@dataclass(frozen=True, slots=True)
class BillList:
    """One page of the list. `accounts` (public id and number, of many only some) and `years` narrow it.

    `months` are None where there is nothing to compare.
    """

    bills: tuple[ListedBill, ...]
    page: Page[BillStatement]
    months: BillMonths | None
    accounts: tuple[tuple[str, str], ...]
    years: tuple[int, ...]
    account: str
    year: int | None
    search: str

    @property
    def has_search(self) -> bool:
        """Too many accounts for a list."""
        return len(self.accounts) > MOST_LISTED

    @property
    def is_long(self) -> bool:
        """Worth narrowing: more than a page, before it was narrowed."""
        return bool(self.account or self.year or self.search) or self.page.paginator.count > PAGE_SIZE

    @property
    def names_accounts(self) -> bool:
        return len(self.accounts) > 1


def bill_list(
    *, access: OwnerAccess, account: str, year: int | None, number: str, at: datetime, search: str = ""
) -> BillList:
    """Page `number` of the bills of the account with public id `account` ("" = all) dated in `year` (None = all).

    Each word of `search` must stand in the account's number, name or address. An unknown
    account has no bills (X-15); a page beyond the last is the last. Eleven queries, however many bills.
    """
    covered = coverage(access, RESOURCE)
    contracts = Keys.of(covered.spans)
    statements = own_bill_statements(contracts)
    if account:
        statements = statements.filter(account__public_id=account)
    for word in search.split():
        named = Q(account__account_number__icontains=word) | Q(account__name__icontains=word)
        statements = statements.filter(named | Q(account__address__icontains=word))
    if year:
        statements = statements.filter(statement_date__year=year)
    ordered = statements.order_by("-statement_date", "account__account_number", "public_id")
    page = Paginator(ordered, PAGE_SIZE).get_page(number)
    shown = list(page.object_list)
    linked = corrections(shown, covered)
    return BillList(
        bills=tuple(_listed(statement, covered, linked[statement.pk], at) for statement in shown),
        page=page,
        months=bill_months(covered, account=account, year=year, newest=shown[0].statement_date)
        if shown and not search and page.number == 1
        else None,
        accounts=tuple(_accounts(contracts=contracts)),
        years=tuple(day.year for day in _years(contracts=contracts)),
        account=account,
        year=year,
        search=search,
    )


@compiled_query
def _accounts(*, contracts: Keys) -> QuerySet[BillStatement, tuple[str, str]]:
    """Public id and number, of very many only some."""
    accounts = own_bill_statements(contracts).order_by("account__account_number")
    return accounts.values_list("account__public_id", "account__account_number").distinct()[: MOST_LISTED + 1]


@compiled_query
def _years(*, contracts: Keys) -> QuerySet[BillStatement, date]:
    """The first day of each, newest first."""
    return own_bill_statements(contracts).order_by().dates("statement_date", "year", order="DESC")


def _listed(statement: BillStatement, covered: Coverage, linked: Corrections, at: datetime) -> ListedBill:
    whole = readable_statement(statement, covered).whole
    start, end = statement.start, statement.end
    if start is not None and start.day == 1 and end == next_first(start, By.MONTH):
        period = part_in_words(start, By.MONTH)
    else:
        period = period_in_words(start, end)
    return ListedBill(
        public_id=statement.public_id,
        number=statement.statement_number,
        account=statement.account.account_number,
        dated=day_in_words(statement.statement_date),
        period=period,
        amount=money_in_words(statement.total, statement.currency) if whole else "",
        due=due_in_words(statement) if whole else "",
        has_file=whole and bool(statement.file),
        payment=payment(statement, at=at) if whole else Payment.UNKNOWN,
        corrections=linked,
    )


def corrections(statements: Collection[BillStatement], covered: Coverage) -> dict[int, Corrections]:
    """By key of the `statements`; bills that `covered` does not open are not named. Three queries at most."""
    keys = {statement.pk for statement in statements}
    replaced = {statement.replaces_id for statement in statements if statement.replaces_id}
    linked = _linked(contracts=Keys.of(covered.spans), keys=Keys.of(keys), replaced=Keys.of(replaced))
    links = {}
    newer: dict[int, list[BillLink]] = defaultdict(list)
    for other in linked:
        whole = readable_statement(other, covered).whole
        links[other.pk] = BillLink(
            public_id=other.public_id,
            number=other.statement_number,
            dated=day_in_words(other.statement_date),
            amount=money_in_words(other.total, other.currency) if whole else "",
        )
        if other.replaces_id in keys:
            newer[other.replaces_id].append(links[other.pk])
    return {
        statement.pk: Corrections(links.get(statement.replaces_id or 0), tuple(newer[statement.pk]))
        for statement in statements
    }


@compiled_query
def _linked(*, contracts: Keys, keys: Keys, replaced: Keys) -> QuerySet[BillStatement]:
    """Bills that correct one of `keys`, and those that these correct; the newest first."""
    linked = Q(pk__in=replaced.rows) | Q(replaces__in=keys.rows)
    return own_bill_statements(contracts).filter(linked).order_by("-statement_date", "public_id")


def period_in_words(start: date | None, end: date | None) -> str:
    """`February 1, 2026 to February 28, 2026` of local days [start, end); "" where the bill states none."""
    if start is None or end is None:
        return ""
    days = {"first": day_in_words(start), "last": day_in_words(end - timedelta(days=1))}
    return _("%(first)s to %(last)s") % days


def due_in_words(statement: BillStatement) -> str:
    """By when to pay; "" where the bill states no day."""
    if statement.total <= 0:
        return _("Nothing to pay")
    return day_in_words(statement.due_date) if statement.due_date else ""
