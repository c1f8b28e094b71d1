from datetime import UTC, datetime
from decimal import Decimal

from datahub.feeds.formats.mix.generation_mix_csv import parse
from tests.datahub.feeds.formats.files import NEW_YORK, content_of


def test_shares_come_with_their_place_and_time_and_unknown_is_not_zero():
    rows = parse(content_of("generation_mix.csv"), zone=NEW_YORK).rows

    wind, gas, unknown, solar = rows[:4]
    assert (wind.series, wind.key, wind.source, wind.share) == (
        "generation_breakdown",
        "R-1",
        "wind",
        Decimal("0.45"),
    )
    assert (gas.start, gas.resolution_seconds) == (datetime(2026, 1, 1, 5, tzinfo=UTC), 3600)
    assert (unknown.share, solar.share) == (None, Decimal(0))
    assert (solar.series, solar.key) == ("consumption_breakdown", "RES-2")


def test_the_second_pass_of_a_repeated_hour_is_an_hour_of_its_own():
    rows = parse(content_of("generation_mix.csv"), zone=NEW_YORK).rows

    assert [(row.start.hour, row.share) for row in rows if row.series == "residual_mix"] == [
        (5, Decimal("0.1")),
        (6, Decimal("0.2")),
    ]


def test_shares_that_cannot_be_are_rejected_with_the_figure():
    parsed = parse(content_of("generation_mix.csv"), zone=NEW_YORK)

    assert [(rejection.line, rejection.reason) for rejection in parsed.rejected] == [
        (5, "share 1.2 is not between 0 and 1"),
        (7, "tariff_code is missing"),
        (10, "the share of wind is already in line 8"),
        (11, "the shares of this time come to 1.3, more than 1"),
        (12, "the shares of this time come to 1.3, more than 1"),
    ]
    assert parsed.read == 11
