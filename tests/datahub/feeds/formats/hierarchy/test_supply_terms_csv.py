from datetime import date

from datahub.feeds.formats.hierarchy.supply_terms_csv import parse
from tests.datahub.feeds.formats.files import NEW_YORK, content_of


def test_a_change_of_supplier_is_two_terms_that_meet():
    before, after = parse(content_of("supply_terms.csv"), zone=NEW_YORK).rows

    assert (before.supplier, before.supplier_contract_number, before.tariff_code) == (
        "Old Lamp Supply",
        "OL-77",
        "RES-1",
    )
    assert before.end == after.start == date(2025, 7, 1)
    assert after.end is None


def test_a_second_supplier_at_the_same_time_is_rejected_like_what_is_missing():
    parsed = parse(content_of("supply_terms.csv"), zone=NEW_YORK)

    assert [(rejection.line, rejection.reason) for rejection in parsed.rejected] == [
        (4, "covers a time that line 3 covers"),
        (5, "supplier is missing"),
        (6, "'2024-13-01' is not a date like 2026-03-01"),
    ]
    assert parsed.read == 5
