from decimal import Decimal

import pytest

from datahub.models import BillStatement, RunStatus
from tests.datahub.feeds.formats.files import content_of
from tests.datahub.feeds.loading.conftest import MORNING
from tests.factories.accounts import BillingAccountFactory, ServiceContractFactory

pytestmark = pytest.mark.django_db
CONTENT = content_of("espi_usage_summaries.xml")


def test_a_green_button_bill_goes_to_the_account_of_its_contract_and_the_same_again_changes_nothing(bring):
    account = BillingAccountFactory(account_number="A-1")
    ServiceContractFactory(billing_account=account, contract_number="K-1")

    run = bring("bills", "bills_espi", CONTENT, MORNING)
    again = bring("bills", "bills_espi", CONTENT + b"\n", MORNING)

    assert (run.status, run.accepted, run.rejected) == (RunStatus.DONE, 8, 0)
    assert (again.accepted, again.unchanged) == (0, 8)
    totals = dict(BillStatement.objects.values_list("statement_number", "total"))
    assert set(BillStatement.objects.values_list("account", flat=True)) == {account.pk}
    assert len(totals) == 2
    assert sum(totals.values()) == Decimal("103.6")


def test_a_green_button_bill_of_a_contract_nobody_knows_is_rejected_by_its_name(bring):
    run = bring("bills", "bills_espi", CONTENT, MORNING)

    assert {row.reason for row in run.rejected_rows.all()} == {"contract K-1 is not known here"}
