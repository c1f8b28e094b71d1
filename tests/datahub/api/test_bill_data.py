from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from datahub.bills import sections
from tests.factories.accounts import add_service
from tests.factories.datahub import bill
from tests.support.queries import count_queries

URL = "/bill_data"


def test_a_section_has_its_lines_in_exact_decimals(reader, home):
    bill(home.contract)
    reader.granted(home.contract, scope="bill_data")

    (section,) = reader.get(URL).json()["data"]

    assert (section["start"], section["end"], section["amount"]) == ("2026-02-01", "2026-03-01", "65.52")
    assert section["line_items"] == [
        {
            "name": "Energy",
            "kind": "usage",
            "quantity": "312",
            "unit": "kWh",
            "rate": "0.21",
            "amount": "65.52",
        }
    ]


def test_supplier_and_tariff_are_withheld_without_a_supply_scope(reader, home):
    bill(home.contract)
    reader.granted(home.contract, scope="bill_data")

    answer = reader.get(URL)

    (section,) = answer.json()["data"]
    assert section["supplier"] is section["tariff_code"] is section["tariff_name"] is None
    assert section["withheld"] == ["supplier", "tariff_code", "tariff_name"]
    assert "EV-TOU" not in answer.content.decode()


@pytest.mark.parametrize("scope", ["customer_supply_details", "customer_supply_history"])
def test_supplier_and_tariff_are_named_beside_a_supply_scope(reader, home, scope):
    bill(home.contract)
    reader.granted(home.contract, scope=f"bill_data {scope}")

    (section,) = reader.get(URL).json()["data"]

    assert (section["supplier"], section["tariff_code"]) == ("Bright Supply (demo)", "EV-TOU")
    assert section["withheld"] == []


@pytest.mark.parametrize(
    ("start", "end", "served"),
    [
        (datetime(2026, 2, 1, 8, tzinfo=UTC), datetime(2026, 3, 1, 8, tzinfo=UTC), 1),
        (datetime(2026, 2, 1, 8, 0, 1, tzinfo=UTC), datetime(2026, 3, 1, 8, tzinfo=UTC), 0),
        (datetime(2026, 2, 1, 8, tzinfo=UTC), datetime(2026, 3, 1, 7, 59, tzinfo=UTC), 0),
    ],
)
def test_a_section_counts_only_where_it_lies_wholly_inside_the_window(reader, home, start, end, served):
    bill(home.contract)
    reader.granted(home.contract, scope="bill_data", start=start, end=end)

    answer = reader.get(URL).json()

    assert len(answer["data"]) == served
    assert answer["services"][0]["status"] == ("available" if served else "none")


@pytest.mark.spec("X-15")
def test_the_other_section_of_a_shared_bill_is_not_served(reader, home):
    unticked = add_service(owner=home.owner, account=home.account)
    bill(home.contract, unticked.contract)
    reader.granted(home.contract, scope="bill_data")

    answer = reader.get(URL)

    assert [section["contract_number"] for section in answer.json()["data"]] == [
        home.contract.contract_number
    ]
    assert unticked.contract.contract_number not in answer.content.decode()


def test_pages_join_to_the_whole(reader, home, monkeypatch):
    monkeypatch.setattr(sections, "PAGE_SIZE", 2)
    for day in range(1, 6):
        bill(home.contract, statement_date=date(2026, 3, day))
    reader.granted(home.contract, scope="bill_data")

    ids, url = [], URL
    while url:
        page = reader.get(url.removeprefix("http://127.0.0.1:8000")).json()
        ids += [section["id"] for section in page["data"]]
        url = page["next"]

    assert len(ids) == len(set(ids)) == 5


def test_ten_bills_cost_as_many_queries_as_one(reader, home):
    bill(home.contract)
    reader.granted(home.contract, scope="bill_data")
    few = count_queries(lambda: reader.get(URL))
    for _ in range(9):
        bill(home.contract, total=Decimal("1"))

    many = count_queries(lambda: reader.get(URL))

    assert many == few
