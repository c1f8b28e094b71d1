from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import pytest

from consent.models import Disclosure
from datahub.rows.usage import Quality
from datahub.usage import plan
from tests.factories.accounts import (
    ContractServicePointFactory,
    MeterDeviceFactory,
    MeterInstallationFactory,
    ServiceContractFactory,
    add_service,
    household,
)
from tests.factories.feeds import load_days, load_readings, usage_series
from tests.support.queries import count_queries

URL = "/usage_data"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def values(answer):
    return [value for segment in answer.json()["data"] for value in segment["values"]]


def test_readings_come_exact_with_unit_quality_and_gaps(reader, home):
    quality = [Quality.ACTUAL, Quality.ACTUAL, Quality.ACTUAL, Quality.ESTIMATED]
    load_readings(usage_series(home.meter, NOON, [420, -5, None, 110], quality=quality))
    reader.granted(home.contract)

    answer = reader.get(URL)

    (segment,) = answer.json()["data"]
    assert segment["values"] == ["0.420", "-0.005", None, "0.110"]
    assert segment["quality"] == [
        {"count": 2, "quality": "actual"},
        {"count": 1, "quality": "missing"},
        {"count": 1, "quality": "estimated"},
    ]
    assert (segment["unit"], segment["direction"], segment["interval_seconds"]) == ("Wh", "import", 900)
    assert (segment["start"], segment["end"]) == ("2026-03-01T12:00:00Z", "2026-03-01T13:00:00Z")
    assert segment["meter_number"] == home.meter.meter_number
    assert segment["service_point_id"] == home.point.servicepoint_number


@pytest.mark.spec("X-15")
def test_readings_outside_the_granted_window_are_absent(reader, home):
    load_readings(usage_series(home.meter, NOON, [1, 2, 3, 4]))
    quarter = timedelta(minutes=15)
    reader.granted(home.contract, start=NOON + quarter, end=NOON + 3 * quarter)

    answer = reader.get(URL)

    assert values(answer) == ["0.002", "0.003"]
    assert answer.json()["window"] == {"start": "2026-03-01T12:15:00Z", "end": "2026-03-01T12:45:00Z"}


@pytest.mark.spec("X-15")
def test_a_wider_question_is_cut_to_the_grant_and_says_so(reader, home):
    load_days(home.meter, date(2026, 3, 1), 2)
    reader.granted(home.contract, start=NOON, end=NOON + timedelta(hours=1))

    answer = reader.get(URL, {"start": "2020-01-01", "end": "2027-01-01"})

    assert len(values(answer)) == 4
    assert [notice["code"] for notice in answer.json()["notices"]] == ["window_cut"]


def test_a_narrower_question_is_answered_narrower(reader, home):
    load_days(home.meter, date(2026, 3, 1), 2)
    reader.granted(home.contract)

    answer = reader.get(URL, {"start": "2026-03-01T12:00:00Z", "end": "2026-03-01T12:30:00Z"})

    assert len(values(answer)) == 2
    assert answer.json()["notices"] == []


@pytest.mark.spec("X-15")
def test_a_foreign_an_unticked_and_an_unknown_service_look_the_same(reader, home):
    unticked = add_service(owner=home.owner, account=home.account)
    foreign = household()
    for other in (unticked, foreign):
        load_days(other.meter, date(2026, 3, 1), 1)
    reader.granted(home.contract)

    def line(number):
        answer = reader.get(URL, {"services": number}).json()
        assert answer["data"] == []
        assert [notice["code"] for notice in answer["notices"]] == ["service_not_shared"]
        (line,) = answer["services"]
        assert line.pop("contract_number") == number
        return line

    unknown = line("no-such-number")
    assert line(unticked.contract.contract_number) == unknown
    assert line(foreign.contract.contract_number) == unknown
    assert unknown["status"] == "not_shared"


def test_not_loaded_and_none_and_available_differ(reader, home):
    empty = add_service(owner=home.owner, account=home.account)
    load_days(home.meter, date(2026, 3, 1), 2)
    reader.granted(home.contract, empty.contract)

    def statuses(**query):
        lines = reader.get(URL, query).json()["services"]
        return {line["contract_number"]: line["status"] for line in lines}

    mine, bare = home.contract.contract_number, empty.contract.contract_number
    assert statuses() == {mine: "available", bare: "not_loaded"}
    assert statuses(start="2026-01-01", end="2026-01-31")[mine] == "none"
    assert statuses(start="2026-04-01", end="2026-04-30")[mine] == "not_loaded"


def test_each_service_says_how_fresh_it_is(reader, home):
    at = datetime(2026, 3, 4, 5, tzinfo=UTC)
    load_readings(usage_series(home.meter, NOON, [1, 2, None]), at=at)
    reader.granted(home.contract)

    (line,) = reader.get(URL).json()["services"]

    assert line["verified"] == "2026-03-04T05:00:00Z"
    assert line["loaded_until"] == "2026-03-01T12:30:00Z"


def test_a_swapped_meter_is_two_segments_and_no_reading_of_elsewhere(reader, home):
    home.point.installations.update(end=NOON)
    new = MeterDeviceFactory()
    MeterInstallationFactory(meter=new, service_point=home.point, start=NOON)
    before = NOON - timedelta(minutes=30)
    load_readings(usage_series(home.meter, before, [1, 2, 3, 4]), usage_series(new, before, [5, 6, 7, 8]))
    reader.granted(home.contract)

    answer = reader.get(URL).json()["data"]

    assert {segment["meter_number"]: segment["values"] for segment in answer} == {
        home.meter.meter_number: ["0.001", "0.002"],
        new.meter_number: ["0.007", "0.008"],
    }


@pytest.mark.spec("X-15")
def test_a_former_occupants_readings_never_show(reader, home):
    home.contract.point_links.update(end=NOON)
    next_occupant = ServiceContractFactory()
    ContractServicePointFactory(contract=next_occupant, service_point=home.point, start=NOON)
    load_readings(usage_series(home.meter, NOON - timedelta(minutes=30), [1, 2, 3, 4]))
    other = type(reader)()
    reader.granted(home.contract)
    other.granted(next_occupant)

    assert values(reader.get(URL)) == ["0.001", "0.002"]
    assert values(other.get(URL)) == ["0.003", "0.004"]
    assert reader.get(URL).json()["services"][0]["loaded_until"] == "2026-03-01T12:00:00Z"


def test_two_contracts_that_share_a_point_both_see_its_meter(reader, home):
    lodger = ServiceContractFactory()
    ContractServicePointFactory(contract=lodger, service_point=home.point)
    load_readings(usage_series(home.meter, NOON, [1, 2]))
    reader.granted(home.contract, lodger)

    values = {segment["contract_number"]: segment["values"] for segment in reader.get(URL).json()["data"]}

    both = ["0.001", "0.002"]
    assert values == {home.contract.contract_number: both, lodger.contract_number: both}


def test_channels_of_one_meter_stay_apart(reader, home):
    load_readings(
        usage_series(home.meter, NOON, [1, 2]), usage_series(home.meter, NOON, [3, 4], direction="export")
    )
    reader.granted(home.contract)

    values = {segment["direction"]: segment["values"] for segment in reader.get(URL).json()["data"]}

    assert values == {"import": ["0.001", "0.002"], "export": ["0.003", "0.004"]}


def test_a_day_of_25_hours_has_100_quarters(reader, home):
    load_days(home.meter, date(2026, 10, 31), 4)
    reader.granted(home.contract)

    answer = reader.get(URL, {"start": "2026-11-01", "end": "2026-11-01"})

    assert len(values(answer)) == 100


def test_a_long_period_is_served_once_though_pages_part_inside_it(reader, home, monkeypatch):
    monkeypatch.setattr(plan, "METER_DAYS", 10)
    months = [datetime(2026, month, 1, 8, tzinfo=UTC) for month in range(1, 5)]
    series = [
        usage_series(home.meter, start, [index], step=int((end - start).total_seconds()))
        for index, (start, end) in enumerate(zip(months, months[1:], strict=False), 1)
    ]
    for period in series:
        load_readings(period)
    reader.granted(home.contract)

    pages, url = [], URL
    while url:
        page = reader.get(url.removeprefix("http://127.0.0.1:8000"))
        pages.append(values(page))
        url = page.json()["next"]

    assert [value for page in pages for value in page] == ["0.001", "0.002", "0.003"]
    assert len(pages) > 3


def test_pages_join_to_the_whole_and_keep_filters_and_window(reader, home, monkeypatch):
    second = add_service(owner=home.owner, account=home.account)
    third = add_service(owner=home.owner, account=home.account)
    for place, service in enumerate((home, second, third)):
        load_days(service.meter, date(2026, 3, 1), 5, value=place)
    reader.granted(home.contract, second.contract, third.contract)
    query = {
        "services": f"{home.contract.contract_number},{third.contract.contract_number}",
        "start": "-20y",
        "end": "2026-03-04",
    }
    whole = values(reader.get(URL, query))
    monkeypatch.setattr(plan, "METER_DAYS", 2)

    joined, windows, url = [], set(), None
    while True:
        page = reader.get(url.removeprefix("http://127.0.0.1:8000")) if url else reader.get(URL, query)
        joined += values(page)
        windows.add(page.json()["window"]["start"])
        assert {line["status"] for line in page.json()["services"]} == {"available"}
        url = page.json()["next"]
        if url is None:
            break

    assert joined == whole
    assert len(windows) == 1


def test_a_window_that_is_over_tells_nothing_of_what_came_later(reader, home):
    end = datetime(2026, 3, 2, 8, tzinfo=UTC)
    load_days(home.meter, date(2026, 3, 1), 5)
    reader.granted(home.contract, end=end)

    for address in (URL, "/usage_sums"):
        (line,) = reader.get(address).json()["services"]
        assert (line["status"], line["loaded_until"]) == ("available", "2026-03-02T08:00:00Z")
        assert line["verified"] <= "2026-03-02T08:00:00Z"


def test_readings_that_changed_after_the_window_say_when(reader, home):
    load_days(home.meter, date(2026, 3, 1), 5)
    reader.granted(home.contract, end=datetime(2026, 3, 2, 8, tzinfo=UTC))

    (segment,) = reader.get(URL).json()["data"]

    assert segment["verified"] == segment["modified"]


def test_each_answer_names_its_address_and_the_zone_of_its_days(reader, home, settings):
    reader.granted(home.contract)

    for address in (URL, "/usage_sums"):
        answer = reader.get(address)
        assert answer.json()["resource"] == address.removeprefix("/")
        assert answer.json()["time_zone"] == settings.TIME_ZONE
        table = reader.get(address, Accept="text/csv")
        assert table["CDSC-Time-Zone"] == settings.TIME_ZONE


def test_a_cursor_of_another_grant_is_refused(reader, home, monkeypatch):
    monkeypatch.setattr(plan, "METER_DAYS", 1)
    load_days(home.meter, date(2026, 3, 1), 3)
    reader.granted(home.contract)
    following = reader.get(URL).json()["next"].removeprefix("http://127.0.0.1:8000")
    reader.granted(home.contract)

    answer = reader.get(following)

    assert answer.status_code == 400
    assert answer.json()["parameter"] == "cursor"


@pytest.mark.parametrize("added", [{"start": "2026-03-02"}, {"services": "all"}, {"end": "now"}])
def test_a_filter_added_to_the_address_of_a_page_is_refused(reader, home, monkeypatch, added):
    monkeypatch.setattr(plan, "METER_DAYS", 1)
    load_days(home.meter, date(2026, 3, 1), 3)
    reader.granted(home.contract)
    following = reader.get(URL).json()["next"].removeprefix("http://127.0.0.1:8000")

    answer = reader.get(f"{following}&{urlencode(added)}")

    assert (answer.status_code, answer.json()["parameter"]) == (400, "cursor")
    assert reader.get(following).status_code == 200


def test_what_did_not_change_is_answered_304_and_not_disclosed(reader, home):
    load_days(home.meter, date(2026, 3, 1), 1)
    reader.granted(home.contract)
    first = reader.get(URL)

    again = reader.get(URL, **{"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert Disclosure.objects.count() == 1


def test_a_new_reading_changes_the_etag(reader, home):
    load_days(home.meter, date(2026, 3, 1), 1)
    reader.granted(home.contract)
    first = reader.get(URL)
    load_days(home.meter, date(2026, 3, 2), 1)

    again = reader.get(URL, **{"If-None-Match": first["ETag"]})

    assert again.status_code == 200


@pytest.mark.spec("X-20", "R-199")
def test_each_answer_is_disclosed_with_its_count_and_period(reader, home):
    load_readings(usage_series(home.meter, NOON, [1, 2, 3]))
    grant = reader.granted(home.contract, start=NOON, end=NOON + timedelta(days=1))

    reader.get(URL)

    read = Disclosure.objects.get()
    assert (read.grant, read.scope, read.resource, read.value_count) == (grant, "usage_data", URL[1:], 3)
    assert (read.start, read.end) == (NOON, NOON + timedelta(days=1))
    assert read.contracts == [home.contract.pk]
    assert read.address == "127.0.0.1"


@pytest.mark.spec("X-20")
def test_an_empty_answer_is_disclosed_with_zero(reader, home):
    reader.granted(home.contract)

    reader.get(URL)

    assert Disclosure.objects.get().value_count == 0


def test_csv_has_a_line_a_value_and_an_empty_cell_for_the_unknown(reader, home):
    load_readings(usage_series(home.meter, NOON, [420, None, 7]))
    reader.granted(home.contract)

    answer = reader.get(URL, Accept="text/csv")

    lines = answer.content.decode().splitlines()
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert lines[0].startswith("contract_number,service_point_id,meter_number,register,")
    assert lines[1].endswith(",Wh,2026-03-01T12:00:00Z,2026-03-01T12:15:00Z,0.420,actual")
    assert lines[2].endswith(",2026-03-01T12:15:00Z,2026-03-01T12:30:00Z,,missing")
    assert answer["CDSC-Services"] == "available=1"
    assert answer["CDSC-Window"] == "/"


def test_many_services_and_readings_cost_as_many_queries_as_one(reader, home):
    load_days(home.meter, date(2026, 3, 1), 1)
    reader.granted(home.contract)
    few = count_queries(lambda: reader.get(URL))
    others = [add_service(owner=home.owner, account=home.account) for _ in range(8)]
    for other in others:
        load_days(other.meter, date(2026, 3, 1), 5)
    reader.granted(home.contract, *(other.contract for other in others))

    many = count_queries(lambda: reader.get(URL))

    assert many == few
