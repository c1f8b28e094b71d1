from datetime import UTC, date, datetime

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.models import Disclosure
from tests.factories.accounts import add_service, household
from tests.factories.datahub import bill
from tests.support.queries import count_queries

URL = "/bill_statements"
PDF = b"%PDF-1.4 an invented bill"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def with_file(statement):
    statement.file.save("bill.pdf", ContentFile(PDF), save=False)
    statement.file_name, statement.file_sha256 = "bill.pdf", "ab" * 32
    statement.save()
    return statement


def test_a_wholly_shared_statement_has_its_amounts_and_file(reader, home):
    statement = with_file(bill(home.contract))
    reader.granted(home.contract, scope="bill_statements")

    (item,) = reader.get(URL).json()["data"]

    assert (item["statement_date"], item["total"], item["previous_balance"]) == (
        "2026-03-03",
        "65.52",
        "0.00",
    )
    assert item["contract_numbers"] == [home.contract.contract_number]
    assert item["file"]["url"].endswith(f"/bill_statements/{statement.public_id}/file")
    assert item["withheld"] == []


def test_a_partly_shared_statement_withholds_amounts_and_file(reader, home):
    other = add_service(owner=home.owner, account=home.account)
    statement = with_file(bill(home.contract, other.contract))
    reader.granted(home.contract, scope="bill_statements")

    answer = reader.get(URL)
    refused = reader.get(f"{URL}/{statement.public_id}/file")

    (item,) = answer.json()["data"]
    assert item["total"] is item["file"] is item["previous_balance"] is None
    assert item["withheld"] == ["previous_balance", "payments", "new_charges", "total", "file"]
    assert [notice["code"] for notice in answer.json()["notices"]] == ["withheld"]
    assert other.contract.contract_number not in answer.content.decode()
    assert (refused.status_code, refused.json()["code"]) == (403, "withheld")


def test_the_file_is_sent_and_disclosed(reader, home):
    statement = with_file(bill(home.contract))
    reader.granted(home.contract, scope="bill_statements")

    answer = reader.get(f"{URL}/{statement.public_id}/file", Accept="application/pdf")

    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="bill.pdf"'
    read = Disclosure.objects.get()
    assert (read.resource, read.value_count, read.contracts) == (
        "bill_statements",
        1,
        [home.contract.pk],
    )


def test_a_file_the_client_has_is_not_sent_again(reader, home):
    statement = with_file(bill(home.contract))
    reader.granted(home.contract, scope="bill_statements")

    with CaptureQueriesContext(connection) as queries:
        answer = reader.get(f"{URL}/{statement.public_id}/file", **{"If-None-Match": f'"{"ab" * 32}"'})

    assert answer.status_code == 304
    # calls counted, gate, whether it is open
    assert len(queries) == 3
    assert not Disclosure.objects.exists()


@pytest.mark.spec("X-15")
def test_the_file_of_a_foreign_an_unticked_and_no_statement_look_the_same(reader, home):
    unticked = with_file(bill(add_service(owner=home.owner, account=home.account).contract))
    foreign = with_file(bill(household().contract))
    bare = bill(home.contract)
    reader.granted(home.contract, scope="bill_statements")

    answers = [
        reader.get(f"{URL}/{name}/file")
        for name in (unticked.public_id, foreign.public_id, bare.public_id, "nosuch", "%00")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize(
    ("start", "end", "served"),
    [
        (datetime(2026, 3, 3, 8, tzinfo=UTC), datetime(2026, 3, 3, 9, tzinfo=UTC), 1),
        (datetime(2026, 3, 3, 9, tzinfo=UTC), datetime(2026, 3, 5, 8, tzinfo=UTC), 0),
        (datetime(2026, 3, 1, 8, tzinfo=UTC), datetime(2026, 3, 3, 8, tzinfo=UTC), 0),
    ],
)
def test_a_statement_counts_where_its_date_begins_inside_the_window(reader, home, start, end, served):
    statement = with_file(bill(home.contract))
    reader.granted(home.contract, scope="bill_statements", start=start, end=end)

    listed = reader.get(URL).json()["data"]
    file = reader.get(f"{URL}/{statement.public_id}/file")

    assert len(listed) == served
    assert file.status_code == (200 if served else 404)


def test_newest_first_and_ten_cost_as_many_queries_as_one(reader, home):
    bill(home.contract, statement_date=date(2026, 1, 3))
    reader.granted(home.contract, scope="bill_statements")
    few = count_queries(lambda: reader.get(URL))
    for month in range(2, 11):
        bill(home.contract, statement_date=date(2026, month, 3))

    many = count_queries(lambda: reader.get(URL))
    dates = [item["statement_date"] for item in reader.get(URL).json()["data"]]

    assert many == few
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize(
    ("range_header", "status", "body", "content_range"),
    [
        ("bytes=0-3", 206, PDF[:4], "bytes 0-3/25"),
        ("bytes=9-", 206, PDF[9:], "bytes 9-24/25"),
        ("bytes=9-999", 206, PDF[9:], "bytes 9-24/25"),
        ("bytes=-4", 206, PDF[-4:], "bytes 21-24/25"),
        ("bytes=-99", 206, PDF, "bytes 0-24/25"),
        ("bytes=25-", 416, None, "bytes */25"),
        ("bytes=0-1,4-5", 200, PDF, None),
        ("bytes=5-4", 200, PDF, None),
        ("bytes=-0", 200, PDF, None),
        ("bytes=-", 200, PDF, None),
        ("lines=1-2", 200, PDF, None),
    ],
)
def test_a_range_of_the_file_is_sent_alone(reader, home, range_header, status, body, content_range):
    statement = with_file(bill(home.contract))
    reader.granted(home.contract, scope="bill_statements")

    answer = reader.get(f"{URL}/{statement.public_id}/file", Range=range_header)

    assert (answer.status_code, answer.headers.get("Content-Range")) == (status, content_range)
    assert answer["Accept-Ranges"] == "bytes"
    if body is None:
        assert answer.json()["code"] == "range_not_satisfiable"
    else:
        assert b"".join(answer.streaming_content) == body
        assert answer["Content-Length"] == str(len(body))
        assert answer["ETag"] == f'"{"ab" * 32}"'


@pytest.mark.parametrize(
    ("tag", "status"), [(f'"{"ab" * 32}"', 206), (f'W/"{"ab" * 32}"', 200), ('"other"', 200)]
)
def test_a_range_of_another_file_than_one_has_a_part_of_is_the_whole(reader, home, tag, status):
    statement = with_file(bill(home.contract))
    reader.granted(home.contract, scope="bill_statements")

    answer = reader.get(f"{URL}/{statement.public_id}/file", **{"Range": "bytes=4-", "If-Range": tag})

    assert answer.status_code == status
    assert b"".join(answer.streaming_content) == (PDF[4:] if status == 206 else PDF)
