"""GET /usage_data/file: the readings of /usage_data in one stream, whole or visibly not."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from lxml import etree

from cdsc_portal.lib.http.checked_stream import CHECK_BYTES, PIECE_BYTES, BrokenOffError
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.ranges import Span
from consent.access import OwnerAccess
from consent.models import Actor, Disclosure
from consent.queries.access import data_access
from consent.services.revoke import revoke_grant
from datahub.rows.usage import Quality
from datahub.usage import plan
from datahub.usage.exports.csv import UsageCsv
from datahub.usage.exports.stream import usage_stream
from tests.factories.accounts import ContractServicePointFactory, ServiceContractFactory
from tests.factories.consent import ReceiptFactory
from tests.factories.feeds import load_days, load_readings, usage_series

URL = "/usage_data/file"
MIDNIGHT = datetime(2026, 3, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
FORMS = {"csv": "text/csv", "json": "application/json", "xml": "application/atom+xml"}


def fetched(reader, form="json", query=None):
    answer = reader.get(URL, query, Accept=FORMS[form])
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


def rows_of(text):
    lines = text.splitlines()
    assert lines[-1].startswith("# complete: ")
    return list(csv.DictReader(io.StringIO("\n".join(lines[:-1]))))


def sum_of_xml(text):
    tree = etree.fromstring(text.encode())
    return sum(int(value.text) for value in tree.iter("{http://naesb.org/espi}value"))


def test_json_holds_the_objects_of_usage_data(reader, home):
    load_readings(usage_series(home.meter, MIDNIGHT, [420, -5, None, 110]))
    reader.granted(home.contract)

    document = json.loads(fetched(reader))

    assert document["data"] == reader.get("/usage_data").json()["data"]
    assert (document["resource"], document["values"]) == ("usage_data", 4)


def test_csv_tells_the_utilitys_clock_and_utc(reader, home):
    night = datetime(2026, 11, 1, 7, tzinfo=UTC)  # of 25 hours
    load_readings(
        usage_series(home.meter, night, [1, None, 3], step=3600, scale=1, quality=Quality.ESTIMATED)
    )
    reader.granted(home.contract)

    rows = rows_of(fetched(reader, "csv"))

    assert [row["local_start"] for row in rows] == [
        "2026-11-01T00:00:00-07:00", "2026-11-01T01:00:00-07:00", "2026-11-01T01:00:00-08:00",
    ]  # fmt: skip
    assert [(row["start"], row["seconds"], row["value"], row["quality"]) for row in rows] == [
        ("2026-11-01T07:00:00Z", "3600", "0.1", "estimated"),
        ("2026-11-01T08:00:00Z", "3600", "", "missing"),
        ("2026-11-01T09:00:00Z", "3600", "0.3", "estimated"),
    ]
    assert {row["meter_number"] for row in rows} == {home.meter.meter_number}


def test_the_three_forms_have_the_sum_of_usage_sums_where_a_move_cuts_the_month(reader, home):
    load_readings(usage_series(home.meter, MIDNIGHT, [1000] * 96 * 13 + [7] * 96 * 17, scale=0))
    move = MIDNIGHT + 13 * DAY + timedelta(hours=9)
    ContractServicePointFactory(
        contract=(newcomer := ServiceContractFactory(billing_account=home.account)),
        service_point=home.point,
        start=move,
    )
    home.contract.point_links.update(end=move)
    reader.granted(newcomer)

    (sums,) = reader.get("/usage_sums").json()["data"]
    document = json.loads(fetched(reader))
    expected = Decimal(sums["periods"][0]["value"])

    assert expected == 7 * (96 * 17 - 36)
    assert sum(Decimal(value) for segment in document["data"] for value in segment["values"]) == expected
    assert sum(Decimal(row["value"]) for row in rows_of(fetched(reader, "csv"))) == expected
    assert sum_of_xml(fetched(reader, "xml")) == expected


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_nothing_is_whole(reader, home, form):
    reader.granted(home.contract)

    text = fetched(reader, form)

    assert {"csv": "# complete: 0 lines\n", "json": '"data":[],"values":0}', "xml": "</feed>\n"}[form] in text


@pytest.mark.parametrize("form", FORMS)
def test_chunks_part_nothing_and_lose_nothing(reader, home, monkeypatch, form):
    load_days(home.meter, date(2026, 3, 1), 9, value=3, scale=0)
    reader.granted(home.contract)
    whole = fetched(reader, form)
    monkeypatch.setattr(plan, "METER_DAYS", 2)

    parted = fetched(reader, form)

    if form == "csv":
        assert parted == whole
    elif form == "json":
        assert sum(len(segment["values"]) for segment in json.loads(parted)["data"]) == 9 * 96
    else:
        assert sum_of_xml(parted) == sum_of_xml(whole) == 9 * 96 * 3
        assert parted.count("<MeterReading ") == 1


@pytest.mark.spec("X-20")
def test_the_count_is_disclosed_before_the_first_byte(reader, home):
    load_readings(usage_series(home.meter, MIDNIGHT, [1, None, 3], scale=0))
    reader.granted(home.contract)

    reader.get(URL)  # nobody reads the stream

    disclosure = Disclosure.objects.get()
    assert (disclosure.resource, disclosure.value_count) == ("usage_data", 2)
    assert (disclosure.data_start, disclosure.data_end) == (MIDNIGHT, MIDNIGHT + timedelta(minutes=45))
    assert disclosure.contracts == [home.contract.pk]


@pytest.mark.spec("X-14")
@pytest.mark.parametrize("form", FORMS)
def test_a_stop_breaks_a_running_stream_off(reader, home, monkeypatch, form):
    monkeypatch.setattr(plan, "METER_DAYS", 2)
    load_days(home.meter, date(2026, 3, 1), 9, value=3, scale=0)
    reader.granted(home.contract)
    ReceiptFactory(grant=reader.grant)
    stream = iter(reader.get(URL, Accept=FORMS[form]).streaming_content)
    sent = [next(stream), next(stream)]

    revoke_grant(grant=reader.grant, by=None, actor=Actor.LINK, at=clock.now())
    with pytest.raises(BrokenOffError):
        sent.extend(stream)

    text = b"".join(sent).decode()
    assert "# complete" not in text
    assert "</feed>" not in text
    assert not text.endswith("}") or form != "json" or '"values":' not in text.rpartition("]")[2]
    assert 0 < text.count("2026-03-0") < 9 * 96 or form == "xml"


@pytest.mark.spec("X-14")
@pytest.mark.parametrize("form", FORMS)
def test_after_a_stop_less_than_a_megabyte_leaves_with_what_sockets_hold(reader, home, form):
    load_days(home.meter, date(2024, 6, 1), 800, value=123456)
    reader.granted(home.contract)
    ReceiptFactory(grant=reader.grant)
    stream = iter(reader.get(URL, Accept=FORMS[form]).streaming_content)
    next(stream)

    revoke_grant(grant=reader.grant, by=None, actor=Actor.LINK, at=clock.now())
    late = 0
    with pytest.raises(BrokenOffError):
        for piece in stream:
            late += len(piece)

    assert late <= CHECK_BYTES


@pytest.mark.spec("X-14")
def test_after_a_stop_a_slow_reader_gets_one_piece_more_at_most(reader, home):
    load_days(home.meter, date(2026, 3, 1), 30, value=123456)
    reader.granted(home.contract)
    ReceiptFactory(grant=reader.grant)
    with time_machine.travel(datetime(2026, 11, 24, tzinfo=UTC), tick=False) as clocks:
        stream = iter(reader.get(URL, Accept="text/csv").streaming_content)
        next(stream)
        revoke_grant(grant=reader.grant, by=None, actor=Actor.LINK, at=clock.now())
        clocks.shift(timedelta(seconds=1))

        with pytest.raises(BrokenOffError):
            next(stream)


def test_the_gate_is_asked_by_bytes_and_no_oftener(home, db):
    load_days(home.meter, date(2025, 3, 1), 365, value=123456)
    access, checks = OwnerAccess(0, frozenset([home.contract.pk])), []

    def reopen():
        checks.append(1)
        return access

    with time_machine.travel(datetime(2026, 11, 24, tzinfo=UTC), tick=False):
        file = UsageCsv(window=Span(), at=clock.now())
        size = sum(map(len, usage_stream(file, reopen, services=None, window=Span())))

    assert 1 + size // CHECK_BYTES <= len(checks) <= 2 + size // (CHECK_BYTES - PIECE_BYTES)


def row_locks(grant):
    """Which transaction locked the grant last; 0 = none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT xmax::text FROM consent_grant WHERE id = %s", [grant.pk])
        return cursor.fetchone()[0]


def test_the_gate_locks_the_grant_for_reads_and_not_while_their_bytes_leave(reader, home):
    load_days(home.meter, date(2025, 3, 1), 3, value=1)
    reader.granted(home.contract)
    token, unlocked = reader.bearer["Authorization"].removeprefix("Bearer "), row_locks(reader.grant)

    assert data_access(token, at=clock.now(), lock=False).grant_id == reader.grant.pk
    assert row_locks(reader.grant) == unlocked
    assert data_access(token, at=clock.now()).grant_id == reader.grant.pk
    assert row_locks(reader.grant) != unlocked


def test_while_bytes_leave_nothing_is_locked(reader, home, monkeypatch):
    load_days(home.meter, date(2025, 3, 1), 365, value=123456)
    reader.granted(home.contract)
    stream, checks = reader.get(URL, Accept="text/csv").streaming_content, []

    def counted(token, *, at, lock=True):
        checks.append(lock)
        return data_access(token, at=at, lock=lock)

    monkeypatch.setattr("datahub.api.founding.files.data_access", counted)
    size = sum(map(len, stream))

    assert checks.count(False) >= size // CHECK_BYTES > 0
    assert checks.count(True) == 1


def test_a_narrowed_grant_breaks_a_running_stream_off(reader, home, monkeypatch):
    monkeypatch.setattr(plan, "METER_DAYS", 2)
    load_days(home.meter, date(2026, 3, 1), 9)
    reader.granted(home.contract)
    stream = iter(reader.get(URL).streaming_content)
    next(stream)

    reader.grant.parts.update(window_end=MIDNIGHT + DAY)

    with pytest.raises(BrokenOffError):
        list(stream)


@pytest.mark.spec("X-15")
def test_the_window_cuts_inside_a_day(reader, home):
    load_days(home.meter, date(2026, 3, 1), 3, value=3, scale=0)
    reader.granted(home.contract, start=MIDNIGHT, end=MIDNIGHT + timedelta(hours=2))

    assert len(rows_of(fetched(reader, "csv", {"start": "2020-01-01"}))) == 8


def test_a_file_takes_no_cursor_and_no_other_form(reader, home):
    reader.granted(home.contract)

    assert reader.get(URL, {"cursor": "x"}).json()["parameter"] == "cursor"
    assert reader.get(URL, Accept="image/png").status_code == 406
