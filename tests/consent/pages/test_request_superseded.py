"""The page of a request whose place a newer one of the same company took."""

import pytest

from accounts.models import Role
from consent.models import Grant
from tests.consent.pages.form import PostedForm
from tests.consent.pages.readers import logged_in
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.consent import ClientFactory, ask

pytestmark = pytest.mark.spec("P-31")
USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
WORDS = "A newer request took the place of this one"


@pytest.mark.parametrize("decision", ["approve", "deny"])
def test_a_decision_in_the_older_tab_is_refused_in_words_that_lead_to_the_newer(home, browser, decision):
    client = ClientFactory()
    older = ask(USAGE, user=home.owner, client=client)
    form = PostedForm.on(browser, browser.get(older.page))
    newer = ask(USAGE, user=home.owner, client=client)

    answer = form.press("decision", decision, follow=True)

    page = answer.content.decode()
    assert (answer.status_code, WORDS in page) == (410, True)
    assert f'href="/my/requests/{newer.reference}/"' in page
    assert browser.get(f"/my/requests/{newer.reference}/").status_code == 200
    assert not Grant.objects.exists()


def test_an_owner_who_was_asked_is_told_so_without_a_link_to_what_is_not_theirs(home, browser):
    viewer, client = UserFactory(name="Robin Sample"), ClientFactory()
    MembershipFactory(customer=home.customer, user=viewer, role=Role.VIEWER)
    older = ask(USAGE, user=viewer, client=client)
    logged_in(viewer).post(older.page, {"action": "ask-owner"})
    newer = ask(USAGE, user=viewer, client=client)

    page = browser.get(f"/my/requests/{older.reference}/").content.decode()

    assert WORDS in page
    assert "Robin Sample opened the newer one" in page
    assert newer.reference not in page
