"""GET /generation_mix?by=: sums by local day and month, weighed by energy."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import unquote

import pytest

from consent.models import Disclosure
from datahub.mix import summed as mix_summed
from datahub.models import MixSeries, MixShare
from tests.datahub.api.mix_world import (
    BOTH,
    FULL,
    HOUR,
    MIDNIGHT,
    USED,
    day,
    made,
    periods,
    shares_of,
    tariff,
    used,
)
from tests.factories.accounts import SupplyTermFactory, add_service, place
from tests.factories.datahub import hourly_mix
from tests.support.queries import count_queries


def test_a_day_of_the_grid_is_weighed_with_what_was_generated(reader, west):
    made(solar=[1000, 0], gas=[0, 3000])
    reader.granted(west.contract, scope="generation_breakdown")

    (summed,) = reader.get("/generation_breakdown", {"by": "day"}).json()["data"]

    modified = summed["periods"][0].pop("modified")
    assert modified.endswith("Z")
    assert summed == {
        "series": "generation_breakdown",
        "contract_numbers": [west.contract.contract_number],
        "tariff_codes": None,
        "region": "WEST",
        "by": "day",
        "periods": [
            {
                "period": "2026-03-01",
                "start": "2026-03-01T08:00:00Z",
                "end": "2026-03-02T08:00:00Z",
                "whole": True,
                "known_seconds": 7200,
                "due_seconds": 86400,
                "weighting": "energy",
                "method": "issuance",
                "provisional": False,
                "origin": "computed",
                "sources": [
                    {"source": "gas", "share": "0.75", "energy_wh": None},
                    {"source": "solar", "share": "0.25", "energy_wh": None},
                ],
            }
        ],
    }


def test_told_shares_have_no_amounts_and_are_weighed_by_time(reader, west):
    made(wind=[1000])
    hourly_mix(
        MixSeries.GENERATION, "WEST", MIDNIGHT + HOUR, {"wind": [Decimal("0.5")] * 3, "gas": [None] * 3}
    )
    reader.granted(west.contract, scope="generation_breakdown")

    period = day(reader, "generation_breakdown")

    assert (period["weighting"], period["method"], period["origin"]) == ("time", "mixed", "mixed")
    assert shares_of(period) == {
        "gas": "0",
        "wind": "0.625",
        "unknown": "0.375",
    }  # the hour worked out has no gas


def test_a_share_that_is_told_at_no_time_is_null(reader, west):
    hourly_mix(MixSeries.RESIDUAL, "WEST", MIDNIGHT, {"gas": [None], "wind": [Decimal("0.4")]})
    reader.granted(west.contract, scope="residual_mix")

    assert shares_of(day(reader, "residual_mix")) == {"gas": None, "wind": "0.4", "unknown": "0.6"}


def test_shares_sum_to_one_and_what_may_change_is_said(reader, west):
    third = Decimal("0.3333333333")
    hourly_mix(MixSeries.RESIDUAL, "WEST", MIDNIGHT, {name: [third] * 7 for name in ("a", "b", "c")})
    MixShare.objects.filter(start=MIDNIGHT).update(provisional=True)
    reader.granted(west.contract, scope="residual_mix")

    period = day(reader, "residual_mix")

    assert sum(map(Decimal, shares_of(period).values())) == 1
    assert period["provisional"]


def test_a_month_joins_the_tariffs_of_a_contract_and_names_them_with_a_supply_scope(reader, west):
    west.contract.supply_terms.update(end=date(2026, 3, 2))
    SupplyTermFactory(contract=west.contract, tariff_code="ANEW", start=date(2026, 3, 2))
    tariff(days=2, wind=[FULL] * 48)
    tariff(days=2, key="ANEW", gas=[FULL] * 48)
    used(west, *[300] * 24, *[100] * 24)
    reader.granted(west.contract, scope=f"{BOTH} customer_supply_history")

    answer = reader.get("/consumption_breakdown", {"by": "month"})

    assert shares_of(periods(answer)["2026-03"]) == {"gas": "0.25", "wind": "0.75"}
    assert answer.json()["data"][0]["tariff_codes"] == ["EV-TOU", "ANEW"]
    reader.granted(west.contract, scope=BOTH)
    assert "EV-TOU" not in reader.get("/consumption_breakdown", {"by": "month"}).content.decode()


def test_a_step_over_midnight_counts_on_both_days_by_its_time(reader, west):
    made(start=MIDNIGHT - HOUR, solar=[3000], gas=[1000])
    MixShare.objects.update(seconds=4 * 3600)
    made(start=MIDNIGHT + 3 * HOUR, solar=[0], gas=[2250])
    reader.granted(west.contract, scope="generation_breakdown")

    by_label = periods(reader.get("/generation_breakdown", {"by": "day"}))

    assert {label: period["known_seconds"] for label, period in by_label.items()} == {
        "2026-02-28": 3600, "2026-03-01": 14_400,
    }  # fmt: skip
    assert shares_of(by_label["2026-02-28"]) == {"gas": "0.25", "solar": "0.75"}
    assert shares_of(by_label["2026-03-01"]) == {
        "gas": "0.5714285714",
        "solar": "0.4285714286",
    }  # 3000 and 2250


def test_where_long_and_short_steps_tell_the_same_time_the_short_ones_count(reader, west):
    hourly_mix(MixSeries.RESIDUAL, "WEST", MIDNIGHT, {"wind": [FULL]})
    MixShare.objects.update(seconds=4 * 3600)
    hourly_mix(MixSeries.RESIDUAL, "WEST", MIDNIGHT + HOUR, {"gas": [FULL]})
    reader.granted(west.contract, scope="residual_mix")

    period = day(reader, "residual_mix")

    assert (period["known_seconds"], shares_of(period)["gas"]) == (14_400, "0.25")


@pytest.mark.parametrize(("first", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25)])
def test_days_of_23_and_25_hours_are_whole(reader, west, first, hours):
    start = datetime(first.year, first.month, first.day, 8 if hours == 23 else 7, tzinfo=UTC)
    hourly_mix(MixSeries.RESIDUAL, "WEST", start, {"wind": [FULL] * hours})
    reader.granted(west.contract, scope="residual_mix")

    period = day(reader, "residual_mix")

    assert (period["period"], period["whole"]) == (first.isoformat(), True)
    assert period["known_seconds"] == period["due_seconds"] == hours * 3600


def test_regions_with_other_times_are_series_of_their_own(reader, west):
    later = add_service(owner=west.owner, account=west.account)
    place(later.point, "WEST")
    later.contract.point_links.update(start=MIDNIGHT + HOUR)
    made(wind=[1000, 1000])
    reader.granted(west.contract, later.contract, scope="generation_breakdown")

    known_seconds = {
        tuple(summed["contract_numbers"]): summed["periods"][0]["known_seconds"]
        for summed in reader.get("/generation_breakdown", {"by": "day"}).json()["data"]
    }

    assert known_seconds == {(west.contract.contract_number,): 7200, (later.contract.contract_number,): 3600}


def test_another_length_is_refused_by_name(reader, west):
    reader.granted(west.contract, scope="residual_mix")

    answers = [reader.get("/residual_mix", {"by": by}) for by in ("year", "")]

    assert [(answer.status_code, answer.json()["parameter"]) for answer in answers] == [(400, "by")] * 2


def test_pages_part_series_and_a_cursor_of_steps_opens_no_sums(reader, west, monkeypatch):
    monkeypatch.setattr(mix_summed, "DAYS_A_PAGE", 2)
    monkeypatch.setattr("datahub.mix.segments.SHARES_A_PAGE", 1)
    tariff(days=2)
    for series in (MixSeries.GENERATION, MixSeries.RESIDUAL):
        made(series=series, wind=[10] * 40)
    reader.granted(west.contract, scope="generation_mix")

    series_by_page, url = [], "/generation_mix?by=day"
    while url:
        page = reader.get(url.removeprefix("http://127.0.0.1:8000")).json()
        series_by_page.append([summed["series"] for summed in page["data"]])
        url = page["next"]

    assert series_by_page == [["consumption_breakdown"], ["generation_breakdown"], ["residual_mix"]]
    cursor = reader.get("/generation_mix").json()["next"].partition("cursor=")[2]
    cursor = unquote(cursor)
    assert reader.get("/generation_mix", {"by": "day", "cursor": cursor}).status_code == 400


def test_an_answer_that_is_known_is_not_sent_again_and_a_correction_moves_it(reader, west):
    made(wind=[10, 10], gas=[10, 30])
    reader.granted(west.contract, scope="generation_breakdown")
    first = reader.get("/generation_breakdown", {"by": "day"})

    again = reader.get("/generation_breakdown", {"by": "day"}, **{"If-None-Match": first["ETag"]})
    moved = datetime(2126, 6, 1, tzinfo=UTC)
    MixShare.objects.filter(source="gas", start=MIDNIGHT).update(quantity=50, modified=moved)

    assert (again.status_code, Disclosure.objects.count()) == (304, 1)
    assert day(reader, "generation_breakdown")["modified"] == "2126-06-01T00:00:00Z"


def test_csv_says_what_json_says(reader, west):
    tariff(days=2, wind=[FULL / 2] * 30, gas=[None] * 30)
    used(west, *USED, *USED)
    reader.granted(west.contract, scope=f"{BOTH} customer_supply_details")

    answer = reader.get("/consumption_breakdown", {"by": "day"}, Accept="text/csv")

    (summed,) = reader.get("/consumption_breakdown", {"by": "day"}).json()["data"]
    expected = [
        {
            "series": "consumption_breakdown",
            "contract_numbers": west.contract.contract_number,
            "tariff_codes": "EV-TOU",
            "region": "",
            **{name: period[name] for name in ("period", "start", "end", "weighting", "method")},
            "whole": "yes",
            "provisional": "no",
            "source": source["source"],
            "share": source["share"] or "",
            "energy_wh": "" if source["energy_wh"] is None else str(source["energy_wh"]),
            **{name: str(period[name]) for name in ("known_seconds", "due_seconds")},
        }
        for period in summed["periods"]
        for source in period["sources"]
    ]
    assert list(csv.DictReader(io.StringIO(answer.content.decode()))) == expected
    assert expected[-1]["energy_wh"]


@pytest.mark.parametrize("by", ["day", "month"])
def test_many_services_and_days_cost_as_many_queries_as_one(reader, west, by):
    def count(*homes, scope="generation_mix usage_data"):
        reader.granted(*(home.contract for home in homes), scope=scope)
        return count_queries(lambda: reader.get("/generation_mix", {"by": by}))

    for series in (MixSeries.GENERATION, MixSeries.RESIDUAL):
        made(series=series, wind=[10])
    tariff()
    used(west)
    few = count(west)
    others = [add_service(owner=west.owner, account=west.account) for _ in range(4)]
    for number, other in enumerate(others):
        place(other.point, f"R{number}")
        SupplyTermFactory(contract=other.contract, tariff_code=f"T{number}")
        made(region=f"R{number}", wind=[10] * 30)
        tariff(key=f"T{number}", region=f"R{number}", wind=[FULL] * 30)
        used(other, *USED, *USED)

    # calls counted, gate, versions, labels, regions, terms, shares, what is told, steps, facts, readings, standings,
    # disclosures
    assert count(west, *others) == few == 16
    assert count(west, *others, scope="generation_mix") == 13
