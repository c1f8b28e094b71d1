"""Sentences that page, receipt and mail share."""

from datetime import UTC, datetime

import pytest

from consent.periods import requested_period
from consent.requests import RequestedPart
from consent.scopes.catalogue import SCOPES
from consent.wording import (
    access_in_words,
    badge_in_words,
    exact_period_in_words,
    period_in_words,
    services_in_words,
    zone_in_words,
)

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


def period(scope, start=None, end=None):
    return requested_period(RequestedPart(scope, scope, start, end), at=AT)


@pytest.mark.spec("F-97a", "F-97c", "F-98a", "F-98c", "F-99a", "F-99c", "F-100a", "F-100c", "F-100d")
@pytest.mark.parametrize(
    ("scope", "start", "end", "sentence"),
    [
        (
            "usage_data",
            "-3y",
            "+3y",
            "Readings from November 24, 2023, and new ones until November 24, 2029 (Pacific Time).",
        ),
        (
            "usage_data",
            "-3y",
            "now",
            "Readings from November 24, 2023 to November 24, 2026 (Pacific Time). Nothing later.",
        ),
        (
            "bill_statements",
            "2026-01-01",
            "2026-03-31",
            "Bills from January 1, 2026 to March 31, 2026 (Pacific Time). Nothing later.",
        ),
        (
            "usage_data",
            "+1mo",
            "+2mo",
            "Readings from December 24, 2026 until January 24, 2027 (Pacific Time). Nothing from before.",
        ),
        ("usage_data", None, None, "Readings: everything on record when they look."),
        ("usage_data", "-1y", None, "Readings from November 24, 2025 to the day they look (Pacific Time)."),
        (
            "bill_data",
            None,
            "+1y",
            "Bill lines: everything on record, and new ones until November 24, 2027 (Pacific Time).",
        ),
        (
            "bill_data",
            None,
            "now",
            "Bill lines: everything on record to November 24, 2026 (Pacific Time). Nothing later.",
        ),
        ("customer_supply_details", None, None, "As it is today, one time."),
        (
            "customer_supply_details",
            None,
            "+3y",
            "As it is each time they look, until November 24, 2029 (Pacific Time).",
        ),
    ],
)
def test_a_period_is_said_in_real_dates(scope, start, end, sentence):
    assert period_in_words(SCOPES[scope], period(scope, start, end), at=AT) == sentence


def test_the_last_day_is_the_last_one_touched():
    whole_day = period("usage_data", "2026-11-01", "2026-11-30")

    assert "November 30, 2026" in period_in_words(SCOPES["usage_data"], whole_day, at=AT)
    assert badge_in_words(whole_day) == "Ongoing until November 30, 2026"


def test_the_end_of_access_is_said_where_it_differs_from_the_period():
    past, lasting = period("usage_data", "-3y", "now"), period("usage_data", "-3y", "+3y")

    assert badge_in_words(past) == "One time"
    assert access_in_words(past) == "They can fetch this until November 25, 2026, 8:00 AM (Pacific Time)."
    assert access_in_words(lasting) == ""


def test_exact_times_are_said_where_there_are_any():
    assert exact_period_in_words(period("usage_data", "-1d", "now")) == (
        "From November 23, 2026, 8:00 AM to just before November 24, 2026, 8:00 AM (Pacific Time)."
    )
    assert exact_period_in_words(period("usage_data", "-1d")) == (
        "From November 23, 2026, 8:00 AM on (Pacific Time)."
    )
    assert exact_period_in_words(period("usage_data", None, "now")) == (
        "To just before November 24, 2026, 8:00 AM (Pacific Time)."
    )
    assert exact_period_in_words(period("usage_data")) == ""


def test_services_are_counted_by_kind():
    kinds = ["electricity", "water", "electricity"]

    assert services_in_words(kinds) == "2 electricity services, 1 water service"


@pytest.mark.parametrize(
    ("name", "words"), [("America/Los_Angeles", "Pacific Time"), ("Europe/Madrid", "Madrid time")]
)
def test_the_zone_is_named_as_people_do(settings, name, words):
    settings.TIME_ZONE = name

    assert zone_in_words() == words
