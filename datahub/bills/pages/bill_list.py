"""The bills of a customer's user, newest first, as the list shows them."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.queries.choices import MOST_LISTED
from cdsc_portal.lib.text.money import money_in_words
from cdsc_portal.lib.time.dates_in_words import day_in_words
from consent.access import OwnerAccess
from datahub.answers.coverage import Coverage, coverage
from datahub.bills.links import Corrections, corrections
from datahub.bills.statements import own_bill_statements, readable_statement
from datahub.models import BillStatement
from datahub.usage.pages.periods import next_first, part_in_words
from datahub.usage.sum_periods import By

RESOURCE = "bill_statements"
PAGE_SIZE = 10  # more are paged and can be filtered


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
    corrections: Corrections


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """One account that has bills; `key` is what addresses say."""

    key: str
    number: str


@dataclass(frozen=True, slots=True)
class BillList:
    """One page of the list. `accounts` (of many only some) and `years` are what it can be narrowed to."""

    bills: tuple[ListedBill, ...]
    page: Page[BillStatement]
    accounts: tuple[AccountChoice, ...]
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
    *, access: OwnerAccess, account: str, year: int | None, number: str, search: str = ""
) -> BillList:
    """Page `number` of the bills of the account with public id `account` ("" = all) dated in `year` (None = all).

    Each word of `search` must stand in the account's number, name or address. An unknown
    account has no bills (X-15); a page beyond the last is the last. Ten queries, however many bills.
    """
    covered = coverage(access, RESOURCE)
    every = own_bill_statements(covered)
    accounts = every.order_by("account__account_number").values_list(
        "account__public_id", "account__account_number"
    )
    years = every.order_by().dates("statement_date", "year", order="DESC")
    found = _searched(every.filter(account__public_id=account) if account else every, search)
    found = found.filter(statement_date__year=year) if year else found
    page = Paginator(
        found.order_by("-statement_date", "account__account_number", "public_id"), PAGE_SIZE
    ).get_page(number)
    shown = list(page.object_list)
    linked = corrections(shown, covered)
    return BillList(
        bills=tuple(_listed(one, covered, linked[one.pk]) for one in shown),
        page=page,
        accounts=tuple(AccountChoice(*row) for row in accounts.distinct()[: MOST_LISTED + 1]),
        years=tuple(day.year for day in years),
        account=account,
        year=year,
        search=search,
    )


def _searched(statements: QuerySet[BillStatement], text: str) -> QuerySet[BillStatement]:
    for word in text.split():
        named = Q(account__account_number__icontains=word) | Q(account__name__icontains=word)
        statements = statements.filter(named | Q(account__address__icontains=word))
    return statements


def _listed(statement: BillStatement, covered: Coverage, linked: Corrections) -> ListedBill:
    whole = readable_statement(statement, covered).whole
    return ListedBill(
        public_id=statement.public_id,
        number=statement.statement_number,
        account=statement.account.account_number,
        dated=day_in_words(statement.statement_date),
        period=_short_period(statement.start, statement.end),
        amount=money_in_words(statement.total, statement.currency) if whole else "",
        due=due_in_words(statement) if whole else "",
        has_file=whole and bool(statement.file),
        corrections=linked,
    )


def period_in_words(start: date | None, end: date | None) -> str:
    """`February 1, 2026 to February 28, 2026` of local days [start, end); "" where the bill states none."""
    if start is None or end is None:
        return ""
    days = {"first": day_in_words(start), "last": day_in_words(end - timedelta(days=1))}
    return _("%(first)s to %(last)s") % days


def _short_period(start: date | None, end: date | None) -> str:
    """`February 2026` for the days of a whole month."""
    if start is not None and start.day == 1 and end == next_first(start, By.MONTH):
        return part_in_words(start, By.MONTH)
    return period_in_words(start, end)


def due_in_words(statement: BillStatement) -> str:
    """By when to pay; "" where the bill states no day."""
    if statement.total <= 0:
        return _("Nothing to pay")
    return day_in_words(statement.due_date) if statement.due_date else ""
