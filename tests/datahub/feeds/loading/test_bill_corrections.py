"""A bill that corrects another, as the feeds tell it."""

import json

import pytest

from datahub.models import BillStatement, RejectedRow, RunStatus
from tests.datahub.feeds.loading.conftest import MORNING
from tests.factories.accounts import BillingAccountFactory
from tests.factories.datahub import BillStatementFactory

pytestmark = pytest.mark.django_db
HEADER = "record,account_number,statement_number,statement_date,start,end,currency,amount,replaces\n"


@pytest.fixture
def account():
    return BillingAccountFactory(account_number="A-1")


def statement(number, replaces=""):
    return f"statement,A-1,{number},2026-02-03,2026-01-01,2026-02-01,USD,0.00,{replaces}\n"


def test_the_original_may_come_in_the_same_file(bring, account):
    bring("bills", "bills_csv", (HEADER + statement("B-1") + statement("B-2", "B-1")).encode(), MORNING)

    correction = BillStatement.objects.get(statement_number="B-2")
    assert correction.replaces.statement_number == "B-1"


def test_json_tells_it_as_well(bring, account):
    BillStatementFactory(account=account, statement_number="B-1")
    bill = {
        "account_number": "A-1", "statement_number": "B-2", "statement_date": "2026-02-03", "start": "2026-01-01",
        "end": "2026-02-01", "currency": "USD", "amount": 0, "replaces": "B-1",
    }  # fmt: skip

    bring("bills", "bills_json", json.dumps({"bills": [bill]}).encode(), MORNING)

    assert BillStatement.objects.get(statement_number="B-2").replaces.statement_number == "B-1"


@pytest.mark.parametrize("replaced", ["B-9", "B-2", "FOREIGN"])
def test_what_it_corrects_is_another_known_bill_of_the_same_customer(bring, account, replaced):
    BillStatementFactory(statement_number="FOREIGN")

    run = bring("bills", "bills_csv", (HEADER + statement("B-2", replaced)).encode(), MORNING)

    assert (run.status, run.accepted, run.rejected) == (RunStatus.DONE, 0, 1)
    reason = f"statement {replaced}, which it replaces, is not known here"
    assert RejectedRow.objects.get().reason == reason


def test_the_same_bills_again_change_nothing(bring, account):
    both = HEADER + statement("B-1") + statement("B-2", "B-1")
    bring("bills", "bills_csv", both.encode(), MORNING)

    run = bring("bills", "bills_csv", (both + "\n").encode(), MORNING)

    assert (run.accepted, run.unchanged, run.rejected) == (0, 2, 0)
