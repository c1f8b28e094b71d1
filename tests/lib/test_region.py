"""Numbers, money and clocks as the utility's region writes them, in every language (P-40)."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils.formats import localize, reset_format_cache
from django.utils.translation import override

from cdsc_portal.lib.text.money import money_in_words, number_in_words
from cdsc_portal.lib.time.dates_in_words import end_in_words, moment_in_words, time_in_words

pytestmark = pytest.mark.spec("P-40")
FORMATS = {"US": "cdsc_portal.american_formats", "EU": "cdsc_portal.european_formats"}
EVENING = datetime(2026, 11, 25, 2, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _formats_are_read_anew():
    reset_format_cache()
    yield
    reset_format_cache()


@pytest.mark.parametrize(
    ("region", "language", "money", "number", "clock"),
    [
        ("US", "en", "$1,234.50", "4,582.19", "6:02 PM"),
        ("US", "es", "$1,234.50", "4,582.19", "6:02 PM"),
        ("EU", "es", "1\N{NO-BREAK SPACE}234,50\N{NO-BREAK SPACE}$", "4\N{NO-BREAK SPACE}582,19", "18:02"),
        ("EU", "en", "$1,234.50", "4,582.19", "18:02"),
    ],
)
def test_the_region_decides_and_not_the_language(settings, region, language, money, number, clock):
    settings.UTILITY_REGION = region
    settings.FORMAT_MODULE_PATH = FORMATS[region]

    with override(language):
        assert money_in_words(Decimal("1234.50"), "USD") == money
        assert number_in_words(Decimal("4582.19")) == number
        assert time_in_words(EVENING) == clock
        assert moment_in_words(EVENING).endswith(f", {clock}")


@pytest.mark.parametrize(
    ("region", "language", "clock"),
    [("US", "en", ", 6:02 PM"), ("US", "es", ", 6:02 PM"), ("EU", "en", ", 18:02"), ("EU", "es", " 18:02")],
)
def test_what_django_writes_for_staff_has_the_same_clock(settings, region, language, clock):
    settings.FORMAT_MODULE_PATH = FORMATS[region]

    with override(language):
        assert localize(datetime(2026, 11, 24, 18, 2)).endswith(clock)  # noqa: DTZ001 - as a clock shows it


@pytest.mark.parametrize("region", FORMATS)
def test_the_setting_chooses_the_formats(region):
    environment = os.environ | {"UTILITY_REGION": region, "DJANGO_SETTINGS_MODULE": "cdsc_portal.settings"}
    done = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; print(settings.FORMAT_MODULE_PATH)"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == FORMATS[region]


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (datetime(2026, 11, 30, 8, tzinfo=UTC), "November 29, 2026"),  # midnight in Los Angeles
        (datetime(2026, 11, 30, 2, tzinfo=UTC), "November 29, 2026, 6:00 PM"),
    ],
)
def test_a_period_goes_through_its_last_whole_day(end, words):
    assert end_in_words(end) == words
