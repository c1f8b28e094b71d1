"""A line in the log for each call, that names nobody."""

import pytest
import structlog

from consent.models import Grant
from tests.consent.oauth.third_party import ThirdParty
from tests.factories.accounts import household
from tests.factories.consent import approve
from tests.journeys.consent_steps import request_of

pytestmark = pytest.mark.django_db
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def lines_of(call):
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        answer = call()
    return answer, [line for line in lines if line["event"] == "request"]


def test_a_call_for_data_has_one_line_with_its_route_and_public_ids(client, settings):
    settings.LOG_REQUESTS = True
    approve(request_of(household()))
    grant = Grant.objects.get()
    token = ThirdParty(grant.client).tokens_for(grant)["access_token"]
    headers = {"Authorization": f"Bearer {token}", "X-Request-ID": "call-7", "traceparent": TRACE}

    answer, (line,) = lines_of(lambda: client.get("/usage_data?services=S3CRET", headers=headers))

    assert line["reference"] == answer["X-Request-Reference"]
    assert (line["route"], line["method"], line["status"]) == ("usage_data", "GET", answer.status_code)
    assert (line["client"], line["grant"]) == (grant.client.public_id, grant.public_id)
    assert (line["request_id"], line["traceparent"], line["milliseconds"] > 0) == ("call-7", TRACE, True)
    assert "S3CRET" not in str(line) and token not in str(line)


@pytest.mark.parametrize("name", ["ann@example.com", "a b", "x" * 65, "tab\tbed"])
def test_a_name_of_a_caller_that_is_more_than_a_name_is_not_logged(client, settings, name):
    settings.LOG_REQUESTS = True

    _answer, (line,) = lines_of(
        lambda: client.get("/health/live", headers={"X-Request-ID": name, "traceparent": name})
    )

    assert not {"request_id", "traceparent"} & set(line)


def test_every_line_of_a_call_has_its_reference(client, settings, monkeypatch):
    monkeypatch.setattr("cdsc_portal.web.views.health.problems", lambda: 1 / 0)
    client.raise_request_exception = False

    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        answer = client.get("/health/ready")

    assert {line["reference"] for line in lines} == {answer["X-Request-Reference"]}
    assert structlog.contextvars.get_contextvars() == {}
