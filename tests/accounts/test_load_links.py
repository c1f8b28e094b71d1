"""Moves, swaps and older files: dated links as files tell them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from accounts.feed_rows import Hierarchy, MeterRow, PointRow
from accounts.models import ContractServicePoint, LoadWatermark, MeterInstallation, ServiceContract
from tests.accounts.rows import AS_OF, SINCE, contract, household, installation, load, point_link

pytestmark = pytest.mark.django_db
LATER = AS_OF + timedelta(days=30)
SWAP = AS_OF + timedelta(days=10)
METERS = (MeterRow(8, "55-1042", "electricity"), MeterRow(12, "55-2000", "electricity"))
POINTS = (
    PointRow(7, "SP-1", "PR-1", "electricity", 240, "", ""),
    PointRow(13, "SP-2", "PR-1", "electricity", 240, "", ""),
)


def ends(model) -> list:
    return list(model.objects.order_by("start", "pk").values_list("end", flat=True))


def test_a_swap_told_in_one_file_ends_the_old_meter_and_starts_the_new():
    load(household())
    swap = Hierarchy(
        "changes",
        LATER,
        meters=METERS,
        installations=(installation("55-2000", line=2, start=SWAP), installation(line=3, end=SWAP)),
    )

    result = load(swap)

    assert result.rejected == ()
    assert ends(MeterInstallation) == [SWAP, None]


def test_a_meter_that_moves_fits_in_whatever_order_the_file_tells_it():
    load(household(points=POINTS))
    move = (installation(point="SP-2", line=2, start=SWAP), installation(line=3, end=SWAP))

    result = load(Hierarchy("changes", LATER, installations=move))

    assert (result.accepted, result.rejected) == (2, ())


def test_a_meter_in_two_points_at_once_is_refused_naming_the_other():
    load(household(points=POINTS))

    result = load(
        Hierarchy("changes", LATER, installations=(installation(point="SP-2", line=2, start=SWAP),))
    )

    assert [tuple(rejection) for rejection in result.rejected] == [
        (2, "it overlaps 55-1042 at SP-1, 2024-01-01 08:00 to now UTC")
    ]
    assert MeterInstallation.objects.count() == 1


def test_two_contracts_may_share_a_point_and_one_contract_have_two():
    shared = household(
        contracts=(contract(), contract("2222222-2", 20)),
        points=POINTS,
        point_links=(point_link(), point_link("2222222-2", line=21), point_link(point="SP-2", line=22)),
    )

    result = load(shared)

    assert result.rejected == ()
    assert ContractServicePoint.objects.count() == 3


def test_what_a_full_file_leaves_out_ends_at_its_time():
    load(household())

    result = load(household(as_of=LATER, contracts=(), point_links=(), installations=()))

    assert (result.ended, result.hold_reason) == (3, None)
    assert ServiceContract.objects.get().end == date(2026, 3, 31)
    assert ends(ContractServicePoint) == [LATER]
    assert ends(MeterInstallation) == [LATER]


def test_what_a_file_of_changes_leaves_out_stays():
    load(household())

    result = load(household(mode="changes", as_of=LATER, contracts=(), point_links=(), installations=()))

    assert result.ended == 0
    assert ServiceContract.objects.get().end is None
    assert ends(ContractServicePoint) == ends(MeterInstallation) == [None]


def test_a_planned_link_that_is_planned_no_more_goes():
    load(household(meters=METERS))
    load(
        Hierarchy(
            "changes",
            AS_OF,
            installations=(installation("55-2000", start=LATER + timedelta(days=5)),),
        )
    )

    load(household(as_of=LATER))

    assert ends(MeterInstallation) == [None]


def test_a_link_told_with_another_start_is_the_same_link_corrected():
    load(household())
    sooner = SINCE - timedelta(days=3)

    result = load(household(as_of=LATER, installations=(installation(start=sooner),)))

    assert (result.rejected, result.ended) == ((), 0)
    assert list(MeterInstallation.objects.values_list("start", "end")) == [(sooner, None)]


def test_a_refused_row_does_not_end_what_it_speaks_of():
    load(household())

    result = load(household(as_of=LATER, installations=(installation(end=SINCE),)))

    assert len(result.rejected) == 1
    assert ends(MeterInstallation) == [None]


def forty(ended: int = 0) -> Hierarchy:
    """Forty contracts, each with a point; the last `ended` are not listed any more."""
    numbers = [f"{n:07d}-1" for n in range(40 - ended)]
    return household(
        contracts=tuple(contract(number, n) for n, number in enumerate(numbers)),
        points=tuple(PointRow(n, f"SP-{n}", "PR-1", "electricity", 240, "", "") for n in range(40)),
        point_links=tuple(point_link(number, f"SP-{n}", n) for n, number in enumerate(numbers)),
        installations=(installation(point="SP-0"),),
        as_of=AS_OF + timedelta(days=ended),
    )


def test_a_full_file_that_would_end_too_much_waits_and_writes_nothing():
    load(forty())

    result = load(forty(ended=1), confirmed=False)

    assert result.hold_reason == (
        "This full file would end 1 of 40 links of contracts and points, 1 of 40 contracts: more than 2 %. "
        "Confirm to go on."
    )
    assert (result.accepted, result.ended) == (0, 0)
    assert not ServiceContract.objects.filter(end__isnull=False).exists()
    assert LoadWatermark.objects.get().as_of == AS_OF


def test_ends_that_a_full_file_states_count_as_much_as_what_it_leaves_out():
    load(forty())
    links = tuple(
        point_link(row.contract_number, row.servicepoint_number, row.line, end=AS_OF)
        for row in forty().point_links[:5]
    )
    stated = household(
        contracts=forty().contracts,
        points=forty().points,
        point_links=links + forty().point_links[5:],
        installations=forty().installations,
        as_of=LATER,
    )

    assert "5 of 40 links" in str(load(stated, confirmed=False).hold_reason)


def test_a_confirmed_file_ends_what_it_leaves_out():
    load(forty())

    result = load(forty(ended=1), confirmed=True)

    assert (result.hold_reason, result.ended) == (None, 2)


def test_a_full_file_whose_lines_could_not_all_be_read_ends_nothing_unasked():
    rows = [point_link(f"{n:07d}-1", "SP-1", n) for n in range(100)]
    contracts = tuple(contract(f"{n:07d}-1", n) for n in range(100))
    load(household(contracts=contracts, point_links=tuple(rows)))

    one_short = household(contracts=contracts, point_links=tuple(rows[:-1]), as_of=LATER)

    assert "1 of its lines could not be read" in str(load(one_short, confirmed=False, unread=1).hold_reason)
    assert load(one_short, confirmed=False).ended == 1


def test_an_older_file_never_undoes_a_newer_one():
    load(household(as_of=LATER, contracts=(contract(address="New Street 1"),)))
    older = household(as_of=AS_OF, contracts=(contract(address="Old Street 1"),), installations=())

    result = load(older)

    assert [tuple(rejection) for rejection in result.rejected] == [
        (5, "a newer file, as of 2026-03-31 08:00 UTC, says otherwise")
    ]
    assert ServiceContract.objects.get().address == "New Street 1"
    assert ends(MeterInstallation) == [None]


def test_an_older_file_does_not_reopen_what_a_newer_one_ended():
    load(household())
    load(household(as_of=LATER, point_links=(point_link(end=SWAP),)))

    result = load(household(mode="changes", as_of=AS_OF + timedelta(days=1)))

    assert ends(ContractServicePoint) == [SWAP]
    assert [rejection.line for rejection in result.rejected] == [9]


def test_an_older_file_adds_nothing_current_that_a_newer_full_one_did_not_list():
    load(household(as_of=LATER))

    result = load(Hierarchy("changes", AS_OF, contracts=(contract("2222222-2", 2),)))

    assert result.rejected[0].reason == ("the newer full file, as of 2026-03-31 08:00 UTC, does not list it")
    assert ServiceContract.objects.count() == 1


def test_links_that_stand_in_one_line_of_a_file_are_told_apart():
    household_of_two = household(
        points=POINTS, point_links=(point_link(line=1), point_link(point="SP-2", line=1))
    )
    load(household_of_two)
    moved = (point_link(line=1, end=SWAP), point_link(point="SP-2", line=1))
    refused = (point_link(point="SP-9", line=1),)

    result = load(replace(household_of_two, as_of=LATER, point_links=moved + refused))

    assert [rejection.reason for rejection in result.rejected] == ["service point SP-9 is not known"]
    links = ContractServicePoint.objects.values_list("service_point__servicepoint_number", "start", "end")
    assert set(links) == {("SP-1", SINCE, SWAP), ("SP-2", SINCE, None)}


def test_a_refused_row_still_lists_its_link_where_lines_are_the_same():
    both = (point_link(line=1), point_link(point="SP-2", line=1))
    load(household(points=POINTS, point_links=both))
    wrong = (point_link(line=1, end=SINCE), point_link(point="SP-2", line=1))

    result = load(household(as_of=LATER, points=POINTS, point_links=wrong))

    assert len(result.rejected) == 1
    assert ends(ContractServicePoint) == [None, None]
