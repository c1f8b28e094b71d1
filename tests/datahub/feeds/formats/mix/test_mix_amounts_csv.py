from datetime import UTC, datetime

import pytest

from datahub.feeds.formats.mix.mix_amounts_csv import parse
from tests.datahub.feeds.formats.files import NEW_YORK, content_of

HEADER = "kind,region,source,start,quantity,unit,end,resolution_seconds,tariff_code,contract_number"


def rejected(line):
    (rejection,) = parse(f"{HEADER}\n{line}\n".encode(), zone=NEW_YORK).rejected
    return rejection.reason


def test_amounts_are_whole_watt_hours_of_an_hour_or_a_month():
    parsed = parse(content_of("mix_amounts.csv"), zone=NEW_YORK)

    assert [(row.kind, row.source, row.seconds, row.wh, row.tariff_code) for row in parsed.rows] == [
        ("generated", "B16", 3600, 12_500_000, ""),
        ("issued", "B16", 31 * 86_400, 900_000_000, ""),
        ("cancelled", "B16", 31 * 86_400, 250_000_000, "EV-TOU"),
        ("consumed", "", 3600, 11_000_000, ""),
    ]
    assert parsed.rows[0].start == datetime(2026, 1, 1, 5, tzinfo=UTC)
    assert [row.provisional for row in parsed.rows] == [True, False, False, False]
    assert [(rejection.line, rejection.reason) for rejection in parsed.rejected] == [
        (6, "certificates are cancelled for a tariff_code or for a contract_number")
    ]


def test_a_month_in_which_clocks_change_is_as_long_as_it_is():
    content = f"{HEADER}\nissued,R,wind,2026-03-01T00:00,5,,2026-04-01T00:00,,,\n".encode()

    (row,) = parse(content, zone=NEW_YORK).rows

    assert row.seconds == 31 * 86_400 - 3600


def test_the_second_pass_of_a_repeated_hour_is_an_hour_of_its_own():
    line = "generated,R,wind,2026-11-01T01:00,5,,,,,\n"

    rows = parse(f"{HEADER}\n{line}{line}".encode(), zone=NEW_YORK).rows

    assert [row.start.hour for row in rows] == [5, 6]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("made,R,wind,2026-03-01T00:00,5,,,,,", "kind 'made' is none of generated, issued"),
        ("issued,R,,2026-03-01T00:00,5,,,,,", "source is missing"),
        ("consumed,R,wind,2026-03-01T00:00,5,,,,,", "what is consumed has no source"),
        ("issued,R,wind,2026-03-01T00:00,-5,,,,,", "-5 MWh is below 0"),
        ("issued,R,wind,2026-03-01T00:00,0.5,Wh,,,,", "0.5 Wh is below 0 or no whole number"),
        ("issued,R,wind,2026-03-01T00:00,5,GWh,,,,", "unit 'GWh' is none of"),
        ("issued,R,wind,2026-03-01T00:00,5,,2026-03-01T00:00,,,", "lasts longer than nothing"),
        ("issued,R,wind,2026-03-01T00:00,5,,2026-03-01T01:00,3600,,", "both tell the length"),
        ("issued,R,wind,2026-03-01T00:00,5,,,,T,", "is not for a tariff or a contract"),
        ("cancelled,R,wind,2026-03-01T00:00,5,,,,T,C", "for a tariff_code or for a contract_number"),
    ],
)
def test_what_cannot_be_is_rejected_with_its_reason(line, reason):
    assert reason in rejected(line)
