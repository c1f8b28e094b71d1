"""Days of a region worked out: who has what certificates, what is left for the others, and what a correction moves."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cdsc_portal.lib.time import clock
from datahub.mix.recomputing import recompute
from datahub.models import MixDay, MixSeries, MixShare, MixShareHistory
from datahub.tasks import compute_mix
from tests.datahub.mix.region import MONTH, START, amount, customer, mark, quantities, shares_at, work_out
from tests.factories.datahub import hourly_mix
from tests.factories.feeds import load_readings, usage_series

pytestmark = pytest.mark.django_db
GENERATION, CONSUMPTION, RESIDUAL = MixSeries.GENERATION, MixSeries.CONSUMPTION, MixSeries.RESIDUAL
HALF, QUARTER = Decimal("0.5"), Decimal("0.25")


def hour_of_the_region(hour=0):
    amount("generated", "B16", 4_000, hour=hour)
    amount("generated", "gas", 6_000, hour=hour)
    amount("issued", "solar", 3_000, hour=hour)


def test_the_residual_mix_is_generation_less_what_certificates_were_issued_for():
    hour_of_the_region()
    mark()

    work_out()

    assert shares_at(GENERATION) == {"solar": Decimal("0.4"), "gas": Decimal("0.6")}
    assert quantities(RESIDUAL) == {"solar": 1_000, "gas": 6_000}
    assert {row.method for row in MixShare.objects.filter(series=RESIDUAL)} == {"domestic"}


def test_a_tariff_has_its_certificates_and_the_residual_mix_never_the_grid():
    hour_of_the_region()
    amount("consumed", "", 9_000)
    amount("cancelled", "solar", 2_000, tariff_code="GREEN")
    customer(4_000)
    customer(1_000, tariff="PLAIN")
    mark()

    work_out()

    # 7,000 Wh are left of the region and 7,000 are used untracked: 1,000 of solar, 6,000 of gas
    assert shares_at(CONSUMPTION, key="PLAIN") == shares_at(RESIDUAL)
    green = shares_at(CONSUMPTION, key="GREEN")
    assert green == {"solar": Decimal("0.5715"), "gas": Decimal("0.4285")}  # (2,000 + 286) and 1,714 of 4,000
    assert {row.method for row in MixShare.objects.filter(key="GREEN")} == {"issuance"}


def test_rates_of_a_meter_are_used_once_where_certificates_are_shared():
    hour_of_the_region()
    amount("cancelled", "wind", 2_000, tariff_code="GREEN")
    home = customer(4_000)
    total, rates = (
        usage_series(home.meter, START, [4_000], step=3600, scale=0, register="1.8.0"),
        ("1.8.1", "1.8.2"),
    )
    load_readings(
        total,
        *(usage_series(home.meter, START, [2_000], step=3600, scale=0, register=rate) for rate in rates),
    )
    mark()

    work_out()

    assert (
        shares_at(CONSUMPTION, key="GREEN")["wind"] == HALF
    )  # of 4,000 Wh, though the meter tells them three times


def test_certificates_beyond_what_a_tariff_used_count_for_nobody():
    hour_of_the_region()
    amount("cancelled", "wind", 90_000, tariff_code="GREEN")
    customer(4_000)
    mark()

    work_out()

    assert shares_at(CONSUMPTION, key="GREEN") == {"wind": 1}


def test_a_contract_with_certificates_of_its_own_has_rows_of_its_own():
    hour_of_the_region()
    own, other = customer(4_000), customer(6_000)
    amount("cancelled", "wind", 2_000, contract=own.contract)
    mark()

    work_out()

    mine = shares_at(CONSUMPTION, contract=own.contract)
    assert mine["wind"] == HALF
    rest = shares_at(CONSUMPTION, key="GREEN", contract=None)
    assert "wind" not in rest
    assert not MixShare.objects.filter(contract=other.contract).exists()


def test_a_published_residual_mix_beats_ours_and_ours_is_kept_as_it_was():
    hour_of_the_region()
    customer(4_000)
    mark()
    work_out()
    MixShare.objects.filter(series=RESIDUAL, source="gas").delete()
    hourly_mix(RESIDUAL, "WEST", START, {"gas": [QUARTER]})
    mark()

    work_out()

    assert shares_at(RESIDUAL) == {"gas": QUARTER}
    assert shares_at(CONSUMPTION, key="GREEN") == {"gas": QUARTER, "unknown": 1 - QUARTER}
    assert {row.method for row in MixShare.objects.filter(key="GREEN")} == {"published"}
    assert MixShareHistory.objects.filter(series=RESIDUAL, source="solar", quantity=1_000).exists()


def test_a_declared_mix_stands_in_the_place_of_ours():
    hour_of_the_region()
    customer(4_000)
    hourly_mix(CONSUMPTION, "GREEN", START, {"wind": [Decimal(1)]})
    mark()

    work_out()

    assert shares_at(CONSUMPTION, key="GREEN") == {"wind": 1}
    assert not MixShare.objects.filter(key="GREEN", computed=True).exists()


def test_a_source_tracked_beyond_its_generation_is_flagged():
    hour_of_the_region()
    amount("issued", "wind", 500)
    mark()

    work_out()

    wind = MixShare.objects.get(series=RESIDUAL, source="wind")
    assert (wind.share, wind.beyond) == (0, 500)
    assert sum(shares_at(RESIDUAL).values()) == 1


def test_a_month_of_certificates_follows_the_production_that_is_left_and_sums_to_the_month():
    for hour, made in ((0, 1_000), (1, 3_000)):
        amount("generated", "solar", made, hour=hour)
        amount("generated", "gas", 1_000, hour=hour)
    amount("issued", "solar", 1_000, span=MONTH)
    mark()

    work_out()

    assert quantities(RESIDUAL)["solar"] == 750
    assert quantities(RESIDUAL, hour=1)["solar"] == 2_250


def test_only_one_row_is_kept_for_all_contracts_of_a_tariff_and_shares_sum_to_one():
    hour_of_the_region()
    for _number in range(3):
        customer(4_000)
    mark()

    work_out()

    assert MixShare.objects.filter(key="GREEN").count() == 2
    assert sum(shares_at(CONSUMPTION, key="GREEN").values()) == 1


def test_a_late_correction_moves_what_depends_on_it_and_nothing_else():
    for hour in (0, 1):
        hour_of_the_region(hour)
    amount("generated", "gas", 5, region="EAST")
    customer(4_000, 4_000)
    mark()
    mark(region="EAST")
    work_out()
    before = dict(MixShare.objects.values_list("pk", "modified"))
    that_hour = MixShare.objects.filter(start=START + timedelta(hours=1))
    amount("expired", "solar", 1_000, hour=1)
    mark()

    work_out(at=clock.now() + timedelta(hours=1))

    after = dict(MixShare.objects.values_list("pk", "modified"))
    moved = {pk for pk, modified in after.items() if modified != before[pk]}
    assert moved == set(that_hour.exclude(series=GENERATION).values_list("pk", flat=True))
    assert MixShareHistory.objects.count() == len(moved)


def test_worked_out_again_nothing_moves():
    hour_of_the_region()
    customer(4_000)
    mark()
    work_out()
    before = set(MixShare.objects.values_list("pk", "modified"))
    mark()

    work_out(at=clock.now() + timedelta(hours=1))

    assert set(MixShare.objects.values_list("pk", "modified")) == before
    assert not MixShareHistory.objects.exists()


def test_a_day_that_fails_stays_due(monkeypatch):
    hour_of_the_region()
    mark()
    monkeypatch.setattr(recompute, "store_shares", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        work_out()

    assert MixDay.objects.filter(due__isnull=False).count() == 1


def test_queries_do_not_grow_with_contracts_tariffs_and_hours():
    def cost(*days):
        for day in days:
            mark(day)
        with CaptureQueriesContext(connection) as queries:
            compute_mix()
        return len(queries)

    hour_of_the_region()
    amount("cancelled", "solar", 1_000, tariff_code="GREEN")
    amount("cancelled", "wind", 10, contract=customer(4_000).contract)
    few = cost(START)
    for hour in range(1, 48):
        hour_of_the_region(hour)
        amount("cancelled", "solar", 1_000, hour=hour, tariff_code=f"T-{hour % 7}")
    for number in range(10):
        customer(*[4_000] * 48, tariff=f"T-{number}")
        amount("cancelled", "wind", 10, contract=customer(*[4_000] * 48).contract)

    assert cost(START, START + timedelta(days=1)) == few
    assert MixShare.objects.filter(series=CONSUMPTION, start=START + timedelta(hours=47)).count() > 20


def test_the_task_works_out_all_that_is_due():
    hour_of_the_region()
    mark()
    mark(START + timedelta(days=9))

    assert compute_mix() == 2
    assert not MixDay.objects.filter(due__isnull=False).exists()
