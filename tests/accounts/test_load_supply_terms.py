"""Supply terms come in by files."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.feed_rows import SupplyTermRow
from accounts.models import Entity, SupplyTerm
from accounts.services.supply_terms import load_supply_terms
from tests.factories.accounts import EntityFactory, ServiceContractFactory, SupplyTermFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def contract():
    return ServiceContractFactory(contract_number="1111111-1")


def row(line: int = 2, **changes: Any) -> SupplyTermRow:
    term = SupplyTermRow(
        line=line,
        contract_number="1111111-1",
        supplier="Bright Energy (demo)",
        supplier_contract_number="BE-9",
        tariff_code="EV-TOU",
        tariff_name="Home EV",
        start=date(2025, 3, 1),
        end=None,
    )
    return replace(term, **changes)


def terms() -> list[tuple[str, date, date | None]]:
    return list(SupplyTerm.objects.order_by("start").values_list("tariff_code", "start", "end"))


def test_a_term_is_stored_with_a_supplier_not_known_before(contract):
    result = load_supply_terms(rows=[row()], at=AT)

    term = SupplyTerm.objects.get()
    assert (result.accepted, result.rejected) == (1, ())
    assert (term.contract, term.supplier.name) == (contract, "Bright Energy (demo)")
    assert Entity.objects.get(name="Bright Energy (demo)").kind == "supplier"


def test_the_same_rows_again_change_nothing_but_synced(contract):
    load_supply_terms(rows=[row()], at=AT)

    result = load_supply_terms(rows=[row()], at=AT + timedelta(days=1))

    term = SupplyTerm.objects.get()
    assert (result.accepted, result.unchanged) == (0, 1)
    assert (term.cds_modified, term.cds_synced) == (AT, AT + timedelta(days=1))


def test_a_change_of_tariff_ends_the_former_term_where_the_file_says_so(contract):
    load_supply_terms(rows=[row()], at=AT)
    change = [row(2, tariff_code="FLAT", start=date(2026, 1, 1)), row(3, end=date(2026, 1, 1))]

    result = load_supply_terms(rows=change, at=AT)

    assert result.rejected == ()
    assert terms() == [
        ("EV-TOU", date(2025, 3, 1), date(2026, 1, 1)),
        ("FLAT", date(2026, 1, 1), None),
    ]


def test_a_new_term_does_not_end_the_former_one_by_itself(contract):
    load_supply_terms(rows=[row()], at=AT)

    result = load_supply_terms(rows=[row(7, tariff_code="FLAT", start=date(2026, 1, 1))], at=AT)

    assert [tuple(rejection) for rejection in result.rejected] == [
        (
            7,
            "contract 1111111-1: it overlaps Bright Energy (demo) EV-TOU from 2025-03-01, 2025-03-01 to now",
        )
    ]
    assert terms() == [("EV-TOU", date(2025, 3, 1), None)]


def test_a_term_made_longer_into_its_successor_is_refused(contract):
    SupplyTermFactory(contract=contract, start=date(2025, 3, 1), end=date(2026, 1, 1))
    SupplyTermFactory(contract=contract, start=date(2026, 1, 1), tariff_code="FLAT")

    result = load_supply_terms(rows=[row(end=date(2026, 2, 1))], at=AT)

    assert "it overlaps" in result.rejected[0].reason
    assert terms()[0] == ("EV-TOU", date(2025, 3, 1), date(2026, 1, 1))


def test_rows_that_name_nothing_or_end_before_they_start_are_refused(contract):
    rows = [
        row(2, contract_number="9-9"),
        row(3, end=date(2025, 3, 1)),
        row(4, start=date(2024, 1, 1), end=date(2024, 2, 1)),
    ]

    result = load_supply_terms(rows=rows, at=AT)

    assert [tuple(rejection) for rejection in result.rejected] == [
        (2, "contract 9-9 is not known"),
        (3, "it ends 2025-03-01, not after its start 2025-03-01"),
    ]
    assert result.accepted == 1


def test_an_older_file_does_not_undo_a_newer_one(contract):
    load_supply_terms(rows=[row(tariff_name="New name")], version_at=AT, at=AT)

    result = load_supply_terms(rows=[row(tariff_name="Old name")], version_at=AT - timedelta(days=2), at=AT)

    assert result.rejected[0].reason == "a newer file, as of 2026-03-01 09:00 UTC, says otherwise"
    assert SupplyTerm.objects.get().tariff_name == "New name"


def test_two_hundred_changes_of_tariff_take_as_many_queries_as_one(django_assert_max_num_queries):
    EntityFactory(name="Bright Energy (demo)")
    contracts = ServiceContractFactory.create_batch(200)
    first = [row(n, contract_number=contract.contract_number) for n, contract in enumerate(contracts)]
    load_supply_terms(rows=first, at=AT)
    ended = [replace(term, end=date(2026, 1, 1)) for term in first]
    begun = [replace(term, start=date(2026, 1, 1)) for term in first]

    # savepoint in and out; suppliers twice; contracts, terms; ended; begun; unchanged
    with django_assert_max_num_queries(12):
        result = load_supply_terms(rows=[*begun, *ended], at=AT)

    assert (result.accepted, result.rejected) == (400, ())
