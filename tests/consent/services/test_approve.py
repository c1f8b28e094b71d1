"""An approval: what was settled is written once, whole, and never wider than asked."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Commodity, Membership, OutgoingMail, Role
from consent.models import ClientStatus, Grant, Receipt, RequestStatus
from consent.services.access_requests import BoundToAnotherUser, bind_request
from consent.services.approve import approve_request, deny_request
from consent.services.decision import (
    AlreadyDecided,
    ClientNotAllowed,
    MayNotDecide,
    NothingChosen,
    NotOffered,
    OfferChanged,
    PartDecision,
    PeriodEmpty,
    RequestOver,
    TooWide,
)
from consent.services.offer import build_offer
from tests.factories.accounts import MembershipFactory, UserFactory, add_service, household
from tests.factories.consent import ClientFactory, approve, ask, everything
from tests.support.titles import title_of

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)  # 8 in the morning in the utility's zone
MINUTES_FORM = (
    {"type": "supply_details"},
    {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"},
    {"type": "generation_mix", "start": "-3y", "end": "now", "services": "all"},
)


def decided(home, *scopes, **fields):
    return tuple(PartDecision(scope, frozenset({home.contract.pk}), **fields) for scope in scopes)


@pytest.mark.spec("X-10", "X-11")
def test_the_form_of_the_minutes_is_granted_with_dates_fixed_and_services_named():
    home = household()
    request = ask(*MINUTES_FORM, user=home.owner, at=AT)

    grant = approve(request, at=AT)

    number = home.contract.contract_number
    assert grant.authorization_details == [
        {"type": "supply_details", "services": [number]},
        {
            "type": "usage_data",
            "start": "2023-11-24T16:00:00Z",
            "end": "2029-11-24T16:00:00Z",
            "services": [number],
        },
        {
            "type": "generation_mix",
            "start": "2023-11-24T16:00:00Z",
            "end": "2026-11-24T16:00:00Z",
            "services": [number],
        },
    ]
    assert grant.scope == "supply_details usage_data generation_mix"
    assert (grant.status, grant.user, grant.refreshable) == ("active", home.owner, True)
    assert grant.access_ends == datetime(2029, 11, 24, 16, tzinfo=UTC)


def test_each_part_ends_by_its_own_end_or_a_day_after_approval():
    home = household()

    grant = approve(ask(*MINUTES_FORM, user=home.owner, at=AT), at=AT)

    day_later = AT + timedelta(hours=24)
    ends = dict(grant.parts.values_list("scope", "access_ends"))
    assert ends == {
        "customer_supply_details": day_later,
        "usage_data": datetime(2029, 11, 24, 16, tzinfo=UTC),
        "generation_mix": day_later,
    }


@pytest.mark.parametrize(
    ("end", "ends", "refreshable"),
    [
        (None, AT + timedelta(hours=24), False),
        ("now", AT + timedelta(hours=24), False),
        ("-1y", AT + timedelta(hours=24), False),
        ("2026-11-24", datetime(2026, 11, 25, 8, tzinfo=UTC), True),
        ("+1mo", datetime(2026, 12, 24, 16, tzinfo=UTC), True),
    ],
)
def test_access_ends_at_the_end_or_without_one_to_come_after_a_day(end, ends, refreshable):
    home = household()
    detail = {"type": "usage_data", "start": "-2y", "services": "all"} | ({"end": end} if end else {})

    grant = approve(ask(detail, user=home.owner, at=AT), at=AT)

    assert (grant.access_ends, grant.refreshable) == (ends, refreshable)


def test_the_present_with_an_end_opens_until_then_and_without_any_window():
    home = household()
    detail = {"type": "customer_supply_details", "end": "+1y", "services": "all"}

    grant = approve(ask(detail, user=home.owner, at=AT), at=AT)

    part = grant.parts.get()
    assert (part.window_start, part.window_end) == (None, None)
    assert part.access_ends == datetime(2027, 11, 24, 16, tzinfo=UTC)
    assert grant.authorization_details[0]["end"] == "2027-11-24T16:00:00Z"


def test_relative_dates_count_from_the_approval_not_from_the_request():
    home = household()
    request = ask({"type": "usage_data", "start": "-1d", "services": "all"}, user=home.owner, at=AT)
    later = AT + timedelta(hours=3)

    grant = approve(request, at=later)

    assert grant.parts.get().window_start == later - timedelta(days=1)


def test_what_the_customer_left_out_is_not_granted():
    home = household()
    other = add_service(owner=home.owner, account=home.account)
    request = ask(*MINUTES_FORM, user=home.owner, at=AT)
    fields = {"start": date(2026, 1, 1), "end": date(2026, 12, 31)}

    grant = approve(request, decision=decided(home, "usage_data", **fields), at=AT)

    part = grant.parts.get()
    assert list(part.contracts.all()) == [home.contract]
    assert other.contract.contract_number not in str(grant.authorization_details)
    assert part.window_start == datetime(2026, 1, 1, 8, tzinfo=UTC)
    assert part.window_end == datetime(2027, 1, 1, 8, tzinfo=UTC) == grant.access_ends
    assert grant.scope == "usage_data"


@pytest.mark.parametrize(
    ("decision", "refusal"),
    [
        (lambda home: (), NothingChosen),
        (lambda home: (PartDecision("usage_data", frozenset()),), NothingChosen),
        (lambda home: decided(home, "bill_data"), NotOffered),
        (lambda home: decided(home, "usage_data", "usage_data"), NotOffered),
        (lambda home: decided(home, "customer_supply_details", include_future=True), NotOffered),
        (lambda home: decided(household(), "usage_data"), NotOffered),
        (lambda home: decided(home, "usage_data", start=date(2023, 11, 23)), TooWide),
        (lambda home: decided(home, "usage_data", end=date(2029, 11, 25)), TooWide),
        (lambda home: decided(home, "usage_data", start=date(2026, 2, 2), end=date(2026, 2, 1)), PeriodEmpty),
    ],
)
def test_a_decision_beyond_the_offer_changes_nothing(decision, refusal):
    home = household()
    request = ask(*MINUTES_FORM, user=home.owner, at=AT)

    with pytest.raises(refusal):
        approve(request, decision=decision(home), at=AT)

    request.refresh_from_db()
    assert (request.status, Grant.objects.count(), OutgoingMail.objects.count()) == ("waiting", 0, 0)


def test_a_service_of_another_kind_cannot_be_shared_under_a_scope_of_electricity():
    home = household()
    gas = add_service(owner=home.owner, account=home.account, commodity=Commodity.GAS)
    request = ask(*MINUTES_FORM, user=home.owner, at=AT)
    decision = (PartDecision("generation_mix", frozenset({gas.contract.pk})),)

    with pytest.raises(NotOffered):
        approve(request, decision=decision, at=AT)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": "Other Savings"}, "company"),
        ({"purpose": "To sell it on."}, "purpose"),
        ({"policy_uri": "https://app.example.com/new"}, "terms"),
    ],
)
def test_what_changed_since_it_was_shown_is_named_and_nothing_is_granted(change, named):
    home = household()
    request = ask(*MINUTES_FORM, user=home.owner, at=AT)
    shown = build_offer(request, home.owner, AT)
    type(request.client).objects.filter(pk=request.client.pk).update(**change)

    with pytest.raises(OfferChanged) as refused:
        approve_request(
            request=request, decision=everything(shown), by=home.owner, digest=shown.digest, at=AT
        )

    assert refused.value.changed == (named,)
    assert not Grant.objects.exists()


def test_other_days_than_those_shown_are_a_change_and_other_seconds_are_not():
    home = household()
    request = ask(*MINUTES_FORM, user=home.owner, at=AT)
    shown = build_offer(request, home.owner, AT)

    assert build_offer(request, home.owner, AT + timedelta(minutes=5)).digest == shown.digest
    assert build_offer(request, home.owner, AT + timedelta(hours=17)).digest != shown.digest


def test_a_second_approval_gives_the_first_outcome():
    home = household()
    request = ask(*MINUTES_FORM, user=home.owner, at=AT)
    grant = approve(request, at=AT)

    with pytest.raises(AlreadyDecided) as replay:
        approve(request, decision=decided(home, "usage_data"), at=AT)

    assert replay.value.grant == grant
    assert Receipt.objects.count() == 1


def test_a_denied_request_stays_denied():
    home = household()
    request = ask(*MINUTES_FORM, user=home.owner, at=AT)
    deny_request(request=request, by=home.owner, at=AT)

    assert deny_request(request=request, by=home.owner, at=AT).status == RequestStatus.DENIED
    with pytest.raises(AlreadyDecided) as refused:
        approve(request, at=AT)
    assert refused.value.grant is None


def test_an_approved_request_cannot_be_denied_afterwards():
    home = household()
    request = ask(*MINUTES_FORM, user=home.owner, at=AT)
    grant = approve(request, at=AT)

    with pytest.raises(AlreadyDecided) as refused:
        deny_request(request=request, by=home.owner, at=AT)

    assert refused.value.grant == grant


@pytest.mark.parametrize("status", [ClientStatus.SUSPENDED, ClientStatus.DISABLED])
def test_a_company_that_was_stopped_meanwhile_gets_nothing(status):
    home = household()
    request = ask(*MINUTES_FORM, user=home.owner, at=AT)
    type(request.client).objects.filter(pk=request.client.pk).update(status=status)

    with pytest.raises(ClientNotAllowed):
        approve(request, at=AT)


def test_a_scope_taken_from_the_company_meanwhile_is_not_granted():
    home = household()
    request = ask(*MINUTES_FORM, user=home.owner, at=AT)
    type(request.client).objects.filter(pk=request.client.pk).update(allowed_scopes=["usage_data"])

    with pytest.raises(ClientNotAllowed):
        approve(request, at=AT)


def test_a_request_that_waited_too_long_is_over():
    home = household()
    request = ask(*MINUTES_FORM, user=home.owner, at=AT)

    with pytest.raises(RequestOver):
        approve(request, at=AT + timedelta(hours=24))


@pytest.mark.spec("X-16")
def test_a_request_belongs_to_the_first_user_who_opened_it():
    home, stranger = household(), household()
    request = ask(*MINUTES_FORM, user=home.owner, at=AT)
    shown = build_offer(request, stranger.owner, AT)

    with pytest.raises(BoundToAnotherUser):
        bind_request(request=request, user=stranger.owner, at=AT)
    with pytest.raises(MayNotDecide):
        approve_request(
            request=request, decision=everything(shown), by=stranger.owner, digest=shown.digest, at=AT
        )


@pytest.mark.spec("P-15")
def test_a_viewer_and_a_delegate_whose_time_is_over_cannot_share():
    viewer = household(role=Role.VIEWER)
    home = household()
    delegate = MembershipFactory(
        customer=home.customer, role=Role.DELEGATE, may_share=True, until=AT + timedelta(hours=1)
    ).user
    of_viewer = ask(*MINUTES_FORM, user=viewer.owner, at=AT)
    of_delegate = ask(*MINUTES_FORM, user=delegate, at=AT)
    shown = build_offer(of_delegate, delegate, AT)
    later = AT + timedelta(hours=2)

    with pytest.raises(MayNotDecide):
        approve(of_viewer, at=AT)
    with pytest.raises((OfferChanged, MayNotDecide, NotOffered)):
        approve_request(
            request=of_delegate, decision=everything(shown), by=delegate, digest=shown.digest, at=later
        )


@pytest.mark.spec("X-20")
def test_the_decision_leaves_an_event_and_a_receipt_of_what_was_shown():
    home = household()
    client = ClientFactory(name="Sunny Roofs", purpose="To plan your roof.")
    request = ask(*MINUTES_FORM, user=home.owner, client=client, at=AT)

    grant = approve(request, decision=decided(home, "usage_data"), at=AT)
    client.name = "Renamed"
    client.save()

    event = grant.events.get()
    assert (event.to_status, event.actor, event.by, event.at) == ("active", "customer", home.owner, AT)
    facts = grant.receipts.get().facts
    assert facts["client"]["name"] == "Sunny Roofs"
    assert facts["purpose"] == "To plan your roof."
    assert facts["parts"][0]["title"] == title_of("usage_data")
    assert facts["parts"][0]["period"] == (
        "Readings from November 24, 2023, and new ones until November 24, 2029 (Pacific Time)."
    )
    assert [left["scope"] for left in facts["left_out"]] == ["customer_supply_details", "generation_mix"]


def test_names_numbers_and_addresses_stand_only_in_the_erasable_half_of_a_receipt():
    home = household(owner=UserFactory(name="Ada Demo"), name="Cabin")

    grant = approve(ask(*MINUTES_FORM, user=home.owner, at=AT), at=AT)

    receipt = grant.receipts.get()
    personal = [
        home.owner.name,
        home.owner.email,
        home.contract.contract_number,
        home.contract.name,
        home.contract.address,
        home.account.account_number,
    ]
    assert all(value in str(receipt.personal) for value in personal)
    assert not any(value in str(receipt.facts) for value in personal)


def test_a_delegates_receipt_names_the_owners_too():
    home = household()
    delegate = MembershipFactory(
        customer=home.customer, role=Role.DELEGATE, may_share=True, until=AT + timedelta(days=9)
    ).user

    grant = approve(ask(*MINUTES_FORM, user=delegate, at=AT), at=AT)

    receipt = grant.receipts.get()
    assert receipt.facts["role"] == "delegate"
    assert receipt.personal["approver"]["email"] == delegate.email
    assert [owner["email"] for owner in receipt.personal["owners"]] == [home.owner.email]


def test_services_added_later_join_only_where_the_customer_said_so():
    home = household()
    detail = {"type": "usage_data", "end": "+1y", "services": "all"}
    without = approve(ask(detail, user=home.owner, at=AT), at=AT)
    request = ask(detail, user=home.owner, at=AT)

    with_later = approve(request, decision=decided(home, "usage_data", include_future=True), at=AT)

    assert not without.parts.get().future_accounts.exists()
    assert list(with_later.parts.get().future_accounts.all()) == [home.account]
    assert with_later.authorization_details[0]["services_added_later"] is True


def test_an_owner_who_lost_the_account_meanwhile_shares_nothing():
    home = household()
    request = ask(*MINUTES_FORM, user=home.owner, at=AT)
    shown = build_offer(request, home.owner, AT)
    Membership.objects.filter(user=home.owner).delete()

    with pytest.raises(MayNotDecide):
        approve_request(
            request=request, decision=everything(shown), by=home.owner, digest=shown.digest, at=AT
        )
