"""An approval of everything costs no more statements for thousands of services than for a long list."""

from datetime import UTC, date, datetime

import pytest

from accounts.models import Commodity
from consent.services.approve import approve_request
from consent.services.offer import build_offer
from tests.factories.accounts import household
from tests.factories.consent import ask, everything

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


def test_two_thousand_services_cost_as_many_statements_as_eleven(django_assert_max_num_queries):
    def statements(count):
        home = household()
        account = home.account
        type(home.contract).objects.bulk_create(
            type(home.contract)(
                billing_account=account,
                contract_number=f"{home.contract.pk}-{number}",
                commodity=Commodity.ELECTRICITY,
                start=date(2020, 1, 1),
            )
            for number in range(count)
        )
        request = ask(
            {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}, user=home.owner, at=AT
        )
        offer = build_offer(request, home.owner, AT)
        with django_assert_max_num_queries(40) as captured:
            approve_request(
                request=request, decision=everything(offer), by=home.owner, digest=offer.digest, at=AT
            )
        return len(captured)

    assert statements(1999) == statements(10)
