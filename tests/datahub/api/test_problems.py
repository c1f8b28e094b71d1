from operator import attrgetter

import pytest
from django.test import Client as Browser

from consent.models import Disclosure
from datahub.api.urls import GATED

URL = "/usage_data"


@pytest.fixture
def granted(reader, home):
    reader.granted(home.contract, scope="usage_data bill_data")
    return reader


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"form": "x"}, "form"),
        ({"start": "yesterday"}, "start"),
        ({"end": "2026-02-30"}, "end"),
        ({"start": "2026-03-02", "end": "2026-03-01"}, "end"),
        ({"start": ["now", "-1y"]}, "start"),
        ({"services": "a,,b"}, "services"),
        ({"cursor": "made-up"}, "cursor"),
        ({"start": "-9999y"}, "start"),
        ({"start": "0002-01-01"}, "start"),
    ],
)
def test_a_wrong_parameter_is_named(granted, query, parameter):
    answer = granted.get(URL, query)

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["parameter"] == parameter
    assert not Disclosure.objects.exists()


@pytest.mark.parametrize(
    "query", ["services=%FF", "services=all&start=%FF", "cursor=%ED%A0%80", "start=a%C3"]
)
@pytest.mark.parametrize(
    "route", [route for route in GATED if "<" not in str(route.pattern)], ids=attrgetter("name")
)
def test_a_parameter_that_is_no_text_is_named(granted, route, query):
    answer = granted.get(f"/{route.pattern}?{query}")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["parameter"] == query.rpartition("&")[2].partition("=")[0]
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert not Disclosure.objects.exists()


def test_the_letter_that_stands_for_what_cannot_be_read_is_a_letter(granted):
    answer = granted.get(f"{URL}?services=%EF%BF%BD")

    assert (answer.status_code, answer.json()["services"][0]["status"]) == (200, "not_shared")


@pytest.mark.parametrize("services", ["\x00", "a\x00b", "x" * 5000, "'; --", "é,☃"])
def test_strange_contract_numbers_are_just_not_shared(granted, services):
    answer = granted.get(URL, {"services": services})

    assert answer.status_code == 200
    assert {line["status"] for line in answer.json()["services"]} == {"not_shared"}


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_written(granted, method):
    headers = {"Authorization": f"Bearer {granted.token}"}

    answer = getattr(Browser(), method)(URL, headers=headers)

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer["Content-Type"] == "application/problem+json"


def test_a_form_we_do_not_have_is_not_acceptable(granted):
    answer = granted.get(URL, Accept="application/xml")

    assert (answer.status_code, answer["Content-Type"]) == (406, "application/problem+json")
    assert granted.get("/bill_data", Accept="text/csv").status_code == 406


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("text/csv;q=0.1, application/json", "application/json"),
        ("application/json;q=0.5, text/csv;q=0.9", "text/csv; charset=utf-8"),
        ("text/csv, */*;q=0.1", "text/csv; charset=utf-8"),
        ("*/*", "application/json"),
        ("text/*;q=0.2, application/*;q=0.1", "text/csv; charset=utf-8"),
        ("application/json;q=0, */*", "text/csv; charset=utf-8"),
        ("application/json, text/csv", "application/json"),
        ("text/csv;q=nonsense, application/json;q=0.3", "text/csv; charset=utf-8"),
        ("", "application/json"),
    ],
)
def test_the_form_is_the_one_that_accept_prefers(granted, accept, form):
    assert granted.get(URL, Accept=accept)["Content-Type"] == form


@pytest.mark.parametrize(
    "accept", ["application/json;q=0", "text/csv;q=0, application/json;q=0.0", "image/*"]
)
def test_a_form_of_quality_0_is_not_acceptable(granted, accept):
    assert granted.get(URL, Accept=accept).status_code == 406


def test_our_own_fault_is_a_problem_with_a_reference_and_nothing_is_disclosed(granted, monkeypatch):
    monkeypatch.setattr("datahub.api.founding.views.envelope", lambda *a, **k: 1 / 0)

    answer = granted.get(URL)

    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert answer.json()["reference"] == answer["X-Request-Reference"]
    assert "division" not in answer.content.decode()
    assert not Disclosure.objects.exists()


def test_answers_are_kept_by_no_cache_but_the_clients(granted):
    answer = granted.get(URL)

    assert answer["Cache-Control"] == "private, no-cache"
    assert {"Accept", "Authorization"} <= {name.strip() for name in answer["Vary"].split(",")}
