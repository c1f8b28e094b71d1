"""Changes that the page does not offer: of what comes as a whole, with another form's token, with no text at all."""

import pytest
from django.urls import reverse

from consent.models import Grant, Receipt
from consent.services.change import RequestedChange, change_sharing
from consent.services.change_offer import build_change
from consent.services.decision import AllOrNone
from tests.consent.pages.form import PostedForm
from tests.factories.accounts import add_service
from tests.factories.consent import ClientFactory, approve, ask

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
BILLS = {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"}


@pytest.fixture
def gas(home):
    return add_service(owner=home.owner, account=home.account, commodity="natural_gas")


@pytest.fixture
def locked(home, gas):
    """A sharing of two kinds of data that were asked for together."""
    return approve(ask(USAGE, BILLS, user=home.owner, client=ClientFactory(all_or_nothing=True)))


def form_of(browser, grant):
    address = reverse("sharing_change", args=[grant.public_id])
    return PostedForm.on(browser, browser.get(address), form_id="change")


@pytest.mark.spec("F-67")
def test_what_was_asked_for_as_a_whole_offers_services_alone(gas, browser, locked):
    form = form_of(browser, locked)

    assert not [name for name in form.data if name == "data" or name.startswith(("start-", "end-"))]
    form.untick("contract", gas.contract.public_id)
    assert form.press("action", "save").status_code == 303
    locked.refresh_from_db()
    assert [detail["type"] for detail in locked.authorization_details] == ["usage_data", "bill_data"]
    assert {len(detail["services"]) for detail in locked.authorization_details} == {1}


@pytest.mark.spec("F-67", "P-11")
def test_a_forged_form_takes_nothing_out_of_a_whole(gas, browser, locked):
    before = Grant.objects.values("authorization_details", "access_ends").get()
    form = form_of(browser, locked)
    form.fill("data", "bill_data")
    form.fill("end-usage_data", "2026-12-31")

    assert form.press("action", "save").status_code == 422
    assert Grant.objects.values("authorization_details", "access_ends").get() == before
    assert Receipt.objects.count() == 1


@pytest.mark.spec("F-67")
def test_the_service_too_keeps_a_whole_together(home, locked):
    offer = build_change(locked, user=home.owner, at=locked.created)
    kept = frozenset(contract.pk for contract in offer.services)
    wanted = RequestedChange(data=frozenset({"usage_data"}), contracts=kept, include_future=False, days={})

    with pytest.raises(AllOrNone):
        change_sharing(
            grant=locked,
            change=wanted,
            by=home.owner,
            digest=offer.digest,
            form_token="t",
            at=locked.created,
        )


@pytest.mark.spec("P-11")
def test_the_token_of_another_sharings_form_changes_nothing(gas, browser, home):
    first, second = (approve(ask(USAGE, BILLS, user=home.owner)) for _each in range(2))
    form = form_of(browser, first)
    form.untick("data", "bill_data")
    form.press("action", "save")

    forged = form_of(browser, second)
    forged.untick("data", "bill_data")
    forged.data["form_token"] = form.data["form_token"]

    assert forged.press("action", "save").status_code == 422
    assert second.parts.count() == 2


@pytest.mark.parametrize("token", ["", "\0", "x" * 65])
def test_a_token_that_no_page_made_changes_nothing(gas, browser, home, token):
    grant = approve(ask(USAGE, BILLS, user=home.owner))
    form = form_of(browser, grant)
    form.untick("data", "bill_data")
    form.data["form_token"] = [token]

    assert form.press("action", "save").status_code == 422
    assert grant.parts.count() == 2


@pytest.mark.parametrize(
    "name",
    [
        "sharing_detail",
        "sharing_change",
        "sharing_stop",
        "sharing_reads",
        "sharing_services",
        "receipt",
        "receipt_stop",
        "consent_request",
        "my_request",
        "consent_request_cancel",
    ],
)
def test_an_address_with_a_nul_is_not_there(browser, name):
    address = reverse(name, args=["x"]).replace("/x/", "/%00/")

    assert browser.get(address).status_code == 404


def test_a_search_for_a_nul_finds_nothing_special(browser, db):
    assert browser.get(reverse("sharing_list"), {"q": "\0"}).status_code == 200
