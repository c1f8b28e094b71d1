"""/my/mix/: where electricity came from; unknown is never 0, and the grid is never "yours"."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from datahub.mix.pages.texts import percent
from datahub.models import MixSeries, MixShare
from tests.datahub.pages.mix_read import (
    GAS,
    MIDNIGHT,
    URL,
    WIND,
    finding,
    headings,
    in_the_west,
    logged_in,
    page,
    rows,
    tariff,
    used,
    words,
)
from tests.factories.accounts import SupplyTermFactory, add_service, household
from tests.factories.datahub import hourly_mix


@pytest.fixture
def owner(home) -> Browser:
    return in_the_west(home)


def test_a_month_shows_its_days_and_says_what_was_most(owner):
    tariff()
    tariff(start=MIDNIGHT + timedelta(days=1), wind=Decimal("0.2"), gas=Decimal("0.3"))

    tree = page(owner)

    assert tree.xpath("string(//h2[@id='period'])") == "March 2026"
    assert finding(tree) == "The largest source of your tariff's electricity in March 2026 was wind: 40%"
    assert headings(tree) == ["Day", "Wind", "Gas", "Unknown"]
    assert rows(tree) == {
        "March 1, 2026": (["0.6", "0.3", "0.1"], "March 1, 2026 60.0% 30.0% 10.0%"),
        "March 2, 2026": (["0.2", "0.3", "0.5"], "March 2, 2026 20.0% 30.0% 50.0%"),
    }
    assert [words(cell) for cell in tree.xpath("//tfoot/tr/*")] == ["Average", "40.0%", "30.0%", "30.0%"]
    assert "Tariff: Home EV (EV-TOU)." in words(tree)
    assert "Data through March 2, 2026." in words(tree)


def test_a_day_shows_its_hours_and_a_year_its_months(owner):
    tariff()

    day, year = page(owner, period="2026-03-01"), page(owner, period="2026")

    assert len(rows(day)) == 24
    assert rows(day)["12:00 AM"][0] == ["0.6", "0.3", "0.1"]
    assert finding(day) == "The largest source of your tariff's electricity on March 1, 2026 was wind: 60%"
    assert list(rows(year)) == ["March 2026"]
    assert "24 of 743 hours" in rows(year)["March 2026"][1]  # the month has a day of 23 hours


@pytest.mark.parametrize(
    ("series", "kind", "sentence"),
    [
        (
            "grid",
            MixSeries.GENERATION,
            "The largest source of the grid in your region in March 2026 was wind: 60%",
        ),
        (
            "residual",
            MixSeries.RESIDUAL,
            "The largest source of the untracked electricity in March 2026 was wind: 60%",
        ),
    ],
)
def test_the_grid_and_the_untracked_are_of_the_region(owner, series, kind, sentence):
    hourly_mix(kind, "WEST", MIDNIGHT, {"wind": [WIND] * 24})
    hourly_mix(kind, "EAST", MIDNIGHT, {"coal": [Decimal(1)] * 24})

    tree = page(owner, series=series)

    assert finding(tree) == sentence
    assert "Grid region: WEST." in words(tree)
    assert headings(tree) == ["Day", "Wind", "Unknown"]


def test_the_grid_is_never_yours(owner):
    hourly_mix(MixSeries.GENERATION, "WEST", MIDNIGHT, {"wind": [WIND] * 24})

    text = words(page(owner, series="grid").xpath("//main")[0])

    assert not re.search(r"your (grid|electricity|mix)\b", text, re.IGNORECASE)


def test_what_no_source_explains_is_unknown_and_an_unknown_share_is_never_0(owner):
    tariff(wind=WIND, solar=Decimal(0), gas=None, unknown=Decimal("0.25"))

    tree = page(owner)

    assert headings(tree) == ["Day", "Solar", "Wind", "Unknown"]
    assert rows(tree)["March 1, 2026"][0] == ["0", "0.6", "0.4"]
    assert "0% 60.0% 40.0%" in rows(tree)["March 1, 2026"][1]


def test_a_source_known_in_one_part_and_not_in_another_says_so(owner):
    hourly_mix(
        MixSeries.CONSUMPTION, "EV-TOU", MIDNIGHT, {"wind": [WIND] * 48, "gas": [None] * 36 + [GAS] * 12}
    )

    table = rows(page(owner))

    assert table["March 1, 2026"] == (["0.6", "0.4"], "March 1, 2026 60.0% not known 40.0%")
    assert table["March 2, 2026"][0] == ["0.6", "0.15", "0.25"]
    assert "15.0% not known all the time" in table["March 2, 2026"][1]


def test_when_most_is_unknown_the_finding_says_so(owner):
    tariff(wind=Decimal("0.1"))

    assert finding(page(owner)) == "The source of 90% of your tariff's electricity in March 2026 is unknown"


def test_a_gap_is_a_gap_in_table_and_chart(owner):
    tariff()
    tariff(start=MIDNIGHT + timedelta(days=2), hours=12)

    tree = page(owner)

    assert rows(tree)["March 2, 2026"] == ([], "March 2, 2026 No data")
    assert "12 of 24 hours" in rows(tree)["March 3, 2026"][1]
    outlines = tree.xpath("//svg[@role='img']/path[starts-with(@class, 'fill-')]/@d")
    assert [outline.count("M") for outline in outlines] == [2, 2, 2]
    assert "A gap: no data" in words(tree)


def test_bands_are_as_high_as_the_shares(owner):
    tariff()

    tree = page(owner)

    wind, gas, unknown = tree.xpath("//svg[@role='img']/path[starts-with(@class, 'fill-')]/@d")
    assert wind == "M0 300V120H640V300H0Z"
    assert gas == "M0 120V30H640V120H0Z"
    assert unknown == "M0 30V0H640V30H0Z"
    assert tree.xpath("//*[name()='text'][@class='chart__name']/text()") == ["Wind", "Gas"]


def test_sources_keep_their_order_whatever_the_feed_calls_them(owner):
    tariff(
        **{
            name: Decimal("0.1")
            for name in ("zeta_fuel", "coal", "Natural Gas", "WIND", "hydroelectric", "solar")
        }
    )

    assert headings(page(owner))[1:] == [
        "Solar",
        "Wind",
        "Water power",
        "Gas",
        "Coal",
        "Zeta fuel",
        "Unknown",
    ]


def test_rounding_never_shows_a_share_as_0(owner):
    tariff(wind=Decimal("0.0001"), gas=Decimal("0.9999"))

    assert "under 0.1%" in rows(page(owner))["March 1, 2026"][1]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25)])
def test_days_of_23_and_25_hours_have_as_many_rows(owner, day, hours):
    tariff(start=datetime(day.year, day.month, day.day, 8 if hours == 23 else 7, tzinfo=UTC), hours=hours)

    table = rows(page(owner, period=day.isoformat()))

    assert len(table) == hours
    assert all(shares for shares, _words in table.values())
    assert ("1:00 AM (second)" in table) == (hours == 25)


def test_a_change_of_tariff_takes_each_hour_from_the_tariff_that_held(owner, home):
    home.contract.supply_terms.update(end=date(2026, 3, 2))
    SupplyTermFactory(
        contract=home.contract, tariff_code="RES-1", tariff_name="Home Basic", start=date(2026, 3, 2)
    )
    tariff(hours=48)
    tariff(hours=48, key="RES-1", coal=Decimal(1))

    tree = page(owner)

    assert headings(tree) == ["Day", "Wind", "Gas", "Coal", "Unknown"]
    assert rows(tree)["March 1, 2026"] == (
        ["0.6", "0.3", "0.1"], "March 1, 2026 60.0% 30.0% not known 10.0%",
    )  # fmt: skip
    assert rows(tree)["March 2, 2026"][0] == ["1", "0"]
    assert "Tariff: Home EV (EV-TOU), Home Basic (RES-1)." in words(tree)


def test_links_keep_service_and_series_and_lead_through_the_periods(owner, home):
    hourly_mix(MixSeries.GENERATION, "WEST", MIDNIGHT - timedelta(hours=24), {"wind": [WIND] * 24 * 40})
    base = f"?contract={home.contract.public_id}&series=grid&period="

    tree = page(owner, series="grid", period="2026-03")

    assert tree.xpath("//a[@rel='prev']/@href") == [f"{base}2026-02"]
    assert tree.xpath("//a[@rel='next']/@href") == [f"{base}2026-04"]
    assert f"{base}2026" in tree.xpath("//nav[@class='pager']//a/@href")
    assert tree.xpath("//tbody//a/@href")[0] == f"{base}2026-03-01"
    assert [link.replace("&amp;", "&") for link in tree.xpath("//nav[@class='switch']//a/@href")] == [
        base.replace("grid", name) + "2026-03" for name in ("tariff", "grid", "residual")
    ]


def test_nothing_loaded_says_who_would_tell(owner):
    assert "Your supplier has not told us yet" in words(page(owner))
    assert "We have no figures for your grid region yet." in words(page(owner, series="residual"))


def test_a_period_without_data_says_how_far_data_goes(owner):
    tariff()

    assert "Nothing is known for this period. There is data through March 1, 2026" in words(
        page(owner, period="2024")
    )


def test_only_electricity_is_offered(owner, home):
    gas = add_service(owner=home.owner, account=home.account, commodity="natural_gas")
    second = add_service(owner=home.owner, account=home.account)

    offered = page(owner).xpath("//select[@id='contract']/option/@value")

    assert set(offered) == {home.contract.public_id, second.contract.public_id}
    assert owner.get(URL, {"contract": gas.contract.public_id}).status_code == 404


def test_a_login_without_electricity_is_told_so(db):
    gas = household(commodity="natural_gas")

    assert "There is no electricity service for this login." in words(page(logged_in(gas.owner)))


@pytest.mark.parametrize(
    "query",
    [{"series": "mine"}, {"period": "all"}, {"period": "2026-02-30"}, {"period": "x"}, {"contract": "x"}],
)
def test_what_is_not_there_is_not_found(owner, query):
    assert owner.get(URL, query).status_code == 404


def test_others_services_are_not_found(owner):
    foreign = household()

    assert owner.get(URL, {"contract": foreign.contract.public_id}).status_code == 404


def test_queries_and_marks_do_not_grow_with_hours(owner, home):
    def count(**query):
        with CaptureQueriesContext(connection) as queries:
            tree = page(owner, **query)
        assert len(tree.xpath("//figure//*[name()='path' or name()='rect' or name()='text']")) < 400
        return len(queries)

    tariff()
    used(home, *[100] * 24)
    page(owner)  # the session's first use
    few = count(period="2026")
    names = ("solar", "wind", "hydro", "nuclear", "gas", "coal", "oil", "biomass")
    MixShare.objects.all().delete()
    tariff(
        start=datetime(2025, 12, 1, tzinfo=UTC), hours=24 * 90, **{name: Decimal("0.12") for name in names}
    )

    assert count(period="2026") == count(period="2026-02") == count(period="2026-02-03") == few


def test_the_page_says_how_figures_came_about_and_which_may_still_change(owner):
    tariff()
    tariff(start=MIDNIGHT + timedelta(days=1))
    MixShare.objects.update(method="issuance")
    MixShare.objects.filter(start__gte=MIDNIGHT + timedelta(days=1)).update(provisional=True)

    tree = page(owner)

    assert "We worked the figures out from proofs of origin and balanced them" in words(tree)
    assert "Some figures may still change." in words(tree)
    table = rows(tree)
    assert table["March 2, 2026"][1].startswith("March 2, 2026 may still change")
    assert "may still change" not in table["March 1, 2026"][1]


def test_a_contract_sees_its_tariff_in_its_region_and_its_own_where_it_has_any(owner, home):
    hourly_mix(MixSeries.CONSUMPTION, "EV-TOU", MIDNIGHT, {"B19": [WIND] * 24}, "WEST")
    hourly_mix(MixSeries.CONSUMPTION, "EV-TOU", MIDNIGHT, {"B19": [GAS] * 24}, "EAST")
    own = MIDNIGHT.replace(hour=0) + timedelta(days=2)
    hourly_mix(MixSeries.CONSUMPTION, "EV-TOU", own, {"B19": [Decimal(1)] * 24}, "WEST", home.contract)

    tree = page(owner)

    table = rows(tree)
    alone = "Proofs of origin that were used for you alone count first."
    assert alone in words(tree)
    assert alone not in words(page(owner, period="2026-03-01"))
    assert table["March 1, 2026"][0] == ["0.6", "0.4"]
    assert table["March 3, 2026"][0] == ["1", "0"]


def test_carbon_is_said_by_the_utilitys_factors_with_their_source(owner, settings):
    tariff()
    settings.MIX_CARBON_SOURCE = "IPCC 2014"

    assert "CO2" not in words(page(owner))
    settings.MIX_CARBON_GRAMS = {"gas": Decimal(490)}
    assert "CO2" not in words(page(owner))  # nobody says what wind emits
    settings.MIX_CARBON_GRAMS = {"gas": Decimal(490), "wind": Decimal(11)}
    assert (
        "About 171 g of CO2 for each kWh (factors: IPCC 2014). This speaks of the 90% whose source is known."
        in words(page(owner))
    )


def test_the_greener_hours_of_the_week_are_drawn_and_in_numbers(owner):
    for day in range(8):
        tariff(hours=12, start=MIDNIGHT + timedelta(days=day), wind=Decimal("0.2"), gas=Decimal("0.8"))
        tariff(
            hours=12, start=MIDNIGHT + timedelta(days=day, hours=12), wind=Decimal("0.7"), gas=Decimal("0.3")
        )

    section = page(owner).xpath("//section[@aria-labelledby='green']")[0]
    day = page(owner, period="2026-03-01")

    assert "Greenest around 1 PM: 70% renewable; least around" in words(section)
    assert len(section.xpath(".//table//tbody/tr")) == 7
    assert 1 < len(section.xpath(".//path")) <= 5
    assert not day.xpath("//section[@aria-labelledby='green']")


@pytest.mark.parametrize(
    ("share", "words_of_it"),
    [("0.3336", "33.4%"), ("0.9999", "100.0%"), ("0.0006", "0.1%"), ("0.0004", "under 0.1%"), ("0", "0%")],
)
def test_shares_are_rounded_and_what_is_more_than_nothing_is_not_0(share, words_of_it):
    assert percent(Decimal(share)) == words_of_it
