"""What a customer's first page says of bills: the newest, and those that are overdue."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils import timezone

from cdsc_portal.lib.db.compiled_query import Keys, compiled_query
from cdsc_portal.lib.text.money import money_in_words
from cdsc_portal.lib.time.dates_in_words import day_in_words
from consent.access import OwnerAccess
from datahub.answers.coverage import coverage
from datahub.bills.pages.bill_list import RESOURCE, BillLink, due_in_words, period_in_words
from datahub.bills.payment import Payment, payment
from datahub.bills.statements import ReadableStatement, own_bill_statements, readable_statement
from datahub.models import BillStatement


@dataclass(frozen=True, slots=True)
class LastBill:
    """In words. `amount` and `due` are empty where some of what it bills is not the user's to see."""

    public_id: str
    account: str
    dated: str
    period: str
    amount: str
    due: str
    payment: Payment


@dataclass(frozen=True, slots=True)
class FirstPageBills:
    """`last` of all accounts; `overdue`: a feed says that they are not paid, after their due date, oldest first."""

    last: LastBill | None
    overdue: tuple[BillLink, ...]


def first_page_bills(*, access: OwnerAccess, at: datetime) -> FirstPageBills:
    """Four queries, however many bills; one where there are none."""
    statements = _newest_and_overdue(contracts=Keys.of(access.contracts), today=timezone.localdate(at))
    if not statements:
        return FirstPageBills(None, ())
    covered = coverage(access, RESOURCE)
    late = sorted(
        (each for each in statements if vars(each)["is_overdue"]),
        key=lambda each: (each.due_date, each.public_id),
    )
    return FirstPageBills(
        last=_last_bill(readable_statement(statements[0], covered), at),
        overdue=tuple(
            BillLink(
                statement.public_id,
                statement.statement_number,
                day_in_words(statement.statement_date),
                money_in_words(statement.open_amount or Decimal(0), statement.currency),
            )
            for statement in late
            if readable_statement(statement, covered).whole
        ),
    )


def _last_bill(newest: ReadableStatement, at: datetime) -> LastBill:
    statement, whole = newest.statement, newest.whole
    return LastBill(
        public_id=statement.public_id,
        account=statement.account.account_number,
        dated=day_in_words(statement.statement_date),
        period=period_in_words(statement.start, statement.end),
        amount=money_in_words(statement.total, statement.currency) if whole else "",
        due=due_in_words(statement) if whole else "",
        payment=payment(statement, at=at) if whole else Payment.UNKNOWN,
    )


@compiled_query
def _newest_and_overdue(*, contracts: Keys, today: date) -> QuerySet[BillStatement]:
    """The newest first; each with `is_overdue`."""
    own = own_bill_statements(contracts)
    newest = own.order_by("-statement_date", "public_id").values("pk")[:1]
    corrected = Exists(BillStatement.objects.filter(replaces=OuterRef("pk")))
    is_overdue = Q(open_amount__gt=0, total__gt=0, due_date__lt=today) & ~Q(corrected)
    overdue = own.annotate(is_overdue=ExpressionWrapper(is_overdue, BooleanField()))
    return overdue.filter(Q(is_overdue=True) | Q(pk__in=newest)).order_by("-statement_date", "public_id")
