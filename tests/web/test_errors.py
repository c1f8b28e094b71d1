"""A request that fails: plain words, a reference, no stack, no data; programs get problem+json (RFC 9457)."""

import json

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from cdsc_portal.web import errors

PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.django_db
def test_a_missing_page_gives_the_reference_that_its_header_names(client):
    response = client.get("/nothing-here/", headers=PAGE)

    assert response.status_code == 404
    assert "There is no page here" in response.content.decode()
    assert response["X-Request-Reference"] in response.content.decode()


@pytest.mark.django_db
def test_each_request_has_a_reference_of_its_own(client):
    assert client.get("/help/")["X-Request-Reference"] != client.get("/help/")["X-Request-Reference"]


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_in_words():
    client = Client(enforce_csrf_checks=True, headers=PAGE)

    response = client.post("/accounts/login/", {"login": "ana@example.com", "password": "x"})

    assert response.status_code == 403
    assert "We could not accept this form" in response.content.decode()


@pytest.mark.django_db
def test_a_fault_of_ours_shows_no_stack_and_a_reference(client, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("cdsc_portal.web.health.problems", lambda: 1 / 0)

    response = client.get("/health/ready", headers=PAGE)

    text = response.content.decode()
    assert response.status_code == 500
    assert response["X-Request-Reference"] in text
    assert "ZeroDivisionError" not in text and "Traceback" not in text


def test_a_database_that_does_not_answer_is_503_with_a_time_to_retry_and_needs_no_database(
    client, monkeypatch
):
    def fail() -> None:
        raise OperationalError("could not connect to 10.0.0.7")

    monkeypatch.setattr("cdsc_portal.web.health.problems", fail)

    response = client.get("/health/ready", headers=PAGE)

    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    assert "We will be back shortly" in response.content.decode()
    assert "10.0.0.7" not in response.content.decode()


@pytest.mark.parametrize("headers", [{"authorization": "Bearer abc"}, {"accept": "application/json"}])
@pytest.mark.parametrize(
    ("handler", "status"),
    [
        (errors.bad_request, 400),
        (errors.permission_denied, 403),
        (errors.not_found, 404),
        (errors.too_many_requests, 429),
        (errors.server_error, 500),
        (errors.unavailable, 503),
    ],
)
def test_a_program_gets_the_same_facts_as_problem_json(handler, status, headers):
    response = handler(RequestFactory().get("/usage_data", headers=headers))

    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(response.content)["status"] == status


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/cds/registration?a=%ff", 400),
        ("/.well-known/cds-server-metadata.json?%ff", 400),
        ("/cds/nothing", 404),
    ],
)
def test_addresses_for_programs_answer_whoever_takes_anything_as_a_program(client, address, status):
    answer, page = client.get(address), client.get(address, headers=PAGE)

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert (page.status_code, page["Content-Type"]) == (status, "text/html; charset=utf-8")
