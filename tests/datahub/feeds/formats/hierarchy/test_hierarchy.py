import json
from datetime import UTC, date, datetime

import pytest

from datahub.rows.base import FeedStructureError
from tests.datahub.feeds.formats.files import NEW_YORK, content_of
from tests.support.parsed_files import parse_file


def read_hierarchy(name, content, **options):
    return parse_file(name, content, zone=NEW_YORK, **options)


def from_json(**members):
    content = json.dumps({"mode": "changes", "as_of": "2026-01-01T00:00Z"} | members).encode()
    return read_hierarchy("hierarchy_json", content)


def reasons(parsed):
    return [(rejection.line, rejection.reason) for rejection in parsed.rejected]


def test_a_whole_hierarchy_comes_out_of_json():
    parsed = read_hierarchy("hierarchy_json", content_of("hierarchy.json"))

    (hierarchy,) = parsed.rows
    assert (hierarchy.mode, hierarchy.as_of) == ("full", datetime(2026, 1, 15, 6, tzinfo=UTC))
    assert [customer.name for customer in hierarchy.customers] == ["Ada Example"]
    assert [(account.account_number, account.programs) for account in hierarchy.accounts] == [
        ("A-1", ("DR-1",)),
        ("4711", ()),
    ]
    assert hierarchy.contracts[0].distribution == "Invented Wires"
    assert (hierarchy.contracts[0].start, hierarchy.contracts[0].end) == (date(2024, 1, 1), None)
    assert hierarchy.points[0].voltage == 240
    assert hierarchy.accounts[1].parent_number == "A-1"


def test_what_contradicts_the_rest_is_rejected_with_its_line_and_the_rest_stands():
    parsed = read_hierarchy("hierarchy_json", content_of("hierarchy.json"))

    assert reasons(parsed) == [
        (23, "commodity 'steam' is none of electricity, natural_gas, water"),
        (40, "covers a time that line 39 covers"),
    ]
    assert parsed.read == parsed.accepted + 2


@pytest.mark.parametrize(
    ("member", "is_test"), [({}, None), ({"is_test": True}, True), ({"is_test": False}, False)]
)
def test_a_customer_is_a_test_where_json_says_so(member, is_test):
    (hierarchy,) = from_json(customers=[{"customer_number": "C-1", "name": "Ada Example"} | member]).rows

    assert [customer.is_test for customer in hierarchy.customers] == [is_test]


def test_a_customer_is_a_test_where_a_column_of_csv_says_so():
    lines = ["record,mode,as_of,customer_number,name,is_test", "file,changes,2026-01-01T00:00Z,,,"]
    lines += [
        "customer,,,C-1,Ada Example,yes",
        "customer,,,C-2,Bo Example,",
        "customer,,,C-3,Cy Example,maybe",
    ]
    parsed = read_hierarchy("hierarchy_csv", "\n".join(lines).encode())

    assert [customer.is_test for customer in parsed.rows[0].customers] == [True, None]
    assert [line for line, _ in reasons(parsed)] == [5]


def test_times_without_an_offset_are_local_and_a_swap_meets_without_overlap():
    (hierarchy,) = read_hierarchy("hierarchy_json", content_of("hierarchy.json")).rows

    first, second = hierarchy.installations
    assert first.start == datetime(2024, 1, 1, 5, tzinfo=UTC)
    assert first.end == second.start == datetime(2025, 7, 1, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "start"),
    [
        ("2026-03-10", datetime(2026, 3, 10, 4, tzinfo=UTC)),
        ("2026-03-10T04:00Z", datetime(2026, 3, 10, 4, tzinfo=UTC)),
        ("", None),
    ],
)
def test_a_point_may_say_since_when_it_is_in_its_region(since, start):
    point = {"servicepoint_number": "SP", "commodity": "electricity", "region": "EAST", "region_since": since}

    (hierarchy,) = from_json(points=[point]).rows

    assert (hierarchy.points[0].region, hierarchy.points[0].region_since) == ("EAST", start)


def test_a_delegate_has_an_end_and_addresses_are_compared_without_case():
    (hierarchy,) = read_hierarchy("hierarchy_json", content_of("hierarchy.json")).rows

    owner, delegate = hierarchy.memberships
    assert owner.email == "ada@example.com"
    assert (delegate.may_share, delegate.until) == (True, datetime(2026, 6, 30, 4, tzinfo=UTC))


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (
            {"customer_number": "C", "email": "x@example.com", "role": "delegate"},
            "a delegate, and nobody else",
        ),
        ({"customer_number": "C", "email": "nobody", "role": "owner"}, "is not an e-mail address"),
        ({"customer_number": "C", "email": "x@example.com", "role": "king"}, "is none of owner, viewer"),
        ({"email": "x@example.com", "role": "owner"}, "customer_number is missing"),
        ({"customer_number": "C" * 51, "email": "x@example.com", "role": "owner"}, "longer than 50"),
        ({"customer_number": "C", "email": "x@example.com", "role": "owner", "pet": "cat"}, "has no pet"),
    ],
)
def test_a_membership_that_says_nonsense_is_rejected(member, reason):
    parsed = from_json(memberships=[member])

    assert reason in parsed.rejected[0].reason
    assert list(parsed.rows[0].memberships) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"mode": "full"}', "what the file covers is not said"),
        (b'{"mode": "some", "as_of": "2026-01-01"}', "mode 'some' is none of full, changes"),
        (b'{"mode": "full", "as_of": "2026-01-01", "cats": [{}]}', "'cats' is no list of records"),
        (b'{"mode": "full",\n "meters": [{"meter_number" 1}]}', "line 2, column 29"),
        (b'{"mode": "full", "as_of": "2026-01-01", "meters": [7]}', "7 is not an object"),
        (b'{"mode": "full",}', "a comma with nothing after it"),
        (b'{"mode": "full"} more', "text after the end"),
        (b"[]", "expected '{'"),
    ],
)
def test_json_that_is_broken_or_says_no_scope_is_refused(content, message):
    with pytest.raises(FeedStructureError, match=message):
        read_hierarchy("hierarchy_json", content)


def test_csv_holds_the_same_records_and_names_what_it_rejects():
    parsed = read_hierarchy("hierarchy_csv", content_of("hierarchy.csv"))

    (hierarchy,) = parsed.rows
    assert hierarchy.mode == "changes"
    assert [contract.end for contract in hierarchy.contracts] == [date(2025, 1, 1)]
    assert [link.meter_number for link in hierarchy.installations] == ["M-1"]
    assert [line for line, _ in reasons(parsed)] == [6, 7, 9, 11, 12]
    assert [reason for _, reason in reasons(parsed)][:3] == [
        "contract K-1 is already in line 5",
        "end 2025-01-01 is not after start 2025-01-01",
        "a meter has no name",
    ]
    assert reasons(parsed)[-1] == (12, "4 cells where the header has 12")


def test_csv_without_a_line_on_the_file_takes_settings_or_is_refused():
    content = b"record,meter_number,commodity\nmeter,M-1,water\n"

    parsed = read_hierarchy("hierarchy_csv", content, settings={"mode": "full", "as_of": "2026-01-01"})

    assert parsed.rows[0].mode == "full"
    with pytest.raises(FeedStructureError, match="what the file covers is not said"):
        read_hierarchy("hierarchy_csv", content)
