"""The hierarchy comes in by files: what is stored, what is refused, what stays."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from accounts.feed_rows import CustomerRow, Hierarchy, MembershipRow, MeterRow, PointRow
from accounts.models import (
    BillingAccount,
    Customer,
    MeterDevice,
    OutgoingMail,
    ServiceContract,
    ServicePoint,
    User,
)
from accounts.queries.roles import shareable_contracts
from cdsc_portal.lib.time.ranges import Span
from tests.accounts.rows import AS_OF, AT, SINCE, account, contract, household, installation, load, point_link
from tests.factories.links import metered_spans

pytestmark = pytest.mark.django_db
LATER = AS_OF + timedelta(days=30)


def test_a_household_is_stored_from_customer_to_meter():
    result = load(household())

    stored = ServiceContract.objects.get(contract_number="1111111-1")
    assert (result.accepted, result.unchanged, result.rejected, result.hold_reason) == (11, 0, (), None)
    assert stored.billing_account.customer.name == "Robin Example"
    assert stored.distribution.abbreviation == "RVW"
    assert [program.name for program in stored.programs.all()] == ["Peak Saver"]
    assert ServicePoint.objects.get().premise.address == "12 Orchard Lane, Riverton"
    (span,) = metered_spans([stored.pk], Span())
    assert span.meter_id == MeterDevice.objects.get().pk
    assert span.span == Span(SINCE, None)


def test_the_same_file_again_changes_nothing_but_synced():
    load(household())
    before = Customer.objects.get()

    result = load(household(), at=AT + timedelta(days=1))

    after = Customer.objects.get()
    assert (result.accepted, result.unchanged, result.rejected) == (0, 11, ())
    assert (after.public_id, after.cds_modified) == (before.public_id, before.cds_modified)
    assert after.cds_synced == AT + timedelta(days=1)


def test_a_feed_says_who_is_a_test_customer_and_a_file_that_does_not_say_leaves_it():
    def load_customer(as_of, *is_test):
        load(household(as_of=as_of, customers=(CustomerRow(3, "C-1", "Robin Example", *is_test),)), at=as_of)
        return Customer.objects.get().is_test

    hour = timedelta(hours=1)
    results = [
        load_customer(LATER),
        load_customer(LATER + hour, True),
        load_customer(LATER + 2 * hour),
        load_customer(LATER + 3 * hour, False),
    ]

    assert results == [False, True, True, False]


def test_only_what_changed_is_modified():
    load(household())

    result = load(household(as_of=LATER, customers=(CustomerRow(3, "C-1", "Robin Sample"),)), at=LATER)

    assert (result.accepted, result.unchanged) == (1, 10)
    assert Customer.objects.get().name == "Robin Sample"
    assert Customer.objects.get().cds_modified == LATER
    assert BillingAccount.objects.get().cds_modified == AT


def test_programs_are_content():
    load(household())

    load(household(as_of=LATER, contracts=(contract(programs=()),)), at=LATER)

    assert not ServiceContract.objects.get().programs.exists()
    assert ServiceContract.objects.get().cds_modified == LATER


def test_the_customers_own_names_stay():
    load(household())
    ServiceContract.objects.update(name="Garage")

    load(household(as_of=LATER, contracts=(contract(address="14 Orchard Lane"),)))

    assert ServiceContract.objects.get().name == "Garage"


def test_an_account_may_stand_before_its_parent_in_the_file():
    nested = (
        account("A-3", 4, parent_number="A-2"),
        account("A-2", 5, parent_number="A-1"),
        account("A-1", 6),
    )

    result = load(household(accounts=nested))

    assert result.rejected == ()
    assert BillingAccount.objects.get(account_number="A-3").parent.parent.account_number == "A-1"


def test_accounts_that_are_each_others_parents_are_refused():
    load(household())
    circle = (account("A-7", 4, parent_number="A-8"), account("A-8", 5, parent_number="A-7"))

    in_one_file = load(Hierarchy("changes", LATER, accounts=circle))
    load(Hierarchy("changes", LATER, accounts=(account("A-2", parent_number="A-1"),)))
    across_files = load(Hierarchy("changes", LATER, accounts=(account(parent_number="A-2"),)))

    assert [rejection.reason for rejection in in_one_file.rejected] == [
        "the parents of account A-7 lead back to it",
        "the parents of account A-8 lead back to it",
    ]
    assert across_files.rejected[0].reason == "the parents of account A-1 lead back to it"


def test_a_row_that_does_not_fit_is_refused_with_its_line_and_the_rest_goes_on():
    rows = household(
        contracts=(
            contract(),
            contract("2222222-2", 20, account_number="A-9"),
            contract("3333333-3", 21, start=date(2024, 5, 1), end=date(2024, 5, 1)),
            contract("4444444-4", 22, distribution="Nobody"),
            contract("5555555-5", 23, programs=("P-9",)),
        ),
        points=(*household().points, PointRow(24, "SP-2", "PR-9", "electricity", None, "", "")),
        installations=(installation(), installation("77-1", line=25)),
    )

    result = load(rows)

    assert [tuple(rejection) for rejection in result.rejected] == [
        (20, "account A-9 is not known"),
        (21, "it ends 2024-05-01, not after its start 2024-05-01"),
        (22, "distribution utility Nobody is not known"),
        (23, "program P-9 is not known"),
        (24, "premise PR-9 is not known"),
        (25, "meter 77-1 is not known"),
    ]
    assert result.accepted == 11


def test_a_contract_never_passes_to_another_customer():
    load(household())
    other = Hierarchy(
        "changes",
        LATER,
        customers=(CustomerRow(3, "C-2", "Kim Example"),),
        accounts=(account("A-2", customer_number="C-2"), account(line=5, customer_number="C-2")),
        contracts=(contract(line=6, account_number="A-2"),),
    )

    result = load(other)

    assert [rejection.reason for rejection in result.rejected] == [
        "account A-1 belongs to customer C-1 and cannot pass to C-2; it needs a number of its own",
        "contract 1111111-1 belongs to customer C-1 and cannot pass to C-2; it needs a number of its own",
    ]
    assert ServiceContract.objects.get().billing_account.customer.customer_number == "C-1"


def test_a_point_of_another_commodity_is_refused():
    load(household())
    gas = Hierarchy(
        "changes",
        LATER,
        meters=(MeterRow(2, "G-1", "natural_gas"),),
        installations=(installation("G-1", line=3),),
    )

    result = load(gas)

    assert result.rejected[0].reason == "meter G-1 is for natural_gas, point SP-1 for electricity"


def test_a_person_not_known_yet_becomes_a_user_without_a_password_and_is_to_be_invited():
    load(household())

    user = User.objects.get(email="robin@example.com")
    assert not user.has_usable_password()
    assert OutgoingMail.objects.get(kind="invitation", user=user).next_attempt == AT
    assert shareable_contracts(user=user, at=AT).count() == 1


def test_a_known_person_gets_the_role_and_no_invitation():
    known = User.objects.create_user("Robin@Example.com", "a password of mine", name="Robin")

    load(household())

    known.refresh_from_db()
    assert not OutgoingMail.objects.exists()
    assert (known.name, known.check_password("a password of mine")) == ("Robin", True)
    assert shareable_contracts(user=known, at=AT).count() == 1


def test_a_role_left_out_stays_and_a_changed_one_changes():
    load(household())
    viewer = MembershipRow(2, "C-1", "robin@example.com", "", "viewer", "", False, None)

    load(household(as_of=LATER, memberships=()))
    kept = shareable_contracts(user=User.objects.get(), at=AT).exists()
    load(Hierarchy("changes", LATER, memberships=(viewer,)))

    assert kept
    assert not shareable_contracts(user=User.objects.get(), at=AT).exists()


def test_a_role_for_an_account_of_another_customer_is_refused():
    load(household())
    rows = Hierarchy(
        "changes",
        LATER,
        customers=(CustomerRow(2, "C-2", "Kim Example"),),
        memberships=(MembershipRow(3, "C-2", "kim@example.com", "Kim", "owner", "A-1", False, None),),
    )

    result = load(rows)

    assert result.rejected[0].reason == "account A-1 is not one of customer C-2"
    assert not User.objects.filter(email="kim@example.com").exists()


def test_two_thousand_contracts_take_as_many_queries_as_two(django_assert_max_num_queries):
    def many(count: int) -> Hierarchy:
        numbers = [f"{n:07d}-1" for n in range(count)]
        return household(
            contracts=tuple(contract(number, n) for n, number in enumerate(numbers)),
            points=tuple(PointRow(n, f"SP-{n}", "PR-1", "electricity", 240, "", "") for n in range(count)),
            meters=tuple(MeterRow(n, f"M-{n}", "electricity") for n in range(count)),
            point_links=tuple(point_link(number, f"SP-{n}", n) for n, number in enumerate(numbers)),
            installations=tuple(installation(f"M-{n}", f"SP-{n}", n) for n in range(count)),
        )

    # enough for each kind's look-ups, locks, writes and programs, however many rows
    with django_assert_max_num_queries(100):
        result = load(many(2000))
    with django_assert_max_num_queries(100):
        again = load(replace(many(2000), as_of=LATER))

    assert result.rejected == ()
    assert (again.accepted, again.unchanged) == (0, result.accepted)
