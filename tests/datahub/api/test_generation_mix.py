from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from datahub.mix import segments
from datahub.models import MixSeries, MixShare
from tests.factories.accounts import SupplyTermFactory, add_service, place
from tests.factories.datahub import hourly_mix
from tests.support.queries import count_queries

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
WIND = {"wind": [Decimal("0.31"), None, Decimal("0.5")]}


def test_a_null_share_stays_null_and_shares_are_exact(reader, west):
    hourly_mix(MixSeries.GENERATION, "WEST", START, WIND)
    reader.granted(west.contract, scope="generation_breakdown")

    (segment,) = reader.get("/generation_breakdown").json()["data"]

    assert segment["sources"] == [
        {"source": "wind", "shares": ["0.31", None, "0.5"]},
        {"source": "unknown", "shares": ["0.69", "1", "0.5"]},
    ]
    assert (segment["method"], segment["provisional"], segment["origin"]) == ("published", False, "reported")
    assert (segment["region"], segment["tariff_code"]) == ("WEST", None)
    assert (segment["start"], segment["end"]) == ("2026-03-01T08:00:00Z", "2026-03-01T11:00:00Z")
    assert segment["contract_numbers"] == [west.contract.contract_number]


@pytest.mark.spec("X-15")
def test_another_region_and_another_tariff_are_not_served(reader, west):
    for series in MixSeries:
        hourly_mix(series, "ELSEWHERE", START, WIND)
    reader.granted(west.contract, scope="generation_mix")

    answer = reader.get("/generation_mix").json()

    assert answer["data"] == []
    assert answer["services"][0]["status"] == "not_loaded"


def test_the_grid_s_series_change_with_the_region_of_the_point_at_its_date(reader, home):
    moved = datetime(2026, 3, 2, 8, tzinfo=UTC)
    place(home.point, "WEST", end=moved)
    place(home.point, "EAST", start=moved)
    for region, share in (("WEST", "0.1"), ("EAST", "0.9")):
        hourly_mix(MixSeries.RESIDUAL, region, START, {"wind": [Decimal(share)] * 48})
    reader.granted(home.contract, scope="residual_mix")

    segments = [
        (segment["region"], segment["start"], segment["end"], set(segment["sources"][0]["shares"]))
        for segment in reader.get("/residual_mix").json()["data"]
    ]

    assert segments == [
        ("EAST", "2026-03-02T08:00:00Z", "2026-03-03T08:00:00Z", {"0.9"}),
        ("WEST", "2026-03-01T08:00:00Z", "2026-03-02T08:00:00Z", {"0.1"}),
    ]


def test_a_tariff_s_mix_is_that_of_the_region_of_the_time(reader, home):
    moved = datetime(2026, 3, 2, 8, tzinfo=UTC)
    place(home.point, "WEST", end=moved)
    place(home.point, "EAST", start=moved)
    SupplyTermFactory(contract=home.contract, tariff_code="GREEN")
    for region, share in (("WEST", "0.1"), ("EAST", "0.9")):
        hourly_mix(MixSeries.CONSUMPTION, "GREEN", START, {"wind": [Decimal(share)] * 48}, region)
    reader.granted(home.contract, scope="consumption_breakdown")

    shares_by_start = {
        segment["start"]: set(segment["sources"][0]["shares"])
        for segment in reader.get("/consumption_breakdown").json()["data"]
    }

    assert shares_by_start == {"2026-03-01T08:00:00Z": {"0.1"}, "2026-03-02T08:00:00Z": {"0.9"}}


def test_consumption_follows_the_tariff_through_its_changes(reader, home):
    SupplyTermFactory(contract=home.contract, tariff_code="OLD", end=date(2026, 3, 2))
    SupplyTermFactory(contract=home.contract, tariff_code="NEW", start=date(2026, 3, 2))
    for code, share in (("OLD", "0.1"), ("NEW", "0.9")):
        hourly_mix(MixSeries.CONSUMPTION, code, START, {"wind": [Decimal(share)] * 48})
    reader.granted(home.contract, scope="consumption_breakdown customer_supply_history")

    segments = [
        (segment["tariff_code"], segment["start"], set(segment["sources"][0]["shares"]))
        for segment in reader.get("/consumption_breakdown").json()["data"]
    ]

    assert sorted(segments) == [
        ("NEW", "2026-03-02T08:00:00Z", {"0.9"}),
        ("OLD", "2026-03-01T08:00:00Z", {"0.1"}),
    ]


def test_the_tariff_is_not_named_without_a_supply_scope(reader, west):
    hourly_mix(MixSeries.CONSUMPTION, "EV-TOU", START, WIND)
    reader.granted(west.contract, scope="consumption_breakdown")

    answer = reader.get("/consumption_breakdown")

    assert answer.json()["data"][0]["tariff_code"] is None
    assert "EV-TOU" not in answer.content.decode()


def test_steps_that_reach_beyond_the_window_are_cut(reader, west):
    hourly_mix(MixSeries.RESIDUAL, "WEST", START, WIND)
    half = timedelta(minutes=30)
    reader.granted(west.contract, scope="residual_mix", start=START + half, end=START + 5 * half)

    (segment,) = reader.get("/residual_mix").json()["data"]

    assert segment["sources"][0] == {"source": "wind", "shares": [None]}


def test_generation_mix_opens_all_three_series_and_each_alone(reader, west):
    keys = {MixSeries.CONSUMPTION: "EV-TOU", MixSeries.GENERATION: "WEST", MixSeries.RESIDUAL: "WEST"}
    for series, key in keys.items():
        hourly_mix(series, key, START, WIND)
    reader.granted(west.contract, scope="generation_mix")

    series_served = {segment["series"] for segment in reader.get("/generation_mix").json()["data"]}

    assert series_served == {str(series) for series in MixSeries}
    for series in MixSeries:
        assert [s["series"] for s in reader.get(f"/{series}").json()["data"]] == [series]


@pytest.mark.spec("X-15")
def test_one_series_alone_does_not_open_the_others(reader, west):
    reader.granted(west.contract, scope="residual_mix")

    statuses = {
        path: reader.get(path).status_code
        for path in ("/residual_mix", "/generation_mix", "/generation_breakdown", "/consumption_breakdown")
    }

    assert statuses == {
        "/residual_mix": 200,
        "/generation_mix": 403,
        "/generation_breakdown": 403,
        "/consumption_breakdown": 403,
    }


def test_pages_join_to_the_whole(reader, west, monkeypatch):
    hourly_mix(MixSeries.RESIDUAL, "WEST", START, {"wind": [Decimal("0.1")] * 10, "sun": [None] * 10})
    reader.granted(west.contract, scope="residual_mix")
    monkeypatch.setattr(segments, "SHARES_A_PAGE", 6)

    steps, url = 0, "/residual_mix"
    while url:
        page = reader.get(url.removeprefix("http://127.0.0.1:8000")).json()
        steps += sum(len(segment["sources"][0]["shares"]) for segment in page["data"])
        url = page["next"]

    assert steps == 10


def test_a_page_holds_whole_steps_of_all_series_however_many_sources_one_has(reader, west, monkeypatch):
    sources = {f"source-{number}": [Decimal("0.01")] * 3 for number in range(9)}
    hourly_mix(MixSeries.RESIDUAL, "WEST", START, sources)
    hourly_mix(MixSeries.GENERATION, "WEST", START + timedelta(hours=1), {"wind": [Decimal("0.5")] * 4})
    reader.granted(west.contract, scope="generation_mix")
    monkeypatch.setattr(segments, "SHARES_A_PAGE", 6)

    runs, url = [], "/generation_mix"
    while url:
        page = reader.get(url.removeprefix("http://127.0.0.1:8000")).json()
        runs += [
            (
                segment["series"],
                segment["start"],
                [source["source"] for source in segment["sources"]],
                len(source["shares"]),
            )
            for segment in page["data"]
            for source in segment["sources"][:1]
        ]
        url = page["next"]

    hours = {"residual_mix": 0, "generation_breakdown": 0}
    for series, _start, names, steps in runs:
        hours[series] += steps
        assert names == ([*sorted(sources), "unknown"] if series == "residual_mix" else ["wind", "unknown"])
    assert hours == {"residual_mix": 3, "generation_breakdown": 4}
    assert [start for _series, start, *_ in runs] == sorted(start for _series, start, *_ in runs)


def test_csv_has_a_line_a_share(reader, west):
    hourly_mix(MixSeries.RESIDUAL, "WEST", START, WIND)
    MixShare.objects.filter(start=START).update(provisional=True)
    reader.granted(west.contract, scope="residual_mix")

    lines = reader.get("/residual_mix", Accept="text/csv").content.decode().splitlines()

    number = west.contract.contract_number
    assert lines[0] == "series,contract_numbers,tariff_code,region,start,end,source,share,method,provisional"
    hour = "2026-03-01T08:00:00Z,2026-03-01T09:00:00Z"
    assert lines[1] == f"residual_mix,{number},,WEST,{hour},wind,0.31,published,yes"
    assert lines[3].endswith(",wind,,published,no")


@pytest.mark.parametrize(
    "resource", ["generation_mix", "generation_breakdown", "consumption_breakdown", "residual_mix"]
)
def test_many_services_and_steps_cost_as_many_queries_as_one(reader, west, resource):
    for series, key in ((MixSeries.CONSUMPTION, "EV-TOU"), (MixSeries.GENERATION, "WEST")):
        hourly_mix(series, key, START, WIND)
    hourly_mix(MixSeries.RESIDUAL, "WEST", START, WIND)
    reader.granted(west.contract, scope="generation_mix")
    few = count_queries(lambda: reader.get(f"/{resource}"))
    others = [add_service(owner=west.owner, account=west.account) for _ in range(6)]
    for number, other in enumerate(others):
        place(other.point, f"R{number}")
        SupplyTermFactory(contract=other.contract, tariff_code=f"T{number}")
        for series in MixSeries:
            key = f"T{number}" if series == MixSeries.CONSUMPTION else f"R{number}"
            hourly_mix(series, key, START, {"wind": [Decimal("0.2")] * 30})
    reader.granted(*(other.contract for other in others), scope="generation_mix")

    many = count_queries(lambda: reader.get(f"/{resource}"))

    assert many == few


def test_what_rounding_makes_too_much_is_cut_and_shares_sum_to_one(reader, west):
    third = Decimal("0.334")
    hourly_mix(MixSeries.RESIDUAL, "WEST", START, {"gas": [third], "solar": [third], "wind": [third]})
    reader.granted(west.contract, scope="residual_mix")

    (segment,) = reader.get("/residual_mix").json()["data"]

    assert sum(Decimal(source["shares"][0]) for source in segment["sources"]) == 1


def test_a_segment_ends_where_the_method_or_what_is_provisional_changes(reader, west):
    hourly_mix(MixSeries.RESIDUAL, "WEST", START, {"wind": [Decimal(1)] * 3})
    shares = MixShare.objects.order_by("start")
    MixShare.objects.filter(pk=shares[1].pk).update(method="issuance", computed=True)
    MixShare.objects.filter(pk=shares[2].pk).update(provisional=True)
    reader.granted(west.contract, scope="residual_mix")

    segments = reader.get("/residual_mix").json()["data"]

    assert [(segment["method"], segment["provisional"], segment["origin"]) for segment in segments] == [
        ("published", False, "reported"),
        ("issuance", False, "computed"),
        ("published", True, "reported"),
    ]


@pytest.mark.spec("X-15")
def test_shares_of_another_contract_and_of_another_region_are_not_served(reader, west):
    other = add_service(owner=west.owner, account=west.account)
    for region, contract, share in (
        ("WEST", None, "0.1"),
        ("EAST", None, "0.2"),
        ("WEST", other.contract, "0.3"),
    ):
        hourly_mix(MixSeries.CONSUMPTION, "EV-TOU", START, {"wind": [Decimal(share)]}, region, contract)
    reader.granted(west.contract, scope="consumption_breakdown")

    (segment,) = reader.get("/consumption_breakdown").json()["data"]

    assert segment["sources"][0]["shares"] == ["0.1"]


def test_a_contract_with_shares_of_its_own_reads_those_and_its_tariffs_before_and_after(reader, west):
    wind = {"wind": [Decimal("0.1")] * 72}
    hourly_mix(MixSeries.CONSUMPTION, "EV-TOU", START.replace(hour=0), wind, "WEST")
    own = {"wind": [Decimal("0.9")] * 24}
    hourly_mix(MixSeries.CONSUMPTION, "EV-TOU", START.replace(day=2, hour=0), own, "WEST", west.contract)
    reader.granted(west.contract, scope="consumption_breakdown", start=START.replace(hour=0))

    segments = reader.get("/consumption_breakdown").json()["data"]

    days = [
        (segment["start"][:10], set(segment["sources"][0]["shares"]), len(segment["sources"][0]["shares"]))
        for segment in segments
    ]
    assert sorted(days) == [
        ("2026-03-01", {"0.1"}, 24),
        ("2026-03-02", {"0.9"}, 24),
        ("2026-03-03", {"0.1"}, 24),
    ]
