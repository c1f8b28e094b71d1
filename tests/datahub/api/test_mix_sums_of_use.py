"""GET /consumption_breakdown?by=: weighed with what the contract used, and telling none of it that is not shared."""

from datetime import date
from decimal import Decimal

import pytest

from consent.models import Disclosure
from datahub.models import MixShare
from tests.datahub.api.mix_world import (
    BOTH,
    DAY,
    FULL,
    HOUR,
    MIDNIGHT,
    SUN,
    USED,
    WIND,
    day,
    periods,
    tariff,
    told,
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
def test_without_usage_shared_a_whole_day_is_weighed_and_no_energy_told(reader, west):
    tariff()
    used(west)
    reader.granted(west.contract, scope="consumption_breakdown")

    period = day(reader)

    assert period["weighting"] == "energy"
    assert Decimal(told(period)["solar"]) == pytest.approx(weighed(USED, SUN), abs=Decimal("1e-9"))
    assert {one["energy_wh"] for one in period["sources"]} == {None}
    assert not Disclosure.objects.filter(resource="usage_data").exists()


@pytest.mark.spec("X-15")
@pytest.mark.parametrize(
    "sources",
    [
        {"solar": [*[Decimal(0)] * 12, FULL, *[Decimal(0)] * 11], "wind": WIND[:12] + [0 * FULL] + WIND[13:]},
        {name: [FULL / 20 if hour % 24 == place else 0 * FULL for hour in range(24)] for place, name in
         enumerate("abcdefghijklmnopqrstuvwx")},
    ],
)  # fmt: skip
def test_a_day_whose_sources_would_tell_the_use_of_an_hour_is_weighed_by_time(reader, west, sources):
    tariff(**sources)
    used(west)
    reader.granted(west.contract, scope="consumption_breakdown")

    assert day(reader)["weighting"] == "time"

    reader.granted(west.contract, scope=BOTH)
    assert day(reader)["weighting"] == "energy"


@pytest.mark.spec("X-15")
def test_a_day_of_two_steps_tells_nothing_of_their_use(reader, west):
    tariff(wind=[FULL, FULL / 2], gas=[0 * FULL, FULL / 2])
    MixShare.objects.filter(start=MIDNIGHT + HOUR).update(start=MIDNIGHT + 12 * HOUR)
    MixShare.objects.update(seconds=12 * 3600)
    used(west)
    reader.granted(west.contract, scope="consumption_breakdown")

    assert told(day(reader)) == {"gas": "0.25", "wind": "0.75"}


@pytest.mark.spec("X-15")
@pytest.mark.parametrize("reach", [{"end": "2026-03-02T07:00:00Z"}, {"start": "2026-03-01T09:00:00Z"}])
def test_a_day_that_the_caller_cuts_is_weighed_by_time(reader, west, reach):
    """Two cuts beside each other would tell what was used between them."""
    tariff()
    used(west)
    reader.granted(west.contract, scope="consumption_breakdown")

    period = day(reader, **reach)

    assert (period["weighting"], period["whole"], period["known_seconds"]) == ("time", False, 23 * 3600)


@pytest.mark.spec("X-15")
def test_a_day_that_is_not_settled_is_weighed_by_time(reader, west):
    """Its next state would tell the use of what was added or changed."""
    tariff()
    used(west)
    reader.granted(west.contract, scope="consumption_breakdown")
    last = MixShare.objects.filter(start=MIDNIGHT + 23 * HOUR)
    last.update(provisional=True)
    provisional = day(reader)
    last.delete()

    assert (provisional["weighting"], day(reader)["weighting"]) == ("time", "time")


@pytest.mark.spec("X-15")
def test_usage_shared_for_other_days_or_another_service_opens_no_energy(reader, west):
    tariff(days=2)
    used(west, *USED, *USED)
    other = add_service(owner=west.owner, account=west.account)
    grant = reader.granted(west.contract, other.contract, scope=BOTH)
    usage = grant.parts.get(scope="usage_data")
    usage.window_end = MIDNIGHT + DAY
    usage.save()

    found = periods(reader.get("/consumption_breakdown", {"by": "day"}))

    energy = {label: period["sources"][0]["energy_wh"] is not None for label, period in found.items()}
    assert energy == {"2026-03-01": True, "2026-03-02": False}
    usage.window_end = None
    usage.save()
    usage.selections.filter(contract=west.contract).delete()
    found = periods(reader.get("/consumption_breakdown", {"by": "day"}))
    assert {one["energy_wh"] for period in found.values() for one in period["sources"]} == {None}


@pytest.mark.parametrize("hours", [[1000, None, 1000], [0, 0, 0], []])
def test_where_use_is_not_known_or_nothing_steps_count_by_time(reader, west, hours):
    tariff(wind=[FULL, FULL, 0 * FULL])
    if hours:
        used(west, *hours)
    reader.granted(west.contract, scope=BOTH)

    period = day(reader)

    assert (period["weighting"], told(period)["wind"]) == ("time", "0.6666666667")
    assert {one["energy_wh"] for one in period["sources"]} == {None}


def test_what_was_used_before_the_contract_moved_in_does_not_weigh(reader, west):
    tariff(days=2)
    used(west, *[9000] * 24, *USED)
    west.contract.point_links.update(start=MIDNIGHT + DAY)
    west.contract.supply_terms.update(start=date(2026, 3, 2))
    reader.granted(west.contract, scope=BOTH)

    (found,) = periods(reader.get("/consumption_breakdown", {"by": "month"})).values()

    assert (found["start"], found["whole"]) == ("2026-03-02T08:00:00Z", False)
    assert sum(one["energy_wh"] for one in found["sources"]) == sum(USED)


def test_days_weighed_again_with_their_energy_are_the_month(reader, west):
    tariff(days=3)
    used(west, *USED, *reversed(USED), *[7] * 24)
    reader.granted(west.contract, scope=BOTH)

    days = periods(reader.get("/consumption_breakdown", {"by": "day"})).values()
    month = periods(reader.get("/consumption_breakdown", {"by": "month"}))["2026-03"]

    energies = [sum(one["energy_wh"] for one in period["sources"]) for period in days]
    for source, share in told(month).items():
        again = weighed(energies, [Decimal(told(period)[source]) for period in days])
        assert Decimal(share) == pytest.approx(again, abs=Decimal("1e-9"))
    assert sum(energies) == sum(one["energy_wh"] for one in month["sources"])


@pytest.mark.spec("X-15")
@pytest.mark.parametrize(("one_day", "weighting"), [(FULL / 10, "time"), (0 * FULL, "energy")])
def test_a_month_tells_no_use_of_a_day_either(reader, west, one_day, weighting):
    """A source of one day alone: its hours stay hidden behind each other, the day would not."""
    hours = 31 * 24 - 1
    alone = [one_day if 240 <= hour < 264 else 0 * FULL for hour in range(hours)]
    tariff(wind=(WIND * 31)[:hours], solar=(SUN * 31)[:hours], marine=alone)
    used(west, *(100 + hour * hour % 701 for hour in range(hours)))  # no two days alike
    reader.granted(west.contract, scope="consumption_breakdown")

    month = periods(reader.get("/consumption_breakdown", {"by": "month"}))["2026-03"]

    assert (month["whole"], month["weighting"]) == (True, weighting)


@pytest.mark.spec("X-15")
@pytest.mark.parametrize(("quiet", "weighting"), [(10, "time"), (None, "energy")])
def test_a_month_does_not_tell_that_nobody_was_at_home_on_one_of_its_days(reader, west, quiet, weighting):
    """All its days are alike but for how much it was."""
    april = MIDNIGHT + 31 * DAY - HOUR
    tariff(start=april, days=30)
    hours = [(1 if hour // 24 == quiet else 300) * (100 + hour % 24) for hour in range(30 * 24)]
    used(west, *hours, start=april)
    reader.granted(west.contract, scope="consumption_breakdown")

    assert periods(reader.get("/consumption_breakdown", {"by": "month"}))["2026-04"]["weighting"] == weighting


def test_a_contract_whose_point_changes_its_region_has_one_series_of_both(reader, home):
    place(home.point, "WEST", end=MIDNIGHT + DAY)
    place(home.point, "EAST", start=MIDNIGHT + DAY)
    SupplyTermFactory(contract=home.contract, tariff_code="EV-TOU")
    for region, source in (("WEST", "wind"), ("EAST", "gas")):
        tariff(days=2, region=region, **{source: [FULL] * 48})
    used(home, *[300] * 24, *[100] * 24)
    reader.granted(home.contract, scope=BOTH)

    month = periods(reader.get("/consumption_breakdown", {"by": "month"}))["2026-03"]

    assert {one["source"]: one["energy_wh"] for one in month["sources"]} == {"gas": 2400, "wind": 7200}


@pytest.mark.spec("X-15")
@pytest.mark.parametrize("quiet", [range(9, 17), range(1, 24)])
def test_a_day_does_not_tell_that_nothing_was_used_in_some_of_its_hours(reader, west, quiet):
    tariff()
    used(west, *(1 if hour in quiet else 300 for hour in range(24)))
    reader.granted(west.contract, scope="consumption_breakdown")

    assert day(reader)["weighting"] == "time"


@pytest.mark.spec("X-15")
@pytest.mark.parametrize("side", ["window_start", "window_end"])
def test_a_reading_that_reaches_out_of_the_usage_shared_tells_no_part_of_itself(reader, west, side):
    """Half a day's energy would tell that of the day."""
    tariff()
    load_readings(usage_series(west.meter, MIDNIGHT, [2400], step=86_400, scale=0))
    grant = reader.granted(west.contract, scope=BOTH)
    assert sum(one["energy_wh"] for one in day(reader)["sources"]) == 2400

    grant.parts.update(**{side: MIDNIGHT + 12 * HOUR})

    period = day(reader)
    assert {one["energy_wh"] for one in period["sources"]} == {None}
    assert (period["weighting"], period["known_seconds"]) == ("time", 12 * 3600)


def test_what_was_used_in_two_regions_at_once_is_told_once(reader, west):
    other = place(ServicePointFactory(), "EAST", end=MIDNIGHT + 12 * HOUR).service_point
    ContractServicePointFactory(contract=west.contract, service_point=other)
    for region, source in (("WEST", "wind"), ("EAST", "gas")):
        tariff(region=region, **{source: [FULL] * 24})
    used(west, *[100] * 24)
    reader.granted(west.contract, scope=BOTH)

    period = day(reader)

    assert {one["source"]: one["energy_wh"] for one in period["sources"]} == {"gas": 800, "wind": 1600}


@pytest.mark.spec("X-15")
def test_a_source_of_one_hour_hides_no_better_in_two_regions_at_once(reader, west):
    """The two parts of the sum tell of the same use."""
    other = place(ServicePointFactory(), "EAST").service_point
    ContractServicePointFactory(contract=west.contract, service_point=other)
    alone = [FULL / 2 if hour == 12 else 0 * FULL for hour in range(24)]
    for region in ("WEST", "EAST"):
        tariff(region=region, wind=WIND, marine=alone)
    used(west)
    reader.granted(west.contract, scope="consumption_breakdown")

    assert day(reader)["weighting"] == "time"
