"""GET /usage_sums: the gate, the window and the links of /usage_data, summed."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.models import Disclosure
from datahub.usage import summed_usage
from tests.factories.accounts import (
    ContractServicePointFactory,
    MeterDeviceFactory,
    MeterInstallationFactory,
    ServiceContractFactory,
    add_service,
)
from tests.factories.feeds import load_days, load_readings, usage_series

URL = "/usage_sums"
MIDNIGHT = datetime(2026, 3, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def values(answer):
    return {
        period["period"]: period["value"] for summed in answer.json()["data"] for period in summed["periods"]
    }


def test_a_month_comes_exact_with_what_is_missing(reader, home):
    load_readings(usage_series(home.meter, MIDNIGHT, [420, -5, None, 110]))
    reader.granted(home.contract)

    (item,) = reader.get(URL).json()["data"]

    assert (item["by"], item["rule"], item["unit"], item["direction"]) == ("month", "sum", "Wh", "import")
    assert item["contract_number"] == home.contract.contract_number
    assert item["meter_number"] == home.meter.meter_number
    assert item["periods"] == [
        {
            "period": "2026-03",
            "start": "2026-03-01T08:00:00Z",
            "end": "2026-04-01T07:00:00Z",
            "whole": True,
            "value": "0.525",
            "counted": "0.525",
            "known": 3,
            "due": 2972,
            "quality": [{"count": 3, "quality": "actual"}, {"count": 2969, "quality": "missing"}],
        }
    ]


@pytest.mark.parametrize(("by", "period"), [("day", "2026-03-01"), ("month", "2026-03"), ("year", "2026")])
def test_periods_are_local_days_months_and_years(reader, home, by, period):
    load_readings(usage_series(home.meter, MIDNIGHT, [1] * 4, scale=0))
    reader.granted(home.contract)

    assert values(reader.get(URL, {"by": by})) == {period: "4"}


def test_another_length_is_refused_by_name(reader, home):
    reader.granted(home.contract)

    answer = reader.get(URL, {"by": "week"})

    assert (answer.status_code, answer.json()["parameter"]) == (400, "by")


@pytest.mark.spec("X-15")
def test_the_granted_window_cuts_inside_a_day(reader, home):
    load_days(home.meter, date(2026, 3, 1), 31, value=1, scale=0)
    reader.granted(
        home.contract, start=MIDNIGHT + timedelta(hours=1), end=MIDNIGHT + DAY + timedelta(minutes=20)
    )

    answer = reader.get(URL, {"by": "day", "start": "2020-01-01"})

    assert values(answer) == {"2026-03-01": "92", "2026-03-02": "1"}
    assert [notice["code"] for notice in answer.json()["notices"]] == ["window_cut"]


@pytest.mark.spec("X-15")
def test_a_month_that_a_move_cuts_never_shows_the_meters_whole_month(reader, home):
    load_readings(usage_series(home.meter, MIDNIGHT, [1000] * 96 * 13 + [1] * 96 * 17, scale=0))
    move = MIDNIGHT + 13 * DAY
    link = home.contract.point_links.get()
    link.end = move
    link.save()
    newcomer = ServiceContractFactory(billing_account=home.account)
    ContractServicePointFactory(contract=newcomer, service_point=home.point, start=move)

    by_contract = {}
    for contract in (home.contract, newcomer):
        reader.granted(contract)
        by_contract[contract.pk] = [values(reader.get(URL, {"by": by})) for by in ("month", "year")]

    assert by_contract[home.contract.pk] == [{"2026-03": str(96 * 13 * 1000)}, {"2026": str(96 * 13 * 1000)}]
    assert by_contract[newcomer.pk] == [{"2026-03": str(96 * 17)}, {"2026": str(96 * 17)}]


def test_csv_has_the_sums_of_json(reader, home):
    load_days(home.meter, date(2026, 3, 1), 40, value=333)
    reader.granted(home.contract, start=MIDNIGHT + timedelta(hours=7))

    answer = reader.get(URL, {"by": "day"}, Accept="text/csv")

    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert {row["period"]: row["value"] for row in rows} == values(reader.get(URL, {"by": "day"}))
    assert (rows[0]["known"], rows[0]["due"], rows[0]["whole"], rows[0]["actual"]) == ("68", "68", "no", "68")


def test_what_is_disclosed_is_how_many_sums(reader, home):
    load_days(home.meter, date(2026, 3, 2), 2)
    reader.granted(home.contract)

    reader.get(URL, {"by": "day"})

    disclosure = Disclosure.objects.get()
    assert (disclosure.resource, disclosure.value_count) == ("usage_data", 3)
    assert disclosure.contracts == [home.contract.pk]


def test_nothing_is_disclosed_where_nothing_changed(reader, home):
    load_days(home.meter, date(2026, 3, 2), 2)
    reader.granted(home.contract)
    etag = reader.get(URL)["ETag"]

    again = reader.get(URL, **{"If-None-Match": etag})

    assert again.status_code == 304
    assert Disclosure.objects.count() == 1


def test_pages_part_meters_and_lose_none(reader, home, monkeypatch):
    monkeypatch.setattr(summed_usage, "PERIODS", 40)
    services = [home, add_service(owner=home.owner, account=home.account)]
    other = MeterDeviceFactory()
    MeterInstallationFactory(meter=other, service_point=home.point)
    for meter in (*(service.meter for service in services), other):
        load_days(meter, date(2026, 3, 1), 30)
    reader.granted(*(service.contract for service in services))

    first = reader.get(URL, {"by": "day"}).json()
    items, following = list(first["data"]), first["next"]
    while following:
        page = reader.get(following.removeprefix("http://127.0.0.1:8000")).json()
        items, following = items + page["data"], page["next"]

    meters = [item["meter_number"] for item in items]
    assert len(first["data"]) == 1
    assert sorted(meters) == sorted(
        [home.meter.meter_number, other.meter_number, services[1].meter.meter_number]
    )
    assert sum(Decimal(period["value"]) for item in items for period in item["periods"]) == Decimal("2160")


def test_a_cursor_of_the_readings_opens_no_sums(reader, home, monkeypatch):
    monkeypatch.setattr(summed_usage, "PERIODS", 1)
    for service in (home, add_service(owner=home.owner, account=home.account)):
        load_days(service.meter, date(2026, 3, 1), 2)
    reader.granted(home.contract, ServiceContractFactory(billing_account=home.account))
    reader.granted(*home.account.contracts.all())
    cursor = reader.get(URL).json()["next"].partition("cursor=")[2]

    assert reader.get("/usage_data", {"cursor": cursor}).status_code == 400


def test_queries_do_not_grow_with_contracts_and_days(reader, home):
    def count(services):
        reader.granted(*(service.contract for service in services))
        with CaptureQueriesContext(connection) as queries:
            assert reader.get(URL, {"by": "day"}).json()["data"]
        return len(queries)

    load_days(home.meter, date(2026, 3, 1), 3)
    few = count([home])
    more = [add_service(owner=home.owner, account=home.account) for _ in range(4)]
    for service in more:
        load_days(service.meter, date(2026, 3, 1), 40)

    assert count([home, *more]) == few
