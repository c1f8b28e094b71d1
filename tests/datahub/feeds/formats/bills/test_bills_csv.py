from datetime import date
from decimal import Decimal

import pytest

from datahub.feeds.formats.bills.bills_csv import parse
from datahub.rows.base import FeedStructureError
from tests.datahub.feeds.formats.files import NEW_YORK, content_of


def test_a_statement_comes_with_its_sections_and_line_items():
    bill = parse(content_of("bills.csv"), zone=NEW_YORK).rows[0]

    assert (bill.statement_number, bill.amount, bill.file_name) == ("B-1", Decimal("61.50"), "B-1.pdf")
    assert (bill.start, bill.end, bill.due_date) == (date(2026, 1, 1), date(2026, 2, 1), date(2026, 2, 24))
    assert [(section.contract_number, section.amount) for section in bill.sections] == [
        ("K-1", Decimal("46.50")),
        ("K-9", Decimal("15.00")),
    ]
    energy, basic, credit = bill.sections[0].lines
    assert (energy.quantity, energy.unit, energy.rate) == (Decimal("182.5"), "kWh", Decimal("0.20"))
    assert (basic.quantity, basic.rate) == (None, None)
    assert credit.amount == Decimal("-2.00")


def test_sums_that_do_not_add_up_reject_the_whole_statement_and_name_both_figures():
    parsed = parse(content_of("bills.csv"), zone=NEW_YORK)

    assert [bill.statement_number for bill in parsed.rows] == ["B-1", "B-3"]
    assert [(rejection.line, rejection.reason) for rejection in parsed.rejected] == [
        (8, "not taken, because of line 9"),
        (9, "its line items come to 49.99, its amount is 50.00"),
        (10, "not taken, because of line 9"),
    ]
    assert parsed.read == 10


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("40.00,40.00,61.50,61.50", "40.00,30.00,61.50,61.50", 2, "come to 71.50, its amount is 61.50"),
        ("40.00,40.00,61.50,61.50", ",,60.50,60.50", 2, "come to 61.50, its new_charges are 60.50"),
        ("36.50,,,,,,,Energy", "36.50,,gas,,,,,Energy", 4, "a line has no contract_number"),
        ("12.00,,,,,,,Basic", "twelve,,,,,,,Basic", 5, "'twelve' is not a number"),
        ("12.00,,,,,,,Basic", "12.00001,,,,,,,Basic", 5, "amount 12.00001 has more digits"),
        ("USD,40.00", "usd,40.00", 2, "currency 'usd' is not three capital letters"),
        ("line,,,,,,,,,,,12.00", "tax,,,,,,,,,,,12.00", 5, "record 'tax' is none of"),
        ("Basic", "Ba\x85sic", 5, "name has a line break or a sign that cannot be seen"),
        ("Energy,usage", "\u202eEnergy,usage", 4, "name has a line break or a sign that cannot be seen"),
        ("B-1.pdf", "B-1\u200b.pdf", 2, "file has a line break or a sign that cannot be seen"),
        ("B-1,", "B-1\x1b,", 2, "statement_number has a line break or a sign that cannot be seen"),
    ],
)
def test_one_bad_line_rejects_its_statement_with_the_reason(old, new, line, reason):
    content = content_of("bills.csv").decode()
    assert old in content

    parsed = parse(content.replace(old, new).encode(), zone=NEW_YORK)

    assert [bill.statement_number for bill in parsed.rows] == ["B-3"]
    assert {rejection.line for rejection in parsed.rejected} == set(range(2, 11))
    assert reason in next(rejection.reason for rejection in parsed.rejected if rejection.line == line)


def test_lines_without_a_statement_above_them_are_rejected():
    header, *lines = content_of("bills.csv").decode().splitlines()

    parsed = parse("\n".join([header, *lines[1:5]]).encode(), zone=NEW_YORK)

    assert parsed.rows == []
    assert (len(parsed.rejected), parsed.rejected[0].reason) == (4, "no statement above it")


def test_a_statement_number_counts_once():
    header, *lines = content_of("bills.csv").decode().splitlines()

    parsed = parse("\n".join([header, lines[-1], lines[-1]]).encode(), zone=NEW_YORK)

    assert [rejection.reason for rejection in parsed.rejected] == ["statement B-3 is already in line 2"]


def test_a_missing_column_refuses_the_file():
    with pytest.raises(FeedStructureError, match="missing column statement_number"):
        parse(b"record,account_number,statement_date,start,end,currency,amount\n", zone=NEW_YORK)
