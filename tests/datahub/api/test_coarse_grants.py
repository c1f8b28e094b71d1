"""A grant of hourly, daily or monthly readings, or of some meters: no route, form or query tells more (P-29)."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from consent.models import Disclosure, GrantPart
from datahub.usage import plan
from tests.datahub.api.mix_world import BOTH, FULL, day, tariff, used
from tests.factories.accounts import MeterDeviceFactory, MeterInstallationFactory
from tests.factories.feeds import load_readings, usage_series

pytestmark = pytest.mark.django_db
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
FIRST = datetime(2026, 3, 6, 8, tzinfo=UTC)  # a local midnight, two days before clocks go forward
LENGTHS = [24 * HOUR, 24 * HOUR, 23 * HOUR, 24 * HOUR]
FORMS = ("application/json", "text/csv", "application/atom+xml")


def readings(count, *, first=0):
    """`count` different values, each quarter of an hour."""
    return [1000 + 7 * number % 991 + number for number in range(first, first + count)]


def day_sums():
    """Of the local days of LENGTHS: start, seconds and sum in thousandths."""
    values, start, sums = readings(sum(LENGTHS, timedelta()) // QUARTER), FIRST, []
    for length in LENGTHS:
        count = length // QUARTER
        sums.append((start, int(length.total_seconds()), sum(values[:count])))
        values, start = values[count:], start + length
    return sums


@pytest.fixture
def quarters(home):
    """Four whole local days, and most of a fifth."""
    count = sum(LENGTHS, timedelta()) // QUARTER + 70
    load_readings(usage_series(home.meter, FIRST, readings(count)))


def granted(reader, home, resolution, **grant):
    reader.granted(home.contract, **grant)
    GrantPart.objects.filter(scope="usage_data").update(resolution=resolution)


def values_of(reader, query=None):
    """Start, seconds and value of all that /usage_data says, page by page."""
    values, query = [], dict(query or {})
    while True:
        answer = reader.get("/usage_data", query).json()
        for segment in answer["data"]:
            start = datetime.fromisoformat(segment["start"])
            for number, value in enumerate(segment["values"]):
                begin = start + number * timedelta(seconds=segment["interval_seconds"])
                values.append((begin, segment["interval_seconds"], int(value.replace(".", ""))))
        if not answer.get("next"):
            return values
        query = dict(parse_qsl(urlsplit(answer["next"]).query))


@pytest.mark.spec("P-29", "X-15")
def test_daily_readings_are_exact_sums_of_whole_local_days_marked_by_their_seconds(reader, home, quarters):
    granted(reader, home, "daily")

    assert values_of(reader) == day_sums()

    [disclosed] = Disclosure.objects.all()
    assert (disclosed.value_count, disclosed.data_start, disclosed.resolution) == (4, FIRST, "daily")
    assert disclosed.data_end == FIRST + sum(LENGTHS, timedelta())


@pytest.mark.spec("P-29", "X-15")
@pytest.mark.parametrize("form", FORMS)
def test_files_tell_what_the_answer_tells(reader, home, quarters, form):
    granted(reader, home, "daily")

    file = b"".join(reader.get("/usage_data/file", Accept=form).streaming_content).decode()

    sums = [total for _start, _seconds, total in day_sums()]
    assert all(f"{total // 1000}.{total % 1000:03d}" in file or f">{total}<" in file for total in sums)
    assert not [value for value in readings(96) if f">{value}<" in file or f"{value / 1000:.3f}," in file]
    assert Disclosure.objects.values_list("value_count", "resolution").get() == (4, "daily")


@pytest.mark.spec("P-29", "X-15")
def test_csv_has_a_line_a_day(reader, home, quarters):
    granted(reader, home, "daily")

    lines = reader.get("/usage_data", Accept="text/csv").content.decode().splitlines()

    assert len(lines) == 1 + len(LENGTHS)


@pytest.mark.spec("P-29")
def test_hourly_readings_are_sums_of_four_quarters(reader, home, quarters):
    granted(reader, home, "hourly")

    hours = values_of(reader)

    assert {seconds for _start, seconds, _total in hours} == {3600}
    assert hours[0] == (FIRST, 3600, sum(readings(4)))
    assert len(hours) == 24 + 24 + 23 + 24 + 17


@pytest.mark.spec("P-29", "X-15")
@pytest.mark.parametrize("path", ["/usage_data", "/usage_sums"])
def test_no_query_tells_a_part_of_a_day(reader, home, quarters, path):
    granted(reader, home, "daily")
    whole = reader.get(path, {"by": "day"} if path == "/usage_sums" else {}).json()["data"]
    shown = {value for item in whole for value in _values(item)}

    for start in range(0, 48, 5):
        for end in range(start + 3, 100, 13):
            query = {"start": _text(FIRST + start * HOUR), "end": _text(FIRST + end * HOUR)}
            if path == "/usage_sums":
                query["by"] = "day"
            answer = reader.get(path, query).json()
            assert {value for item in answer["data"] for value in _values(item)} <= shown, query


@pytest.mark.spec("P-29", "X-15")
@pytest.mark.parametrize("path", ["/usage_data", "/usage_sums?by=day", "/usage_sums?by=month"])
@pytest.mark.parametrize("resolution", ["daily", "monthly"])
def test_a_day_that_is_still_coming_in_tells_nothing(reader, home, quarters, path, resolution):
    granted(reader, home, resolution)
    before = [_values(item) for item in reader.get(path).json()["data"]]
    since = FIRST + sum(LENGTHS, timedelta()) + 70 * QUARTER

    load_readings(usage_series(home.meter, since, readings(20)))

    assert [_values(item) for item in reader.get(path).json()["data"]] == before


@pytest.mark.spec("P-29", "X-15")
def test_a_day_with_a_gap_tells_nothing_until_it_is_whole(reader, home):
    values = readings(96)
    load_readings(usage_series(home.meter, FIRST, [*values[:40], None, *values[41:]]))
    granted(reader, home, "daily")
    with_gap = values_of(reader)

    load_readings(
        usage_series(home.meter, FIRST + 40 * QUARTER, values[40:41]), at=datetime(2026, 11, 25, tzinfo=UTC)
    )

    assert (with_gap, values_of(reader)) == ([], [(FIRST, 86_400, sum(values))])


@pytest.mark.spec("P-29", "X-15")
def test_sums_by_day_of_a_monthly_grant_are_sums_by_month(reader, home):
    load_readings(usage_series(home.meter, FIRST.replace(day=1), readings(50 * 96)))
    granted(reader, home, "monthly")

    [sums] = reader.get("/usage_sums", {"by": "day"}).json()["data"]
    month = values_of(reader)

    hours = 31 * 24 - 1
    assert sums["by"] == "month"
    assert [period["period"] for period in sums["periods"]] == ["2026-03"]
    assert month == [(FIRST.replace(day=1), hours * 3600, sum(readings(hours * 4)))]
    assert sums["periods"][0]["value"].replace(".", "") == str(month[0][2])


@pytest.mark.spec("P-29")
def test_pages_part_no_day(reader, home, quarters, monkeypatch):
    monkeypatch.setattr(plan, "METER_DAYS", 1)
    granted(reader, home, "daily", start=FIRST - 5 * HOUR)

    assert values_of(reader) == day_sums()


@pytest.mark.spec("P-29")
@pytest.mark.parametrize(
    "window", [{"start": FIRST + HOUR}, {"end": FIRST + 26 * HOUR}], ids=["start", "end"]
)
def test_a_day_that_the_granted_period_cuts_is_left_out(reader, home, quarters, window):
    granted(reader, home, "daily", **window)

    assert values_of(reader) == (day_sums()[1:] if "start" in window else day_sums()[:1])


@pytest.mark.spec("P-29", "X-15")
@pytest.mark.parametrize("path", ["/usage_data", "/usage_sums"])
def test_a_tag_of_finer_readings_is_no_tag_of_coarser_ones(reader, home, quarters, path):
    reader.granted(home.contract)
    tag = reader.get(path)["ETag"]
    assert reader.get(path, **{"If-None-Match": tag}).status_code == 304

    GrantPart.objects.update(resolution="daily")

    answer = reader.get(path, **{"If-None-Match": tag})
    assert (answer.status_code, answer["ETag"] == tag) == (200, False)


@pytest.mark.spec("P-29", "X-15")
def test_a_dial_says_a_day_only_once_the_next_one_has_a_reading(reader, home):
    moments = [FIRST + number * 6 * HOUR for number in range(6)]
    for number, moment in enumerate(moments):
        series = usage_series(home.meter, moment, [1000 + number], step=0, kind="register", register="1.8.0")
        load_readings(series)
    granted(reader, home, "daily")

    assert values_of(reader) == [(moments[3], 0, 1003)]


@pytest.mark.spec("P-29", "X-15")
@pytest.mark.parametrize("limit", ["coarse", "one meter"])
def test_use_that_is_shared_in_part_weighs_no_mix(reader, west, limit):
    tariff(wind=[FULL, FULL / 2], gas=[0 * FULL, FULL / 2])
    used(west, 3000, 1000)
    reader.granted(west.contract, scope=BOTH)
    assert day(reader)["weighting"] == "energy"

    if limit == "coarse":
        GrantPart.objects.filter(scope="usage_data").update(resolution="hourly")
    else:
        GrantPart.objects.filter(scope="usage_data").update(meters=[[west.contract.pk, west.meter.pk]])

    assert day(reader)["weighting"] == "time"
    assert {source["energy_wh"] for source in day(reader)["sources"]} == {None}


@pytest.mark.spec("P-29", "X-15")
def test_a_meter_that_was_left_out_is_nowhere(reader, home, quarters):
    charger = MeterDeviceFactory(commodity=home.meter.commodity)
    MeterInstallationFactory(meter=charger, service_point=home.point)
    load_readings(usage_series(charger, FIRST, [5] * 96))
    reader.granted(home.contract)
    assert charger.meter_number in reader.get("/usage_data").content.decode()

    GrantPart.objects.update(meters=[[home.contract.pk, home.meter.pk]])

    answers = [
        reader.get(path).content.decode() for path in ("/usage_data", "/usage_sums", "/usage_sums?by=day")
    ]
    answers += [
        b"".join(reader.get("/usage_data/file", Accept=form).streaming_content).decode() for form in FORMS
    ]
    assert all(home.meter.meter_number in answer for answer in answers)
    assert not any(charger.meter_number in answer for answer in answers)


def _values(item):
    """What an item of either resource says, with its time."""
    if "periods" in item:
        return [(each["start"], each["end"], each["value"], each["counted"]) for each in item["periods"]]
    start, seconds = datetime.fromisoformat(item["start"]), item["interval_seconds"]
    return [
        (start + number * timedelta(seconds=seconds), seconds, value)
        for number, value in enumerate(item["values"])
    ]


def _text(moment):
    return moment.isoformat().replace("+00:00", "Z")
