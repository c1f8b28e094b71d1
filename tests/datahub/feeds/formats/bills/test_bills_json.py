import copy
import io
import json
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from datahub.feeds.formats.bills.bills_json import parse, sniff
from datahub.feeds.loading.attachments import unpack
from datahub.rows.base import FeedStructureError
from tests.datahub.feeds.formats.files import NEW_YORK

SECTION = {
    "contract_number": "K-1",
    "start": "2026-01-01",
    "end": "2026-02-01",
    "commodity": "electricity",
    "supplier": "Example Energy",
    "tariff_code": "R-1",
    "tariff_name": "Residential",
    "amount": 61.50,
    "lines": [{"name": "Basic charge", "kind": "fixed", "amount": 12.00}],
    "tiers": [
        {"name": "Tier 1", "quantity": 100, "unit": "kWh", "rate": 0.20, "amount": 20.00},
        {"name": "Tier 2", "quantity": "100", "unit": "kWh", "rate": "0.25", "amount": "25.00"},
    ],
    "taxes": [{"name": "Sales tax", "amount": 6.50}],
    "credits": [{"name": "Solar credit", "amount": -2.00}],
}
BILL = {
    "account_number": "A-1",
    "statement_number": "B-1",
    "statement_date": "2026-02-03",
    "due_date": "2026-02-24",
    "start": "2026-01-01",
    "end": "2026-02-01",
    "currency": "USD",
    "previous_balance": 40.00,
    "paid": 40.00,
    "new_charges": 61.50,
    "amount": 61.50,
    "file": "B-1.pdf",
    "sections": [SECTION],
}


def content(*bills, indent=1):
    return json.dumps({"bills": list(bills)}, indent=indent).encode()


def bill_with(path, value):
    """BILL with another value at a path, or without it."""
    bill = copy.deepcopy(BILL)
    *way, last = path
    place = bill
    for step in way:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return bill


def test_a_statement_comes_with_its_sections_tiers_taxes_and_credits():
    (bill,) = parse(content(BILL), zone=NEW_YORK).rows

    assert (bill.statement_number, bill.amount, bill.file_name) == ("B-1", Decimal("61.5"), "B-1.pdf")
    assert (bill.start, bill.end, bill.due_date) == (date(2026, 1, 1), date(2026, 2, 1), date(2026, 2, 24))
    (section,) = bill.sections
    assert (section.contract_number, section.supplier, section.tariff_code) == (
        "K-1",
        "Example Energy",
        "R-1",
    )
    assert [(line.name, line.kind, line.quantity, line.rate, line.amount) for line in section.lines] == [
        ("Basic charge", "fixed", None, None, Decimal("12")),
        ("Tier 1", "usage", Decimal("100"), Decimal("0.2"), Decimal("20")),
        ("Tier 2", "usage", Decimal("100"), Decimal("0.25"), Decimal("25")),
        ("Sales tax", "tax", None, None, Decimal("6.5")),
        ("Solar credit", "credit", None, None, Decimal("-2")),
    ]
    assert parse(content(BILL), zone=NEW_YORK).read == 7


def test_each_record_has_the_line_on_which_it_begins():
    text = content(BILL).decode()

    (bill,) = parse(text.encode(), zone=NEW_YORK).rows

    lines = text.splitlines()
    assert '"account_number": "A-1"' in lines[bill.line]
    assert '"contract_number": "K-1"' in lines[bill.sections[0].line]
    assert ['"name": "Tier 2"' in lines[line.line] for line in bill.sections[0].lines] == [
        False, False, True, False, False,
    ]  # fmt: skip


def test_what_is_not_known_may_be_null_or_left_out():
    bill = {**BILL, "due_date": None, "previous_balance": None, "paid": None, "new_charges": None}
    bill.pop("file")

    (row,) = parse(content(bill), zone=NEW_YORK).rows

    assert (row.due_date, row.previous_balance, row.paid, row.new_charges, row.file_name) == (
        None, None, None, None, "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("amount",), ..., "bills[0].amount: it is missing"),
        (("amount",), True, "bills[0].amount: 'True' is not a number"),
        (("amount",), "twelve", "bills[0].amount: 'twelve' is not a number"),
        (("amount",), 61.50001, "bills[0].amount: it 61.50001 has more digits than can be kept exactly"),
        (("account_number",), 4711, "bills[0].account_number: '4711' is not text"),
        (("account_number",), "x" * 51, "bills[0].account_number: it is longer than 50 characters"),
        (("currency",), "usd", "bills[0].currency: 'usd' is not three capital letters"),
        (("statement_date",), "03.02.2026", "bills[0].statement_date: '03.02.2026' is not a date"),
        (("end",), "2026-01-01", "bills[0].end: end 2026-01-01 is not after start 2026-01-01"),
        (("colour",), "red", "bills[0].colour: there is no such member"),
        (("sections",), {}, "bills[0].sections: '{}' is not a list"),
        (("sections", 0), "none", "bills[0].sections[0]: 'none' is not an object"),
        (
            ("sections", 0, "commodity"),
            "gas",
            "bills[0].sections[0].commodity: it 'gas' is none of electricity",
        ),
        (("sections", 0, "tiers", 1, "rate"), [], "bills[0].sections[0].tiers[1].rate: '[]' is not a number"),
        (("sections", 0, "taxes", 0, "kind"), "tax", "bills[0].sections[0].taxes[0].kind: there is no such"),
        (("sections", 0, "lines", 0, "name"), "", "bills[0].sections[0].lines[0].name: it is missing"),
    ],
)
def test_a_wrong_member_is_named_by_its_path_and_rejects_its_statement(path, value, reason):
    parsed = parse(content(bill_with(path, value), {**BILL, "statement_number": "B-2"}), zone=NEW_YORK)

    assert [bill.statement_number for bill in parsed.rows] == ["B-2"]
    named = [rejection for rejection in parsed.rejected if not rejection.reason.startswith("not taken")]
    assert len(named) == 1
    assert named[0].reason.startswith(reason)
    others = {rejection.reason for rejection in parsed.rejected} - {named[0].reason}
    assert others <= {f"not taken, because of {named[0].text}"}


@pytest.mark.parametrize("path", ["sections.0.lines.0.name", "sections.0.tariff_name", "statement_number"])
@pytest.mark.parametrize("sign", ["\n", "\x1b", "\u202e"])
def test_a_text_with_a_sign_that_cannot_be_seen_rejects_its_statement(path, sign):
    bill = copy.deepcopy(BILL)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = bill
    for part in way:
        place = place[part]
    place[last] = f"Solar{sign}credit"

    parsed = parse(content(bill), zone=NEW_YORK)

    assert parsed.rows == []
    assert any(
        "line break or a sign that cannot be seen" in rejection.reason for rejection in parsed.rejected
    )


def test_every_wrong_member_is_named():
    bill = bill_with(("sections", 0, "amount"), "many")
    bill["currency"], bill["start"] = "dollars", None

    reasons = [rejection.reason for rejection in parse(content(bill), zone=NEW_YORK).rejected]

    assert (
        reasons[0]
        == "bills[0].start: it is missing; bills[0].currency: 'dollars' is not three capital letters"
    )
    assert reasons[1] == "bills[0].sections[0].amount: 'many' is not a number"
    assert reasons[2] == "not taken, because of bills[0]"


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (
            ("sections", 0, "taxes", 0, "amount"),
            6,
            "bills[0].sections[0].amount: its line items come to 61.0",
        ),
        (("new_charges",), 60, "bills[0].amount: balance, payments and charges come to 60"),
        (("paid",), 30, "bills[0].amount: balance, payments and charges come to 71.5"),
    ],
)
def test_sums_that_do_not_add_up_reject_the_statement(path, value, reason):
    parsed = parse(content(bill_with(path, value)), zone=NEW_YORK)

    assert parsed.rows == []
    assert any(rejection.reason.startswith(reason) for rejection in parsed.rejected)


def test_a_statement_given_twice_is_rejected_the_second_time():
    parsed = parse(content(BILL, BILL), zone=NEW_YORK)

    assert len(parsed.rows) == 1
    assert parsed.rejected[0].reason == "bills[1].statement_number: B-1 is that of bills[0]"


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"{", "line 1"),
        (b'{"bills": [{}', "line 1, column"),
        (b'{"bills": {}}x', "text after the end"),
        (b'{"bills": [], "as": 1}', "'as' is no list of bills"),
        (b'{"bills": [[]]}', "'bills' is no list of bills"),
        (b'{"bills": [{"a": 1, "a": 2}]}', "member 'a': it is there more than once"),
        (b'{"bills": [{"amount": NaN}]}', "NaN is no number of JSON"),
        (b'{"bills": ' + b"[" * 100_000, "too deep"),
        (b'{"bills": "\xff"}', "not UTF-8"),
    ],
)
def test_a_file_that_is_no_list_of_bills_is_refused(broken, reason):
    with pytest.raises(FeedStructureError, match=reason):
        parse(broken, zone=NEW_YORK)


def test_the_pdf_files_stand_beside_it_in_a_zip():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("march/bills.json", content(BILL))
        archive.writestr("march/B-1.pdf", b"%PDF-1.7 example")
        archive.writestr("march/readme.txt", b"the bills of March")
        archive.writestr("march/bills.html", b"<html>the same to read</html>")
    packed.seek(0)

    file, documents, skipped = unpack(packed)

    (bill,) = parse(file.read(), zone=NEW_YORK).rows
    assert documents[bill.file_name] == b"%PDF-1.7 example"
    assert skipped == ("bills.html", "readme.txt")


def test_the_format_is_known_by_its_beginning():
    assert sniff(content(BILL))
    assert not sniff(b'{"as_of": "2026-01-01", "mode": "full", "bills": []}')
    assert not sniff(b"[]")
