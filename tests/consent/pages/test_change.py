"""Sharing less: only narrower, once for each form, never past what was shown."""

import gzip
import re
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import OutgoingMail, ServiceContract
from cdsc_portal.lib.time import clock
from consent.models import Actor, Grant, GrantEvent, Receipt
from consent.queries.grant_contents import grant_contents
from consent.services.revoke import revoke_grant
from tests.consent.pages.form import PostedForm
from tests.factories.accounts import (
    MembershipFactory,
    ServiceContractFactory,
    UserFactory,
    add_service,
    household,
)
from tests.factories.consent import ClientFactory, approve, ask

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
BILLS = {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"}


@pytest.fixture
def gas(home):
    return add_service(owner=home.owner, account=home.account, commodity="natural_gas")


@pytest.fixture
def grant(home, gas):
    return approve(ask(USAGE, BILLS, user=home.owner, client=ClientFactory(name="Sunny Roofs (demo)")))


def form_of(browser, grant):
    address = reverse("sharing_change", args=[grant.public_id])
    return PostedForm.on(browser, browser.get(address), form_id="change")


def save(form, **more):
    return form.press("action", "save", **more)


def logged_in(user):
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.mark.spec("P-04", "F-173", "F-200")
def test_what_is_unticked_is_shared_no_more_and_a_new_receipt_says_so(home, gas, browser, grant):
    form = form_of(browser, grant)
    form.untick("data", "bill_data")
    form.untick("contract", gas.contract.public_id)
    end = (clock.now() + timedelta(days=100)).date().isoformat()
    form.fill("end-usage_data", end)

    response = save(form)

    assert response.status_code == 303
    grant.refresh_from_db()
    [detail] = grant.authorization_details
    assert (detail["type"], detail["services"]) == ("usage_data", [home.contract.contract_number])
    former, newer = Receipt.objects.order_by("created")
    assert former.superseded_by == newer
    page = browser.get(response["Location"]).content.decode()
    assert "Changed at" in page
    assert "Changed: less is shared, by you" in page
    assert newer.number in page
    assert OutgoingMail.objects.filter(kind="changed").count() == 1


def test_the_page_starts_with_exactly_what_is_shared(home, gas, browser, grant):
    form = form_of(browser, grant)

    assert form.ticked("data") == ["usage_data", "bill_data"]
    assert set(form.ticked("contract")) == {home.contract.public_id, gas.contract.public_id}


@pytest.mark.spec("P-07")
def test_the_same_form_sent_again_gives_the_first_outcome(home, gas, browser, grant):
    form = form_of(browser, grant)
    form.untick("contract", gas.contract.public_id)

    first, second = save(form), save(form)

    assert first["Location"] == second["Location"]
    assert Receipt.objects.count() == 2
    assert OutgoingMail.objects.filter(kind="changed").count() == 1


@pytest.mark.spec("P-09")
def test_a_form_from_before_another_change_changes_nothing_and_says_what_differs(home, gas, browser, grant):
    stale, fresh = form_of(browser, grant), form_of(browser, grant)
    fresh.untick("data", "bill_data")
    save(fresh)
    stale.untick("contract", gas.contract.public_id)

    response = save(stale)

    page = response.content.decode()
    assert response.status_code == 409
    assert "This has changed since you opened it" in page
    assert "<li>the kinds of data</li>" in page
    assert len(grant_contents(grant).contracts) == 2


@pytest.mark.spec("P-11")
@pytest.mark.parametrize(
    ("forge", "message"),
    [
        (lambda form, other: form.tick("data", "bill_statements"), "you can only share less"),
        (lambda form, other: form.tick("contract", other.contract.public_id), "you can only share less"),
        (lambda form, other: form.tick("later"), "you can only share less"),
        (lambda form, other: form.fill("start-usage_data", "2001-01-01"), "are not shared"),
        (lambda form, other: form.fill("end-usage_data", "2999-01-01"), "are not shared"),
        (lambda form, other: form.untick("data"), "Keep at least one kind of data"),
        (lambda form, other: form.untick("contract"), "Keep at least one service"),
        (lambda form, other: form.fill("form_token", ""), "you can only share less"),
        (lambda form, other: None, "Nothing was changed. Untick something"),
    ],
)
def test_a_form_that_would_widen_or_leave_nothing_is_refused_and_says_why(browser, grant, forge, message):
    before = grant.authorization_details
    form = form_of(browser, grant)
    forge(form, household())

    response = save(form)

    page = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error:" in re.sub(r"\s+", " ", page).replace("<title> ", "<title>")
    assert message in page
    grant.refresh_from_db()
    assert grant.authorization_details == before
    assert Receipt.objects.count() == 1


@pytest.mark.spec("P-06")
def test_updating_the_summary_or_keeping_changes_nothing(gas, browser, grant):
    form = form_of(browser, grant)
    form.untick("contract", gas.contract.public_id)

    shown = form.press("action", "update").content.decode()
    kept = form.press("action", "keep")

    assert "1 electricity service<" in shown
    assert kept.status_code == 303
    assert Receipt.objects.count() == 1


def test_the_first_button_of_the_form_decides_nothing(browser, grant):
    first = form_of(browser, grant).buttons[0]

    assert first[:2] == ("action", "update")


@pytest.mark.spec("P-15")
def test_another_owner_changes_only_what_they_own(home, gas, grant):
    shop = household(owner=home.owner)
    both = approve(ask(USAGE, BILLS, user=home.owner))
    partner = MembershipFactory(customer=shop.customer, user=UserFactory(name="Ben Demo")).user
    second = add_service(owner=home.owner, account=shop.account)
    whole = approve(ask(USAGE, user=home.owner))
    form = form_of(logged_in(partner), whole)
    form.untick("contract", second.contract.public_id)

    save(form)

    assert set(form.data) & {"data", "end-usage_data"} == set()
    assert second.contract.pk not in grant_contents(whole).contracts
    assert {home.contract.pk, gas.contract.pk, shop.contract.pk} == set(grant_contents(whole).contracts)
    assert GrantEvent.objects.latest("pk").by == partner
    assert len(grant_contents(both).contracts) == 3


@pytest.mark.spec("P-11", "P-15")
def test_another_owner_cannot_take_out_what_they_do_not_own(home, gas):
    shop = household(owner=home.owner)
    whole = approve(ask(USAGE, user=home.owner))
    partner = MembershipFactory(customer=shop.customer).user
    form = form_of(logged_in(partner), whole)
    form.tick("contract", home.contract.public_id)

    response = save(form)

    assert response.status_code == 422
    assert len(grant_contents(whole).contracts) == 3


@pytest.mark.spec("P-15")
def test_a_viewer_and_a_stranger_find_no_such_page(home, grant):
    viewer = MembershipFactory(customer=home.customer, role="viewer").user

    for user in (viewer, household().owner):
        address = reverse("sharing_change", args=[grant.public_id])
        assert logged_in(user).get(address).status_code == 404
        assert logged_in(user).post(address, {"action": "save"}).status_code == 404


def test_what_has_ended_leads_back_to_its_page(home, browser, grant):
    revoke_grant(grant=grant, by=home.owner, actor=Actor.CUSTOMER, at=clock.now())

    response = browser.get(reverse("sharing_change", args=[grant.public_id]))

    assert response["Location"] == reverse("sharing_detail", args=[grant.public_id])


def test_turning_later_services_off_keeps_those_that_came_already(home, gas, browser):
    grant = approve(ask(USAGE, user=home.owner))
    part = grant.parts.get()
    part.future_accounts.set([home.account])
    came = ServiceContractFactory(
        billing_account=home.account, cds_created=clock.now() + timedelta(minutes=1)
    )
    form = form_of(browser, grant)
    form.untick("later")

    save(form)

    grant.refresh_from_db()
    assert came.contract_number in grant.authorization_details[0]["services"]
    assert "services_added_later" not in grant.authorization_details[0]
    assert grant_contents(grant).accounts == frozenset()


@pytest.mark.spec("P-10")
def test_without_scripts_a_search_and_tick_none_work_by_a_round_trip(home, browser):
    ServiceContractFactory.create_batch(11, billing_account=home.account, name="Store")
    kiosk = ServiceContractFactory(billing_account=home.account, name="Kiosk 7")
    grant = approve(ask(USAGE, user=home.owner))
    form = form_of(browser, grant)
    form.fill("search", "kiosk")

    page = form.press("action", "none").content.decode()

    assert "12 of 13 ticked" in page
    assert f'value="{kiosk.public_id}">' in page
    assert page.count('data-choice="') - page.count(" hidden>") + page.count("data-section hidden>") == 1


@pytest.mark.parametrize("many", [1, 2000])
def test_two_thousand_services_cost_the_queries_of_one_and_stay_small(
    home, browser, many, django_assert_num_queries
):
    ServiceContract.objects.bulk_create(
        ServiceContractFactory.build_batch(many, billing_account=home.account)
    )
    grant = approve(ask(USAGE, BILLS, user=home.owner))

    # session, user; in sight, grant; stoppable; parts, ticked, later accounts, contracts; request; shareable, visible,
    # meters; session saved: savepoint, update, release
    with django_assert_num_queries(16):
        page = browser.get(reverse("sharing_change", args=[grant.public_id]))

    assert page.content.count(b'name="contract"') == many + 1
    assert len(gzip.compress(page.content)) < 150_000


def test_the_grant_is_untouched_by_a_form_without_its_token(grant, home):
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(home.owner)

    response = browser.post(reverse("sharing_change", args=[grant.public_id]), {"action": "save"})

    assert response.status_code == 403
    assert Grant.objects.get().authorization_details == grant.authorization_details


@pytest.mark.spec("P-06")
def test_enter_in_a_field_of_a_long_list_ticks_nothing_again(home, browser, grant):
    """Browsers press the form's first button on Enter: here it only looks."""
    stores = ServiceContractFactory.create_batch(11, billing_account=home.account)
    approve(ask(USAGE, user=home.owner, client=grant.client))
    form = form_of(browser, Grant.objects.latest("pk"))
    form.untick("contract", stores[0].public_id)
    (name, value, _words), *_others = form.buttons

    again = PostedForm.on(browser, form.press(name, value), form_id="change")

    assert stores[0].public_id not in again.ticked("contract")
    assert len(again.ticked("contract")) == len(form.ticked("contract")) == 12
    assert not GrantEvent.objects.filter(change="narrowed").exists()
