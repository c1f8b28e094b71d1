"""The newest bill of a customer's user, for the home page."""

from dataclasses import dataclass

from cdsc_portal.lib.text.money import money_in_words
from cdsc_portal.lib.time.dates_in_words import day_in_words
from consent.access import OwnerAccess
from datahub.answers.coverage import coverage
from datahub.bills.pages.bill_list import RESOURCE, due_in_words, period_in_words
from datahub.bills.statements import own_bill_statements, readable_statement


@dataclass(frozen=True, slots=True)
class LastBill:
    """In words. `amount` and `due` are empty where some of what it bills is not the user's to see."""

    public_id: str
    account: str
    dated: str
    period: str
    amount: str
    due: str


def last_bill(*, access: OwnerAccess) -> LastBill | None:
    """The newest of all accounts; None if there is none. Four queries, however many bills."""
    covered = coverage(access, RESOURCE)
    newest = own_bill_statements(covered).order_by("-statement_date", "public_id").first()
    if newest is None:
        return None
    whole = readable_statement(newest, covered).whole
    return LastBill(
        public_id=newest.public_id,
        account=newest.account.account_number,
        dated=day_in_words(newest.statement_date),
        period=period_in_words(newest.start, newest.end),
        amount=money_in_words(newest.total, newest.currency) if whole else "",
        due=due_in_words(newest) if whole else "",
    )
