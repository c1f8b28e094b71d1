"""A request that a viewer handed to the owners: whose answer, whose receipt, and whom it stays with."""

from datetime import timedelta

import pytest

from accounts.models import Role
from consent.models import AuthorizationCode, ConsentRequest, Receipt
from tests.consent.pages.form import PostedForm
from tests.consent.pages.readers import logged_in
from tests.factories.accounts import MembershipFactory, UserFactory, household
from tests.factories.consent import ask

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}


@pytest.fixture
def viewer(home):
    user = UserFactory()
    MembershipFactory(customer=home.customer, user=user, role=Role.VIEWER)
    return user


@pytest.fixture
def address(viewer):
    """Of a request that the viewer asked the owners to decide."""
    address = ask(USAGE, user=viewer).page
    logged_in(viewer).post(address, {"action": "ask-owner"})
    return address


@pytest.mark.spec("P-07", "P-15", "X-16")
def test_an_owner_who_clicks_twice_is_not_sent_to_the_company_with_the_viewers_answer(browser, address):
    form = PostedForm.on(browser, browser.get(address))

    form.press("decision", "approve")
    second = form.press("decision", "approve", follow=True)

    assert "Location" not in second
    assert "You decided this on" in second.content.decode()
    assert not AuthorizationCode.objects.exists()


@pytest.mark.spec("P-15", "F-194")
def test_another_owner_gets_no_link_that_stops_all_of_it(home, browser, address):
    other = UserFactory()
    MembershipFactory(customer=home.customer, user=other, role=Role.OWNER)
    PostedForm.on(browser, browser.get(address)).press("decision", "approve")

    link = f"/receipts/{Receipt.objects.get().number}/"
    assert link in browser.get(address).content.decode()
    assert link not in logged_in(other).get(address).content.decode()


@pytest.mark.spec("P-15", "F-87", "X-16")
def test_a_request_that_the_viewer_gave_back_is_for_no_owner_of_whoever_takes_it(home, viewer, address):
    back = logged_in(viewer).post(address, {"action": "other-login"})
    address = back["Location"].partition("?next=")[2]
    stranger = household()
    partner = UserFactory()
    MembershipFactory(customer=stranger.customer, user=partner, role=Role.OWNER)

    taken = logged_in(stranger.owner).get(address)

    assert taken.status_code == 200
    assert ConsentRequest.objects.get().handed_over is None
    assert logged_in(partner).get(address).status_code == 403


@pytest.mark.spec("P-15")
def test_an_owner_can_decide_no_longer_than_the_viewer_may_look(home, viewer, browser, address):
    form = PostedForm.on(browser, browser.get(address))
    request = ConsentRequest.objects.get()
    viewer.memberships.update(until=request.created + timedelta(microseconds=1), role=Role.DELEGATE)

    assert form.press("decision", "approve", follow=True).status_code == 403
    assert ConsentRequest.objects.get().status == "waiting"
