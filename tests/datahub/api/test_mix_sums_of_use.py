"""GET /consumption_breakdown?by=: weighed with the contract's use where usage is shared, by time where it is not."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection

from consent.models import Disclosure
from tests.datahub.api.mix_world import (
    BOTH,
    DAY,
    FULL,
    HOUR,
    MIDNIGHT,
    USED,
    day,
    periods,
    shares_of,
    tariff,
    used,
    weighed,
)
from tests.factories.accounts import (
    ContractServicePointFactory,
    ServicePointFactory,
    SupplyTermFactory,
    add_service,
    place,
)
from tests.factories.feeds import load_readings, usage_series


def test_consumption_is_weighed_with_the_contracts_use_and_tells_it_where_usage_is_shared(reader, west):
    tariff(wind=[FULL, FULL / 2], gas=[0 * FULL, FULL / 2])
    used(west, 3000, 1000)
    reader.granted(west.contract, scope=BOTH)

    period = day(reader)

    assert period["weighting"] == "energy"
    assert period["sources"] == [
        {"source": "gas", "share": "0.125", "energy_wh": 500},
        {"source": "wind", "share": "0.875", "energy_wh": 3500},
    ]
    assert sorted(Disclosure.objects.values_list("scope", "resource", "value_count")) == [
        ("consumption_breakdown", "consumption_breakdown", 2),
        ("usage_data", "usage_data", 2),
    ]


@pytest.mark.spec("X-15")
def test_without_usage_shared_hours_count_by_time_and_no_energy_is_told(reader, west):
    tariff(wind=[FULL, FULL / 2], gas=[0 * FULL, FULL / 2])
    used(west, 3000, 1000)
    reader.granted(west.contract, scope="consumption_breakdown")

    period = day(reader)

    assert period["weighting"] == "time"
    assert period["sources"] == [
        {"source": "gas", "share": "0.25", "energy_wh": None},
        {"source": "wind", "share": "0.75", "energy_wh": None},
    ]
    assert not Disclosure.objects.filter(resource="usage_data").exists()


@pytest.mark.spec("X-15")
@pytest.mark.parametrize("shared", ["no usage", "usage of another service", "usage of the day before"])
def test_sums_do_not_change_when_usage_changes_that_is_not_shared(reader, west, shared):
    tariff(days=31)
    used(west, *USED * 31)
    other = add_service(owner=west.owner, account=west.account)
    grant = reader.granted(
        west.contract, other.contract, scope="consumption_breakdown" if shared == "no usage" else BOTH
    )
    if shared == "usage of another service":
        grant.parts.get(scope="usage_data").selections.filter(contract=west.contract).delete()
    elif shared == "usage of the day before":
        grant.parts.filter(scope="usage_data").update(window_end=MIDNIGHT)
    questions = [
        ({"by": "day"}, {}), ({"by": "month"}, {}), ({"by": "day"}, {"Accept": "text/csv"}),
        ({"by": "day", "start": "2026-03-01T09:00:00Z", "end": "2026-03-03T07:00:00Z"}, {}),
    ]  # fmt: skip

    def read():
        return [reader.get("/consumption_breakdown", query, **headers) for query, headers in questions]

    before = read()
    load_readings(
        usage_series(west.meter, MIDNIGHT, [hour**3 % 911 for hour in range(31 * 24)], step=3600, scale=0),
        at=datetime(2026, 11, 25, tzinfo=UTC),
    )
    after = read()

    assert [answer.content for answer in after] == [answer.content for answer in before]
    if shared == "no usage":
        assert [answer["ETag"] for answer in after] == [answer["ETag"] for answer in before]


@pytest.mark.spec("X-15")
def test_without_usage_shared_no_reading_is_read(reader, west):
    tariff()
    used(west)
    reader.granted(west.contract, scope="consumption_breakdown")

    statements: list[str] = []

    def note(execute, sql, *how):
        statements.append(sql)
        return execute(sql, *how)

    with connection.execute_wrapper(note):
        day(reader)

    assert [sql for sql in statements if "interval_block" in sql] == []
    assert any("datahub_mixshare" in sql for sql in statements)


@pytest.mark.spec("X-15")
def test_usage_shared_for_other_days_or_another_service_opens_no_energy(reader, west):
    tariff(days=2)
    used(west, *USED, *USED)
    other = add_service(owner=west.owner, account=west.account)
    grant = reader.granted(west.contract, other.contract, scope=BOTH)
    usage = grant.parts.get(scope="usage_data")
    usage.window_end = MIDNIGHT + DAY
    usage.save()

    by_label = periods(reader.get("/consumption_breakdown", {"by": "day"}))

    energy = {label: period["sources"][0]["energy_wh"] is not None for label, period in by_label.items()}
    assert energy == {"2026-03-01": True, "2026-03-02": False}
    usage.window_end = None
    usage.save()
    usage.selections.filter(contract=west.contract).delete()
    by_label = periods(reader.get("/consumption_breakdown", {"by": "day"}))
    assert {source["energy_wh"] for period in by_label.values() for source in period["sources"]} == {None}


@pytest.mark.parametrize("hours", [[1000, None, 1000], [0, 0, 0], []])
def test_where_use_is_not_known_or_nothing_steps_count_by_time(reader, west, hours):
    tariff(wind=[FULL, FULL, 0 * FULL])
    if hours:
        used(west, *hours)
    reader.granted(west.contract, scope=BOTH)

    period = day(reader)

    assert (period["weighting"], shares_of(period)["wind"]) == ("time", "0.6666666667")
    assert {source["energy_wh"] for source in period["sources"]} == {None}


def test_what_was_used_before_the_contract_moved_in_does_not_weigh(reader, west):
    tariff(days=2)
    used(west, *[9000] * 24, *USED)
    west.contract.point_links.update(start=MIDNIGHT + DAY)
    west.contract.supply_terms.update(start=date(2026, 3, 2))
    reader.granted(west.contract, scope=BOTH)

    (month,) = periods(reader.get("/consumption_breakdown", {"by": "month"})).values()

    assert (month["start"], month["whole"]) == ("2026-03-02T08:00:00Z", False)
    assert sum(source["energy_wh"] for source in month["sources"]) == sum(USED)


def test_days_weighed_again_with_their_energy_are_the_month(reader, west):
    tariff(days=3)
    used(west, *USED, *reversed(USED), *[7] * 24)
    reader.granted(west.contract, scope=BOTH)

    days = periods(reader.get("/consumption_breakdown", {"by": "day"})).values()
    month = periods(reader.get("/consumption_breakdown", {"by": "month"}))["2026-03"]

    energies = [sum(row["energy_wh"] for row in period["sources"]) for period in days]
    for source, share in shares_of(month).items():
        again = weighed(energies, [Decimal(shares_of(period)[source]) for period in days])
        assert Decimal(share) == pytest.approx(again, abs=Decimal("1e-9"))
    assert sum(energies) == sum(row["energy_wh"] for row in month["sources"])


def test_a_contract_whose_point_changes_its_region_has_one_series_of_both(reader, home):
    place(home.point, "WEST", end=MIDNIGHT + DAY)
    place(home.point, "EAST", start=MIDNIGHT + DAY)
    SupplyTermFactory(contract=home.contract, tariff_code="EV-TOU")
    for region, source in (("WEST", "wind"), ("EAST", "gas")):
        tariff(days=2, region=region, **{source: [FULL] * 48})
    used(home, *[300] * 24, *[100] * 24)
    reader.granted(home.contract, scope=BOTH)

    month = periods(reader.get("/consumption_breakdown", {"by": "month"}))["2026-03"]

    assert {source["source"]: source["energy_wh"] for source in month["sources"]} == {
        "gas": 2400,
        "wind": 7200,
    }


@pytest.mark.spec("X-15")
@pytest.mark.parametrize("side", ["window_start", "window_end"])
def test_a_reading_that_reaches_out_of_the_usage_shared_tells_no_part_of_itself(reader, west, side):
    """Half a day's energy would tell that of the day."""
    tariff()
    load_readings(usage_series(west.meter, MIDNIGHT, [2400], step=86_400, scale=0))
    grant = reader.granted(west.contract, scope=BOTH)
    assert sum(source["energy_wh"] for source in day(reader)["sources"]) == 2400

    grant.parts.update(**{side: MIDNIGHT + 12 * HOUR})

    period = day(reader)
    assert {source["energy_wh"] for source in period["sources"]} == {None}
    assert (period["weighting"], period["known_seconds"]) == ("time", 12 * 3600)


def test_what_was_used_in_two_regions_at_once_is_told_once(reader, west):
    other = place(ServicePointFactory(), "EAST", end=MIDNIGHT + 12 * HOUR).service_point
    ContractServicePointFactory(contract=west.contract, service_point=other)
    for region, source in (("WEST", "wind"), ("EAST", "gas")):
        tariff(region=region, **{source: [FULL] * 24})
    used(west, *[100] * 24)
    reader.granted(west.contract, scope=BOTH)

    period = day(reader)

    assert {source["source"]: source["energy_wh"] for source in period["sources"]} == {
        "gas": 800,
        "wind": 1600,
    }
