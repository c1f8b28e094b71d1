"""What was charged month by month, for lists of bills: by the month that a bill is dated in."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Max, Sum
from django.db.models.functions import TruncMonth

from datahub.answers.coverage import Coverage
from datahub.bills.statements import open_sections


@dataclass(frozen=True, slots=True)
class MonthCharges:
    """Charges of the bills dated in the month that begins on `first`; `bill` is the public id of one of them."""

    first: date
    currency: str
    amount: Decimal
    bills: int
    bill: str


def month_charges(covered: Coverage, *, account: str, start: date, end: date) -> list[MonthCharges]:
    """Of bills dated in [start, end), of the account with public id `account`, "" for all; corrected bills never count.

    Only what `covered` opens. One query.
    """
    sections = open_sections(covered).filter(
        statement__replaced_by=None, statement__statement_date__gte=start, statement__statement_date__lt=end
    )
    if account:
        sections = sections.filter(statement__account__public_id=account)
    months = sections.annotate(first=TruncMonth("statement__statement_date")).order_by()
    sums = months.values("first", "statement__currency").annotate(
        charged=Sum("amount"), bills=Count("statement", distinct=True), bill=Max("statement__public_id")
    )
    return [
        MonthCharges(row["first"], row["statement__currency"], row["charged"], row["bills"], row["bill"])
        for row in sums.order_by("first", "statement__currency")
    ]
