"""What a disclosure says left: from the first value to the end of the last, never the window that was allowed."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cdsc_portal.lib.time.local_days import days
from consent.models import Disclosure
from tests.factories.accounts import SupplyTermFactory
from tests.factories.datahub import bill
from tests.factories.feeds import load_readings, usage_series

NOON = datetime(2026, 3, 2, 20, tzinfo=UTC)
pytestmark = pytest.mark.spec("X-20", "P-33")


def released_period():
    disclosure = Disclosure.objects.get()
    return disclosure.data_start, disclosure.data_end


@pytest.mark.parametrize("accept", ["application/json", "text/csv"])
def test_readings_from_the_first_to_the_last(reader, home, accept):
    load_readings(usage_series(home.meter, NOON, [1, 2, 3]))
    reader.granted(home.contract, end=datetime(2030, 1, 1, tzinfo=UTC))

    reader.get("/usage_data", Accept=accept)

    assert released_period() == (NOON, NOON + timedelta(minutes=45))
    assert Disclosure.objects.get().end == datetime(2030, 1, 1, tzinfo=UTC)
    assert Disclosure.objects.get().resolution == "as_read"


@pytest.mark.parametrize("by", ["day", "month", "year"])
def test_sums_as_far_as_readings_are_loaded(reader, home, by):
    load_readings(usage_series(home.meter, NOON, [1, 2, 3]))
    reader.granted(home.contract, end=datetime(2030, 1, 1, tzinfo=UTC))

    reader.get("/usage_sums", {"by": by})

    assert released_period() == (NOON, NOON + timedelta(minutes=45))
    assert Disclosure.objects.get().resolution == {"day": "daily", "month": "monthly", "year": "yearly"}[by]


@pytest.mark.parametrize("resource", ["bill_data", "bill_statements"])
def test_bills_by_their_days(reader, home, resource):
    statement = bill(home.contract)
    reader.granted(home.contract, scope=resource)

    reader.get(f"/{resource}")

    section = statement.sections.get()
    dated = days(statement.statement_date, statement.statement_date + timedelta(days=1))
    expected = days(section.start, section.end) if resource == "bill_data" else dated
    assert released_period() == (expected.start, expected.end)
    assert Disclosure.objects.get().resolution == ""


def test_an_answer_without_a_value_says_none(reader, home):
    reader.granted(home.contract)

    reader.get("/usage_data")

    assert released_period() == (None, None)


def test_what_tells_the_present_has_no_period(reader, home):
    reader.granted(home.contract, scope="customer_distribution_details")

    reader.get("/distribution_details")

    assert released_period() == (None, None)


def test_suppliers_until_the_answer(reader, home):
    term = SupplyTermFactory(contract=home.contract, start=date(2026, 1, 1), end=None)
    reader.granted(home.contract, scope="customer_supply_history", end=datetime(2030, 1, 1, tzinfo=UTC))

    reader.get("/supply_history")

    assert released_period() == (days(term.start, None).start, Disclosure.objects.get().released_at)
