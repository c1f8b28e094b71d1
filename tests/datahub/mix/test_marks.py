"""Which days are worked out anew because readings or dated links changed, and which are not."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.feed_rows import Hierarchy, PointRow, SupplyTermRow
from accounts.models import EVER
from accounts.services.supply_terms import load_supply_terms
from datahub.feeds.loading import mix_days
from datahub.mix.recomputing.marks import mark_changed_use
from datahub.models import ChangedUse, MixDay, MixSeries
from tests.accounts.rows import load
from tests.datahub.mix.region import HOUR, MONTH, START, amount, customer, mark, shares_at, work_out
from tests.factories.feeds import load_readings, usage_series

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def readings(home, *hours, start=START, at=NOW, step=HOUR):
    load_readings(usage_series(home.meter, start, hours, step=step, scale=0), at=at, version_at=NOW)


def due():
    days = MixDay.objects.filter(due__isnull=False).order_by("region", "day")
    return [(row.region, row.day) for row in days]


def computed(*days, region="WEST"):
    for day in days:
        mark(day, region)
    work_out()
    ChangedUse.objects.all().delete()


@pytest.fixture
def home(db):
    """On a tariff with certificates in one hour; its day and the next are worked out, and those of another region."""
    home = customer(4_000)
    for region in ("WEST", "EAST"):
        amount("generated", "gas", 9_000, region=region)
        amount("cancelled", "wind", 1_000, tariff_code="GREEN", region=region)
        computed(START, START + DAY, region=region)
    return home


def test_late_readings_make_a_day_with_certificates_due_and_no_other(home):
    readings(home, 2_000)
    readings(home, 2_000, start=START + DAY)

    assert mark_changed_use(at=NOW) == 1

    assert due() == [("WEST", START.date())]
    work_out()
    assert shares_at(MixSeries.CONSUMPTION, key="GREEN")["wind"] == Decimal("0.5")


@pytest.fixture
def many(monkeypatch):
    """No load has so few channels that it names them."""
    monkeypatch.setattr(mix_days, "_MOST_CHANNELS", 0)


def test_a_load_of_many_channels_makes_the_days_of_its_regions_due_and_no_other(home, many):
    readings(home, 2_000)
    readings(home, 2_000, start=START + DAY)

    assert mark_changed_use(at=NOW) == 1

    assert due() == [("WEST", START.date())]


def test_readings_count_that_a_load_of_many_commits_only_now(home, many):
    readings(home, 2_000, at=NOW - timedelta(days=30))

    assert mark_changed_use(at=NOW) == 1


def test_readings_count_that_a_load_of_long_ago_commits_only_now(home):
    """What a load wrote is known by what it left, however long it took and however its clock ran."""
    readings(home, 2_000, at=NOW - timedelta(days=30))

    assert mark_changed_use(at=NOW) == 1


def test_a_month_of_certificates_makes_each_day_of_it_depend_on_its_use(home):
    amount("cancelled", "wind", 31_000, span=MONTH, tariff_code="GREEN")

    readings(home, 2_000, start=START + DAY)

    assert mark_changed_use(at=NOW) == 1
    assert due() == [("WEST", START.date() + DAY)]


def test_a_file_whose_readings_stood_leaves_nothing(home):
    readings(home, 2_000)
    ChangedUse.objects.all().delete()

    with CaptureQueriesContext(connection) as queries:
        readings(home, 2_000)

    assert not ChangedUse.objects.exists()
    # Django cannot write out a statement with binary parameters, and says None
    assert not any("datahub_changeduse" in (query["sql"] or "") for query in queries)


def test_a_load_leaves_one_row_however_many_days_and_meters(home):
    other = customer(1, region="EAST")
    ChangedUse.objects.all().delete()
    series = [
        usage_series(service.meter, START, [5] * 24 * 9, step=HOUR, scale=0) for service in (home, other)
    ]

    load_readings(*series, at=NOW, version_at=NOW)

    (row,) = ChangedUse.objects.all()
    assert row.days == [START.date() + DAY * place for place in range(9)]


def test_what_was_marked_is_marked_once_and_nothing_costs_one_query(home, django_assert_num_queries):
    readings(home, 2_000)
    mark_changed_use(at=NOW)

    with django_assert_num_queries(3):  # savepoint, whether a load left anything, release
        assert mark_changed_use(at=NOW) == 0


def test_a_reading_across_midnight_counts_in_both_days(home):
    other = customer(0, tariff="TWO")
    amount("cancelled", "wind", 500, tariff_code="TWO")
    computed(START)

    readings(other, *[2_000] * 12, start=START - DAY + timedelta(hours=1), step=2 * HOUR)

    assert mark_changed_use(at=NOW) == 1
    work_out()
    assert shares_at(MixSeries.CONSUMPTION, key="TWO")["wind"] == Decimal("0.5")


@pytest.mark.parametrize("named", [True, False])
def test_a_daily_reading_counts_in_equal_parts_in_both_utc_days(home, monkeypatch, named):
    """Midnight in the utility's zone is 08:00 UTC: eight hours of the first local day are in the day after."""
    monkeypatch.setattr(mix_days, "_MOST_CHANNELS", 500 if named else 0)
    other = customer(tariff="DAILY")
    amount("cancelled", "wind", 500, tariff_code="DAILY")
    amount("cancelled", "wind", 500, hour=24, tariff_code="DAILY")
    amount("generated", "gas", 9_000, hour=24)
    computed(START, START + DAY)

    readings(other, 24_000, start=START + timedelta(hours=8), step=86_400)
    readings(other, 24_000, start=START - timedelta(hours=16), step=86_400)

    assert mark_changed_use(at=NOW) == 2
    work_out()
    assert shares_at(MixSeries.CONSUMPTION, key="DAILY")["wind"] == Decimal("0.5")
    assert shares_at(MixSeries.CONSUMPTION, key="DAILY", hour=24)["wind"] == Decimal("0.5")


def test_a_daily_reading_beside_the_hours_of_its_day_counts_once(home):
    readings(home, 96_000, start=START, step=86_400)

    mark_changed_use(at=NOW)
    work_out()

    assert shares_at(MixSeries.CONSUMPTION, key="GREEN")["wind"] == Decimal("0.25")


def test_a_region_that_changed_makes_its_days_due_there_and_here_and_none_before(home):
    row = PointRow(7, home.point.servicepoint_number, "", "electricity", 240, "EAST", "", START + DAY)

    load(Hierarchy("changes", NOW, points=(row,)), at=NOW)

    assert due() == [("EAST", START.date() + DAY), ("WEST", START.date() + DAY)]


def test_a_region_that_never_was_makes_its_days_due_though_nothing_is_there_any_more(home):
    row = PointRow(7, home.point.servicepoint_number, "", "electricity", 240, "EAST", "", EVER)

    load(Hierarchy("changes", NOW, points=(row,)), at=NOW)

    days = [START.date(), START.date() + DAY]
    assert due() == [(region, day) for region in ("EAST", "WEST") for day in days]


def test_a_contract_on_another_tariff_makes_its_days_due(home):
    (term,) = home.contract.supply_terms.all()
    row = SupplyTermRow(2, str(home.contract), term.supplier.name, "", "PLAIN", "Plain", term.start, term.end)

    load_supply_terms(rows=[row], at=NOW)

    assert due() == [("WEST", START.date()), ("WEST", START.date() + DAY)]


def test_dates_after_the_days_of_the_mix_make_none_due(home):
    (term,) = home.contract.supply_terms.all()
    row = SupplyTermRow(
        2,
        str(home.contract),
        term.supplier.name,
        "",
        term.tariff_code,
        term.tariff_name,
        term.start,
        date(2026, 9, 1),
    )

    load_supply_terms(rows=[row], at=NOW)

    assert due() == []


def test_a_contract_counts_where_its_point_was_at_the_time(home):
    row = PointRow(
        7, home.point.servicepoint_number, "", "electricity", 240, "EAST", "", START + timedelta(minutes=30)
    )
    readings(home, 1_000, 1_000, start=START, step=1_800)
    load(Hierarchy("changes", NOW, points=(row,)), at=NOW)
    mark(region="EAST")
    mark()

    work_out()

    assert shares_at(MixSeries.CONSUMPTION, key="GREEN", region="EAST") == {"wind": 1}
    assert shares_at(MixSeries.CONSUMPTION, key="GREEN", region="WEST") == {"wind": 1}
