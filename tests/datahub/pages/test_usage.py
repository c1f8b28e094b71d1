"""/my/usage/: what its customer used, never what the meter measured for somebody else."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from cdsc_portal.lib.http.checked_stream import BrokenOffError
from datahub.rows.usage import Quality
from datahub.usage import plan
from tests.datahub.pages.usage_page import DAY, MIDNIGHT, URL, headings, page, rows
from tests.factories.accounts import (
    ContractServicePointFactory,
    MeterDeviceFactory,
    MeterInstallationFactory,
    add_service,
    household,
)
from tests.factories.feeds import load_days, load_readings, usage_series

FILE = "/my/usage/file/"


@pytest.fixture
def owner(home) -> Browser:
    owner = Browser()
    owner.force_login(home.owner)
    return owner


def test_a_month_shows_its_days_in_the_readers_numbers(owner, home):
    load_readings(usage_series(home.meter, MIDNIGHT, [250] * 96 + [25_000] * 96, scale=0))

    tree = page(owner, period="2026-03")

    table = rows(tree)
    assert table["March 1, 2026"][0] == ["24000"]
    assert "24.00" in table["March 1, 2026"][1]
    assert "2,400.00" in table["March 2, 2026"][1]
    assert headings(tree) == [
        "Period", "Used (kWh)", "Used, the year before (kWh)",
    ]  # fmt: skip
    assert "Data through March 2, 2026" in tree.text_content()


def test_numbers_follow_the_language(owner, home):
    load_readings(usage_series(home.meter, MIDNIGHT, [25_000] * 96, scale=0))

    answer = owner.get(URL, {"period": "2026-03"}, headers={"Accept-Language": "es"})

    assert "Consumo" in answer.content.decode()
    assert re.search(r"2,400\.00", answer.content.decode())  # the utility is in the US


@pytest.mark.spec("P-34")
def test_the_last_whole_day_is_shown_first_and_each_length_of_a_period_is_one_step_away(owner, home):
    load_readings(usage_series(home.meter, MIDNIGHT, [1000] * 96 + [0] * 5, scale=0))

    tree = page(owner)

    assert tree.xpath("string(//h2)") == "March 1, 2026"
    address = f"?contract={home.contract.public_id}&period="
    lengths = tree.xpath("//nav[@class='switch'][1]//a[contains(@href, 'period=')]")[:5]
    assert [(link.text, link.get("href")) for link in lengths] == [
        ("Day", f"{address}2026-03-01"), ("Week", f"{address}2026-W09"), ("Month", f"{address}2026-03"),
        ("Year", f"{address}2026"), ("All", f"{address}all"),
    ]  # fmt: skip
    year = page(owner, period="2026")
    assert year.xpath("//tbody//a/@href") == [f"{address}2026-03"]
    assert year.xpath("//figure//a/@href") == [f"{address}2026-03"]
    assert page(owner, period="2026-03").xpath("//figure//a/@href")[0] == f"{address}2026-03-01"
    years = page(owner, period="all")
    assert rows(years)["2026"][0] == ["96000"]


@pytest.mark.spec("P-34")
def test_a_week_has_seven_days_and_the_same_dates_of_the_year_before(owner, home):
    load_days(home.meter, date(2025, 3, 1), 20, value=1000, scale=0)
    load_days(home.meter, date(2026, 3, 1), 20, value=500, scale=0)

    tree = page(owner, period="2026-W10")

    assert tree.xpath("string(//h2)") == "March 2, 2026 to March 8, 2026"
    assert list(rows(tree)) == [f"March {day}, 2026" for day in range(2, 9)]
    assert rows(tree)["March 3, 2026"][0] == ["48000", "96000"]
    assert "50% less than from March 2, 2025 to March 8, 2025" in tree.text_content()
    assert tree.xpath("//a[@rel='next']/@href")[0].endswith("period=2026-W11")
    week_53 = owner.get(URL, {"period": "2026-W54"})
    assert week_53.status_code == 404


def test_the_year_before_is_marked_only_where_98_percent_of_it_are_known(owner, home):
    ago = [10] * 95 + [None] + [10] * 93 + [None] * 3 + [10] * 96
    load_readings(usage_series(home.meter, MIDNIGHT - 365 * DAY, ago, scale=0))
    load_readings(usage_series(home.meter, MIDNIGHT, [10] * 96 * 2, scale=0))

    tree = page(owner, period="2026-03")
    befores = tree.xpath("//figure//svg[@role='img']/*[@class='fill-before']")

    assert [mark.get("x") for mark in befores] == ["16"]  # of the first day 95 of 96, of the second 93
    assert "The year before is not marked where less than 98% of it is known" in tree.text_content()
    assert rows(tree)["March 2, 2026"][0] == ["960", "930"]


def test_a_long_table_is_folded_and_a_day_without_data_is_one_sentence(owner, home):
    load_readings(
        usage_series(home.meter, MIDNIGHT, [1] * 96), usage_series(home.meter, MIDNIGHT + 2 * DAY, [1])
    )

    day, gap, month = (page(owner, period=period) for period in ("2026-03-01", "2026-03-02", "2026-03"))

    assert day.xpath("//details//table[@id='usage-table']")
    assert month.xpath("//table[@id='usage-table']")
    assert not month.xpath("//details//table[@id='usage-table']")
    assert not gap.xpath("//table | //figure")
    for direction in ("import", "export"):
        load_days(home.meter, date(2024, 12, 1), 500, direction=direction)
    assert page(owner, period="2025").xpath("//details//table[@id='usage-table']/tbody/tr[12]")
    assert "There are no readings in this period." in gap.text_content()


def test_the_period_survives_a_change_of_the_service(owner, home):
    gas = add_service(owner=home.owner, account=home.account, commodity="natural_gas")
    load_days(home.meter, date(2026, 3, 1), 2)
    load_readings(usage_series(gas.meter, MIDNIGHT, [31] * 2, step=86_400, scale=1, unit="therm"))

    form = page(owner, period="2026-03", show="estimate").xpath("//form[.//select[@id='contract']]")[0]
    query = {field.get("name"): field.get("value") for field in form.iter("input")}
    daily = page(owner, contract=gas.contract.public_id)

    assert query == {"period": "2026-03", "show": "estimate", "look": "bars"}
    assert form.xpath("@data-submits")
    assert form.xpath(".//button")
    assert daily.xpath("string(//h2)") == "March 2026"
    assert daily.xpath("//nav[@class='switch'][1]//li[1]/a/text()")[0] == "Week"


def test_years_before_the_first_reading_are_not_walked_through(owner, home):
    load_readings(usage_series(home.meter, MIDNIGHT - 365 * DAY, [1000] * 96 * 366, scale=0))

    years = page(owner, period="all")
    first = page(owner, period="2025")

    assert list(rows(years)) == ["2025", "2026"]
    assert not first.xpath("//a[@rel='prev']")
    assert page(owner, period="2026").xpath("//a[@rel='prev']")
    assert "There are no readings in this period." in page(owner, period="2024").text_content()


def test_the_year_before_stands_beside(owner, home):
    load_readings(usage_series(home.meter, datetime(2025, 3, 1, 8, tzinfo=UTC), [1] * 96, scale=0))
    load_readings(usage_series(home.meter, MIDNIGHT, [2] * 96, scale=0))

    table = rows(page(owner, period="2026"))

    assert table["March 2026"][0] == ["192", "96"]


def test_used_and_sent_back_stand_apart(owner, home):
    load_readings(
        usage_series(home.meter, MIDNIGHT, [2] * 96, scale=0),
        usage_series(home.meter, MIDNIGHT, [7] * 96, scale=0, direction="export"),
    )

    tree = page(owner, period="2026-03")

    assert headings(tree)[1::2] == ["Used (kWh)", "Sent back (kWh)"]
    assert rows(tree)["March 1, 2026"][0] == ["192", "672"]


def test_missing_is_said_and_estimated_is_marked(owner, home):
    quality = [Quality.ESTIMATED] * 4 + [Quality.ACTUAL] * 92
    load_readings(usage_series(home.meter, MIDNIGHT, [1] * 90 + [None] * 5 + [1], scale=0, quality=quality))
    load_readings(usage_series(home.meter, MIDNIGHT + 2 * DAY, [0] * 96, scale=0))

    table = rows(page(owner, period="2026-03"))

    assert "91 of 96 readings" in table["March 1, 2026"][1]
    assert "4 estimated" in table["March 1, 2026"][1]
    assert table["March 2, 2026"][0] == []
    assert "No data" in table["March 2, 2026"][1]
    assert "0.00" in table["March 3, 2026"][1]


def test_a_day_whose_clocks_change_says_its_hours(owner, home):
    load_days(home.meter, date(2026, 3, 7), 3, step=3600)

    assert "A day of 23 hours" in rows(page(owner, period="2026-03"))["March 8, 2026"][1]


@pytest.fixture
def newcomer(home):
    """Moved in on March 14 at 5 PM, where another customer lived before."""
    move = MIDNIGHT + 13 * DAY + timedelta(hours=16)
    home.contract.point_links.update(end=move)
    later = household(start=date(2026, 3, 14))
    ContractServicePointFactory(contract=later.contract, service_point=home.point, start=move)
    later.meter.installations.all().delete()
    later.contract.point_links.exclude(service_point=home.point).delete()
    load_readings(usage_series(home.meter, MIDNIGHT - 400 * DAY, [1000] * 96 * 413 + [7] * 96 * 18, scale=0))
    return later


def test_a_month_that_a_move_cuts_is_the_newcomers_alone_on_page_csv_and_api(newcomer, reader):
    owner = Browser()
    owner.force_login(newcomer.owner)
    own = 7 * (96 * 18 - 64 - 4)

    tree = page(owner, period="2026")
    table = rows(tree)
    reader.granted(newcomer.contract)
    (sums,) = reader.get("/usage_sums", {"end": "2026-03-31"}).json()["data"]
    url = page(owner, period="2026-03").xpath("//ul[@class='usage-downloads']//a/@href")[0]
    text = b"".join(owner.get(url).streaming_content).decode()
    lines = csv.DictReader(io.StringIO(text.rpartition("# complete")[0]))

    assert table["March 2026"][0] == [str(own)]
    assert sums["periods"][0]["value"] == str(own)
    assert sum(Decimal(line["value"]) for line in lines) == own
    assert "From March 14, 2026" in table["March 2026"][1]
    assert table["February 2026"] == ([], table["February 2026"][1])
    assert table["February 2026"][1].count("Before you moved in") == 2
    assert "1,000" not in tree.text_content()


def test_the_former_occupant_sees_until_the_move_and_no_further(newcomer, home):
    owner = Browser()
    owner.force_login(home.owner)

    table = rows(page(owner, period="2026"))

    assert table["March 2026"][0][0] == str(1000 * 96 * 13 + 7 * 64)
    assert "Until March 14, 2026" in table["March 2026"][1]
    assert "April 2026" not in table


def test_a_year_before_that_a_move_cut_says_so(newcomer, home):
    owner = Browser()
    owner.force_login(newcomer.owner)
    load_readings(usage_series(home.meter, MIDNIGHT + 365 * DAY, [5] * 96, scale=0))

    table = rows(page(owner, period="2027"))

    assert table["March 2027"][1].count("From March 14, 2026") == 1


def test_others_contracts_are_not_found(owner, home):
    other = household()

    assert owner.get(URL, {"contract": other.contract.public_id}).status_code == 404
    query = {"contract": other.contract.public_id, "period": "2026", "form": "csv"}
    assert owner.get(FILE, query).status_code == 404


@pytest.mark.parametrize("period", ["2026-13", "1", "2026-02-30", "all ", "9999", "<b>"])
def test_a_period_that_is_none_is_not_found(owner, home, period):
    load_days(home.meter, date(2026, 3, 1), 1)

    assert owner.get(URL, {"period": period}).status_code == 404
    assert owner.get(FILE, {"period": period, "form": "csv"}).status_code == 404


def test_a_service_is_chosen(owner, home):
    gas = add_service(owner=home.owner, account=home.account, commodity="natural_gas")
    load_readings(usage_series(gas.meter, MIDNIGHT, [31] * 2, step=86_400, scale=1, unit="therm"))

    tree = page(owner, contract=gas.contract.public_id)

    assert len(tree.xpath("//select[@id='contract']/option")) == 2
    assert headings(tree)[1] == "Used (therm)"
    assert rows(tree)["March 1, 2026"][0] == ["3.1"]


def test_nothing_loaded_and_nothing_owned_say_so(owner, home):
    stranger = household()
    Membership.objects.filter(user=stranger.owner).delete()
    other = Browser()
    other.force_login(stranger.owner)

    assert "No readings have reached us" in page(owner).text_content()
    assert "There are no accounts for this login yet." in page(other).text_content()


@pytest.mark.parametrize(
    ("form", "kind"), [("csv", "text/csv"), ("json", "application/json"), ("xml", "application/atom+xml")]
)
def test_each_form_comes_as_a_named_file(owner, home, form, kind):
    load_days(home.meter, date(2026, 3, 1), 2)

    answer = owner.get(FILE, {"contract": home.contract.public_id, "period": "2026-03", "form": form})

    assert answer["Content-Type"].startswith(kind)
    assert f'filename="usage-{home.contract.contract_number}-2026-03.{form}"' in answer["Content-Disposition"]
    assert b"".join(answer.streaming_content)


def test_a_role_that_ends_breaks_a_running_download_off(owner, home, monkeypatch):
    monkeypatch.setattr(plan, "METER_DAYS", 2)
    load_days(home.meter, date(2026, 3, 1), 9)
    stream = iter(owner.get(FILE, {"period": "2026-03", "form": "csv"}).streaming_content)
    next(stream)

    Membership.objects.filter(user=home.owner).delete()

    with pytest.raises(BrokenOffError):
        list(stream)


def test_queries_do_not_grow_with_time_and_meters(owner, home):
    def count(**query):
        with CaptureQueriesContext(connection) as queries:
            assert rows(page(owner, **query))
        return len(queries)

    def one_more(days):
        meter = MeterDeviceFactory()
        MeterInstallationFactory(meter=meter, service_point=home.point)
        load_days(meter, date(2025, 3, 1), days)

    load_days(home.meter, date(2026, 3, 1), 3)
    one_more(365)
    few = count(period="2026-03")
    for _ in range(3):
        one_more(380)

    # session, user, contracts, facts, meters, blocks, periods; the session's renewal is three
    assert count(period="2026-03") == few == 13  # the hours of the month
    assert count(period="2026") == 10
    assert count(period="all") == 11  # the sums of closed months
    assert count(period="2026-03-01") == 11  # the blocks that are decoded


def test_the_chart_has_a_bar_for_what_is_known_and_a_gap_for_what_is_not(owner, home):
    load_readings(
        usage_series(home.meter, MIDNIGHT, [2] * 96 + [None] * 96 + [1] * 96, scale=0),
        usage_series(home.meter, MIDNIGHT, [1] * 96, scale=0, direction="export", quality=Quality.ESTIMATED),
    )

    tree = page(owner, period="2026-03")

    used, sent = tree.xpath("//figure")
    assert used.xpath(".//svg[@role='img']/*[name()='rect'][starts-with(@class, 'fill-')]/@height") == [
        "192",
        "96",
    ]
    assert not used.xpath(".//*[@class='chart__mark']")
    assert "You used 0.29 kWh in March 2026" in used.text_content()
    assert sent.xpath(".//*[name()='text'][@class='chart__mark']/text()") == ["E"]
    assert sent.xpath(
        ".//*[name()='svg'][@role='img']/*[name()='rect'][starts-with(@fill, 'url(#export-1-estimate-sent')]"
    )
    assert "You sent back 0.10 kWh in March 2026" in sent.text_content()
