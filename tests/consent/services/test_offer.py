"""What the request page offers."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Commodity, Role, ServiceContract
from consent.pages.request.forms import initial_choices
from consent.pages.request.page import request_page
from consent.scopes.catalogue import SCOPES
from consent.services.digests import changed_aspects
from consent.services.offer import OFFER_ASPECTS, build_offer, has_ended
from tests.factories.accounts import BillingAccountFactory, MembershipFactory, add_service, household
from tests.factories.consent import ClientFactory, ask

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


def offered(home, *details, user=None):
    user = user or home.owner
    return build_offer(ask(*details, user=user, at=AT), user, AT)


def ticks(group):
    """Whether each service of the list starts ticked, by its number."""
    return {
        contract.contract_number: group.preselected and contract in group.shareable
        for contract in group.contracts
    }


def part_fields(offer):
    return request_page(offer, initial_choices(offer)).parts


@pytest.mark.spec("F-130")
def test_all_offers_and_ticks_the_current_services_only():
    home = household()
    ended = add_service(owner=home.owner, account=home.account, end=date(2026, 11, 24))

    offer = offered(home, {"type": "usage_data", "services": "all"})

    assert ticks(offer.groups[0]) == {home.contract.contract_number: True}
    assert ended.contract.pk not in offer.parts[0].contracts


def test_services_left_out_offers_all_marked_where_ended_and_ticks_none():
    home = household()
    ended = add_service(owner=home.owner, account=home.account, end=date(2026, 11, 24))

    group = offered(home, {"type": "usage_data"}).groups[0]

    assert ticks(group) == {home.contract.contract_number: False, ended.contract.contract_number: False}
    today = AT.date()
    assert [has_ended(contract, today=today) for contract in group.contracts] == [False, True]


def test_a_list_offers_those_that_are_the_customers_ticked():
    home, stranger = household(), household()
    add_service(owner=home.owner, account=home.account)
    numbers = [home.contract.contract_number, stranger.contract.contract_number, "no-such-number"]

    offer = offered(home, {"type": "usage_data", "services": numbers})

    assert ticks(offer.groups[0]) == {home.contract.contract_number: True}
    assert not offer.no_match


@pytest.mark.parametrize("numbers", [["no-such-number"], None])
def test_numbers_that_are_none_of_the_customers_match_nothing(numbers):
    home, stranger = household(), household()

    offer = offered(home, {"type": "usage_data", "services": numbers or [stranger.contract.contract_number]})

    assert offer.no_match
    assert not offer.parts[0].can_be_shared


def test_a_named_service_that_the_scope_cannot_cover_is_shown_without_a_tick():
    home = household(commodity=Commodity.GAS)
    number = home.contract.contract_number

    offer = offered(home, {"type": "generation_mix", "services": [number]})

    assert ticks(offer.groups[0]) == {number: False}
    assert (offer.groups[0].contracts, offer.groups[0].shareable) == ((home.contract,), ())
    assert offer.parts[0].contracts == frozenset()
    assert (offer.no_match, offer.parts[0].can_be_shared) == (False, False)
    assert part_fields(offer)[0].problem == "There is nothing to share here."


def test_scopes_that_ask_for_the_same_services_share_one_list():
    home = household()
    gas = add_service(owner=home.owner, account=home.account, commodity=Commodity.GAS)

    offer = offered(
        home,
        {"type": "generation_mix", "services": "all"},
        {"type": "usage_data", "services": "all"},
        {"type": "bill_data", "services": [home.contract.contract_number]},
    )

    assert [group.scopes for group in offer.groups] == [("usage_data", "generation_mix"), ("bill_data",)]
    usage, _bills, mix = offer.parts
    assert gas.contract.pk in usage.contracts and gas.contract.pk not in mix.contracts
    assert gas.contract in offer.groups[0].shareable
    assert offer.groups[0].scopes_without(gas.contract) == (SCOPES["generation_mix"],)


@pytest.mark.spec("F-124b")
@pytest.mark.parametrize(
    ("detail", "offered_later"),
    [
        ({"services": "all", "end": "+1y"}, True),
        ({"services": "all", "end": "now"}, False),
        ({"services": "all"}, False),
        ({"end": "+1y"}, False),
    ],
)
def test_services_added_later_are_offered_only_for_all_with_an_end_to_come(detail, offered_later):
    offer = offered(household(), {"type": "usage_data"} | detail)

    assert bool(offer.parts[0].future_accounts) is offer.groups[0].future_offered is offered_later


@pytest.mark.spec("P-15")
def test_a_viewer_reads_but_may_not_decide_and_a_stranger_sees_nothing():
    home = household(role=Role.VIEWER)
    stranger = household()

    detail = {"type": "usage_data", "services": [home.contract.contract_number]}
    seen = offered(home, detail)

    assert not seen.may_decide
    assert ticks(seen.groups[0]) == {home.contract.contract_number: True}
    assert offered(stranger, detail).no_match


def test_a_delegate_is_said_to_act_for_the_owner_and_sees_what_may_be_shared_only():
    home = household()
    other = add_service(owner=home.owner, account=BillingAccountFactory(customer=home.customer))
    delegate = MembershipFactory(
        customer=home.customer,
        billing_account=home.account,
        role=Role.DELEGATE,
        may_share=True,
        until=AT + timedelta(days=1),
    ).user

    offer = offered(home, {"type": "usage_data", "services": "all"}, user=delegate)

    assert (offer.may_decide, offer.delegate) == (True, True)
    assert other.contract.contract_number not in ticks(offer.groups[0])
    assert not offered(home, {"type": "usage_data"}).delegate


def test_a_website_is_linked_only_once_it_was_confirmed():
    home = household()
    client = ClientFactory(client_uri="https://app.example.com")
    request = ask({"type": "usage_data"}, user=home.owner, client=client, at=AT)
    hidden, unconfirmed = build_offer(request, home.owner, AT), client.confirmed_uri
    client.uri_confirmed = True

    shown = build_offer(request, home.owner, AT)

    assert (unconfirmed, client.confirmed_uri) == ("", "https://app.example.com")
    assert changed_aspects(hidden.digest, shown.digest, OFFER_ASPECTS) == ("company",)


def test_a_digest_that_is_none_of_ours_counts_as_everything_changed():
    offer = offered(household(), {"type": "usage_data"})

    assert changed_aspects("forged", offer.digest, OFFER_ASPECTS) == OFFER_ASPECTS
    assert changed_aspects(offer.digest, offer.digest, OFFER_ASPECTS) == ()


def test_withheld_bills_are_announced_where_an_account_has_several_services():
    alone, joint = household(), household()
    add_service(owner=joint.owner, account=joint.account, commodity=Commodity.WATER)
    details = {"type": "bill_statements", "services": "all"}, {"type": "bill_data", "services": "all"}

    of_one, of_two = offered(alone, *details), offered(joint, *details)

    data, statements = part_fields(of_two)
    assert [field.note for field in part_fields(of_one)] == ["", ""]
    assert data.note == ""
    assert "all of its services" in statements.note


def test_a_fixed_period_that_passed_while_the_request_waited_cannot_be_shared():
    home = household()
    detail = {"type": "usage_data", "start": "now", "end": "2026-11-24T16:30:00Z", "services": "all"}
    request = ask(detail, user=home.owner, at=AT)

    offer = build_offer(request, home.owner, AT + timedelta(hours=1))

    assert not offer.parts[0].can_be_shared
    assert part_fields(offer)[0].problem == "The dates that were asked for have passed."


def test_two_thousand_services_cost_four_statements(django_assert_num_queries):
    home = household()
    ServiceContract.objects.bulk_create(
        ServiceContract(
            billing_account=home.account,
            contract_number=f"many-{number}",
            commodity=Commodity.ELECTRICITY,
            start=date(2020, 1, 1),
        )
        for number in range(1999)
    )
    request = ask({"type": "usage_data", "services": "all"}, user=home.owner, at=AT)

    with django_assert_num_queries(4):  # contracts, their regions, their meters, who owns them
        offer = build_offer(request, home.owner, AT)

    assert len(offer.parts[0].contracts) == 2000
