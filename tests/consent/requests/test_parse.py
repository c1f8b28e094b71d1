"""What a third party may ask, and how what is wrong is named."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.requests import (
    AccessRequest,
    InvalidDetails,
    InvalidRequest,
    InvalidScope,
    RequestedPart,
    parse_request,
)
from consent.scopes.catalogue import SCOPES

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


def parse(*details, scope="", text=None, allowed=frozenset(SCOPES)):
    sent = text if text is not None else json.dumps(details) if details else None
    return parse_request(scope=scope, authorization_details=sent, allowed=allowed, now=NOW, zone=PACIFIC)


def refused(*details, **fields):
    with pytest.raises(InvalidDetails) as error:
        parse(*details, **fields)
    assert error.value.error == "invalid_authorization_details"
    assert error.value.description.startswith(error.value.field)
    return error.value


def test_the_form_of_the_minutes_is_read_as_sent():
    request = parse(
        {"type": "supply_details"},
        {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"},
        {"type": "generation_mix", "start": "-3y", "end": "now", "services": ["1111111-1", "222222-2"]},
    )

    assert request.scope == "supply_details usage_data generation_mix"
    assert request.parts == (
        RequestedPart("customer_supply_details", "supply_details"),
        RequestedPart("usage_data", "usage_data", "-3y", "+3y", "all"),
        RequestedPart("generation_mix", "generation_mix", "-3y", "now", ("1111111-1", "222222-2")),
    )
    assert AccessRequest.from_json(json.loads(json.dumps(request.as_json()))) == request


def test_a_name_in_scope_without_a_detail_leaves_everything_to_the_customer():
    request = parse({"type": "usage_data", "start": "-1y"}, scope="usage_data supply_details")

    assert request.parts == (
        RequestedPart("customer_supply_details", "supply_details"),
        RequestedPart("usage_data", "usage_data", "-1y"),
    )


@pytest.mark.parametrize(("scope", "text"), [("", None), ("", ""), ("", "[]")])
def test_a_request_for_nothing_is_an_invalid_request(scope, text):
    with pytest.raises(InvalidRequest) as error:
        parse(scope=scope, text=text)

    assert error.value.error == "invalid_request"


@pytest.mark.parametrize("scope", ["usage", "usage_data  bill_data", "usage_data bills", " ", "bill_data"])
def test_a_scope_that_is_malformed_unknown_or_not_the_clients_is_an_invalid_scope(scope):
    with pytest.raises(InvalidScope) as error:
        parse(scope=scope, allowed={"usage_data"})

    assert error.value.error == "invalid_scope"


@pytest.mark.spec("X-09")
@pytest.mark.parametrize(
    ("detail", "field"),
    [
        ("usage_data", "authorization_details[1]"),
        ({}, "authorization_details[1].type"),
        ({"type": None}, "authorization_details[1].type"),
        ({"type": ["usage_data"]}, "authorization_details[1].type"),
        ({"type": "gas_data"}, "authorization_details[1].type"),
        ({"type": "residual_mix"}, "authorization_details[1].type"),
        ({"type": "bill_data", "begin": "-3y"}, "authorization_details[1].begin"),
        ({"type": "bill_data", "actions": ["read"]}, "authorization_details[1].actions"),
        ({"type": "bill_data", "start": 3}, "authorization_details[1].start"),
        ({"type": "bill_data", "start": 3}, "authorization_details[1].start"),
        ({"type": "bill_data", "end": "soon"}, "authorization_details[1].end"),
        ({"type": "bill_data", "start": "-11y"}, "authorization_details[1].start"),
        ({"type": "bill_data", "end": "2036-11-25"}, "authorization_details[1].end"),
        ({"type": "bill_data", "start": "now", "end": "-1d"}, "authorization_details[1].end"),
        ({"type": "bill_data", "start": "now", "end": "now"}, "authorization_details[1].end"),
        ({"type": "supply_details", "start": "+1d"}, "authorization_details[1].start"),
        ({"type": "bill_data", "services": "some"}, "authorization_details[1].services"),
        ({"type": "bill_data", "services": {}}, "authorization_details[1].services"),
        ({"type": "bill_data", "services": []}, "authorization_details[1].services"),
        ({"type": "bill_data", "services": ["1", 2]}, "authorization_details[1].services[1]"),
        ({"type": "bill_data", "services": ["a\x00"]}, "authorization_details[1].services[0]"),
        ({"type": "bill_data", "services": ["\ud800"]}, "authorization_details[1].services[0]"),
        ({"type": "bill_data", "services": ["9" * 51]}, "authorization_details[1].services[0]"),
    ],
)
def test_what_is_wrong_with_a_detail_is_named_by_its_field(detail, field):
    error = refused({"type": "usage_data"}, detail, allowed=set(SCOPES) - {"residual_mix"})

    assert error.field == field


@pytest.mark.parametrize(
    "detail",
    [
        {"type": "bill_data", "start": "-10y", "end": "+10y"},
        {"type": "bill_data", "start": "2016-11-24", "end": "2036-11-24"},
        {"type": "bill_data", "start": "2026-11-24", "end": "2026-11-24"},
        {"type": "supply_details", "start": "-1y", "end": "now"},
        {"type": "supply_details", "start": "now", "end": "now"},
    ],
)
def test_what_lies_just_inside_the_limits_is_accepted(detail):
    assert len(parse(detail).parts) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[{"type": "usage_data",}]', "line 1 column"),
        ('[\n  {"type": usage_data}\n]', "line 2 column 12"),
        ("{}", "array"),
        ('"usage_data"', "array"),
        ('[{"type": "usage_data", "type": "bill_data"}]', "type twice"),
        ('[{"type": NaN}]', "NaN"),
        ("[" * 50_000, "nested"),
        ("[" + "9" * 5_000 + "]", "too long"),
        (json.dumps([{"type": "usage_data"}] * 51), "more than 50"),
        (json.dumps(["é" * 32_768], ensure_ascii=False), "64 KiB"),
    ],
)
def test_text_that_cannot_be_read_is_described(text, words):
    error = refused(text=text)

    assert error.field == "authorization_details"
    assert words in error.description


def test_two_details_of_one_type_become_the_smallest_that_covers_both():
    request = parse(
        {"type": "usage_data", "start": "-1y", "end": "now", "services": ["A"]},
        {"type": "customer_usage_data", "start": "-2y", "end": "-1mo", "services": ["B", "A"]},
    )

    assert request.parts == (RequestedPart("usage_data", "usage_data", "-2y", "now", ("A", "B")),)


@pytest.mark.parametrize(
    ("first", "second", "united"),
    [
        ("all", ["A"], "all"),
        (["A"], "all", "all"),
        (None, ["A"], None),
        (["A"], None, None),
        (None, "all", "all"),
    ],
)
def test_united_services_take_in_both(first, second, united):
    details = [{"type": "bill_data", "services": services} for services in (first, second)]
    sent = [{name: value for name, value in detail.items() if value is not None} for detail in details]

    assert parse(*sent).parts[0].services == united


def test_a_period_left_open_stays_open_when_united():
    request = parse({"type": "usage_data", "start": "-1y", "end": "+1y"}, {"type": "usage_data"})

    assert request.parts == (RequestedPart("usage_data", "usage_data", None, "+1y"),)


def test_periods_that_do_not_meet_are_not_united_over_the_gap():
    error = refused(
        {"type": "usage_data", "start": "-3y", "end": "-2y"},
        {"type": "usage_data", "start": "-1y", "end": "now"},
    )

    assert error.field == "authorization_details[1].start"


@given(
    st.text(max_size=60)
    | st.recursive(st.none() | st.booleans() | st.text(max_size=9), st.lists).map(json.dumps)
)
def test_a_description_always_fits_into_an_error_answer(text):
    try:
        parse(text=text, scope=text)
    except InvalidRequest as error:
        assert all(character in range(0x20, 0x7F) for character in error.description.encode())
        assert not set(error.description) & {'"', "\\"}
