from datetime import UTC, date, datetime, timedelta

import pytest

from cdsc_portal.lib.time import clock
from consent.models import Disclosure
from tests.factories.accounts import (
    EntityFactory,
    MeterDeviceFactory,
    MeterInstallationFactory,
    SupplyTermFactory,
    add_service,
    place,
)
from tests.support.queries import count_queries

DISTRIBUTION = "customer_distribution_details"
SUPPLY = "customer_supply_details"
HISTORY = "customer_supply_history"


def test_a_delivery_names_utility_point_meter_voltage_and_address(reader, home):
    place(home.point, "WEST", pricing_node="NODE-7")
    reader.granted(home.contract, scope=DISTRIBUTION)

    (delivery,) = reader.get("/distribution_details").json()["data"]

    assert delivery["utility"] == "River Valley Wires (demo)"
    assert delivery["address"] == home.contract.address
    assert delivery["service_type"] == "electricity"
    assert delivery["service_points"] == [
        {
            "service_point_id": home.point.servicepoint_number,
            "address": home.point.premise.address,
            "voltage": 240,
            "region": "WEST",
            "pricing_node": "NODE-7",
            "meter_numbers": [home.meter.meter_number],
        }
    ]


def test_the_region_is_the_one_now_of_what_was_and_will_be(reader, home):
    moved = datetime(2026, 3, 1, tzinfo=UTC)
    place(home.point, "WEST", pricing_node="NODE-7", end=moved)
    place(home.point, "EAST", start=moved, end=datetime(2090, 1, 1, tzinfo=UTC))
    place(home.point, "NORTH", start=datetime(2090, 1, 1, tzinfo=UTC))
    reader.granted(home.contract, scope=DISTRIBUTION)

    (delivery,) = reader.get("/distribution_details").json()["data"]

    (point,) = delivery["service_points"]
    assert (point["region"], point["pricing_node"]) == ("EAST", None)


def test_only_the_meter_of_today_is_named(reader, home):
    home.point.installations.update(end=datetime(2026, 3, 1, tzinfo=UTC))
    new = MeterDeviceFactory()
    MeterInstallationFactory(meter=new, service_point=home.point, start=datetime(2026, 3, 1, tzinfo=UTC))
    reader.granted(home.contract, scope=DISTRIBUTION)

    (delivery,) = reader.get("/distribution_details").json()["data"]

    assert delivery["service_points"][0]["meter_numbers"] == [new.meter_number]


def test_distribution_says_nothing_of_supply(reader, home):
    SupplyTermFactory(contract=home.contract)
    reader.granted(home.contract, scope=DISTRIBUTION)

    answer = reader.get("/distribution_details")

    assert "EV-TOU" not in answer.content.decode()


def test_supply_is_the_term_of_today(reader, home):
    today = clock.now().date()
    past = EntityFactory(name="Old Supply (demo)")
    now = EntityFactory(name="Bright Supply (demo)")
    SupplyTermFactory(contract=home.contract, supplier=past, end=today - timedelta(days=10))
    SupplyTermFactory(
        contract=home.contract,
        supplier=now,
        supplier_contract_number="BS-77",
        start=today - timedelta(days=10),
    )
    reader.granted(home.contract, scope=SUPPLY)

    answer = reader.get("/supply_details").json()

    (supply,) = answer["data"]
    assert (supply["supplier"], supply["supplier_contract_id"]) == ("Bright Supply (demo)", "BS-77")
    assert (supply["tariff_code"], supply["tariff_name"]) == ("EV-TOU", "Home EV")
    assert supply["delivery_id"] == home.contract.public_id
    assert supply["account_number"] == home.account.account_number
    assert supply["customer_number"] == home.customer.customer_number
    assert answer["window"] == {"start": None, "end": None}


def test_a_period_changes_nothing_where_the_present_is_told(reader, home):
    SupplyTermFactory(contract=home.contract)
    reader.granted(home.contract, scope=SUPPLY)

    answer = reader.get("/supply_details", {"start": "2001-01-01", "end": "2001-02-01"}).json()

    assert len(answer["data"]) == 1
    assert [notice["code"] for notice in answer["notices"]] == ["no_period"]


def test_history_tells_changes_inside_the_window_and_no_others(reader, home):
    terms = [(2020, 2023), (2023, 2025), (2025, None)]
    for start, end in terms:
        SupplyTermFactory(
            contract=home.contract,
            tariff_code=f"T{start}",
            start=date(start, 1, 1),
            end=date(end, 1, 1) if end else None,
        )
    reader.granted(
        home.contract,
        scope=HISTORY,
        start=datetime(2024, 1, 1, 8, tzinfo=UTC),
        end=datetime(2026, 1, 1, 8, tzinfo=UTC),
    )

    history = [
        (term["tariff_code"], term["start"], term["end"], term["withheld"])
        for term in reader.get("/supply_history").json()["data"]
    ]

    assert history == [
        ("T2023", None, "2025-01-01", ["start"]),
        ("T2025", "2025-01-01", None, ["end"]),
    ]


def test_a_contract_without_terms_has_nothing_loaded(reader, home):
    reader.granted(home.contract, scope=HISTORY)

    (line,) = reader.get("/supply_history").json()["services"]

    assert (line["status"], line["verified"]) == ("not_loaded", None)


@pytest.mark.spec("X-15")
@pytest.mark.parametrize(
    ("scope", "path"),
    [(DISTRIBUTION, "/distribution_details"), (SUPPLY, "/supply_details"), (HISTORY, "/supply_history")],
)
def test_an_unticked_contract_is_not_told_of(reader, home, scope, path):
    unticked = add_service(owner=home.owner, account=home.account)
    for contract in (home.contract, unticked.contract):
        SupplyTermFactory(contract=contract)
    reader.granted(home.contract, scope=scope)

    answer = reader.get(path)

    assert unticked.contract.contract_number not in answer.content.decode()
    assert Disclosure.objects.get().value_count == 1


@pytest.mark.parametrize(
    ("scope", "path"),
    [(DISTRIBUTION, "/distribution_details"), (SUPPLY, "/supply_details"), (HISTORY, "/supply_history")],
)
def test_ten_contracts_cost_as_many_queries_as_one(reader, home, scope, path):
    SupplyTermFactory(contract=home.contract)
    reader.granted(home.contract, scope=scope)
    few = count_queries(lambda: reader.get(path))
    others = [add_service(owner=home.owner, account=home.account).contract for _ in range(10)]
    for contract in others:
        SupplyTermFactory(contract=contract)
    reader.granted(*others, scope=scope)

    many = count_queries(lambda: reader.get(path))

    assert many == few
