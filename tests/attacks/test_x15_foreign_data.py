"""X-15: no parameter of a call brings what the grant does not hold; nor does an answer tell that it is there."""

import json
from datetime import UTC, date, datetime

import pytest

from datahub.usage import plan
from tests.consent.api.reader import Reader
from tests.factories.accounts import add_service, household
from tests.factories.feeds import load_days

pytestmark = pytest.mark.spec("X-15")

SERVICE_PARAMETERS = [
    "{number}", "{number},{own}", "{own},{number}", "{id}", "{meter}", "{account}", "{point}", "{customer}",
    "{number}\x00", "*", "%", "' OR '1'='1", "all,{number}", "{number}%00",
]  # fmt: skip


@pytest.mark.parametrize("form", SERVICE_PARAMETERS)
@pytest.mark.parametrize("path", ["/usage_data", "/usage_sums", "/usage_data/file"])
def test_no_name_of_a_foreign_service_brings_its_readings(reader, home, path, form):
    unticked, foreign = add_service(owner=home.owner, account=home.account), household()
    load_days(home.meter, date(2026, 3, 1), 1, value=1)
    for other in (unticked, foreign):
        load_days(other.meter, date(2026, 3, 1), 1, value=987654)
    reader.granted(home.contract)

    for other in (unticked, foreign):
        services = form.format(
            own=home.contract.contract_number,
            number=other.contract.contract_number,
            id=other.contract.public_id,
            meter=other.meter.meter_number,
            account=other.account.account_number,
            point=other.point.servicepoint_number,
            customer=other.customer.customer_number,
        )
        answer = reader.get(path, {"services": services})
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code in {200, 400}
        assert b"987.654" not in body and b"94814" not in body
        if answer.status_code == 200:
            numbers = {row["contract_number"] for row in json.loads(body)["data"]}
            assert numbers <= {home.contract.contract_number}


def test_a_cursor_of_another_client_or_address_opens_no_page(reader, home, monkeypatch):
    monkeypatch.setattr(plan, "METER_DAYS", 1)
    load_days(home.meter, date(2026, 3, 1), 3)
    reader.granted(home.contract, scope="usage_data bill_data")
    following = reader.get("/usage_data").json()["next"]
    assert following
    cursor = following.partition("cursor=")[2]
    thief, other = Reader(), household()
    thief.granted(other.contract, scope="usage_data bill_data")

    answers = [
        thief.get("/usage_data?cursor=" + cursor),
        reader.get("/bill_data?cursor=" + cursor),
        reader.get("/usage_data?start=2020-01-01&cursor=" + cursor),
        reader.get("/usage_data?cursor=" + cursor[:-3] + "AAA"),
    ]

    assert [answer.status_code for answer in answers] == [400] * 4


def test_an_answer_does_not_tell_of_readings_after_its_window(reader, home):
    load_days(home.meter, date(2026, 3, 1), 30)
    reader.granted(home.contract, end=datetime(2026, 3, 5, tzinfo=UTC))

    answer = reader.get("/usage_data")

    body = answer.content.decode()
    assert "2026-03-05T00:00:00Z" in body
    assert not [day for day in range(6, 32) if f"2026-03-{day:02}" in body]
