"""A company that the customer shares with already: what is new, one grant or two; declined at Home (P-30, P-31)."""

import pytest
from django.urls import reverse
from lxml import html

from consent.models import ConsentRequest, Grant, RequestStatus
from consent.transitions import GrantStatus
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.consent import ClientFactory, approve, ask
from tests.support.titles import title_of

USAGE = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}
BILLS = {"type": "bill_data", "start": "-1y", "end": "+1y", "services": "all"}


@pytest.fixture
def company(db):
    return ClientFactory(name="Sunny Roofs (demo)")


@pytest.fixture
def former(home, company):
    return approve(ask(USAGE, user=home.owner, client=company))


def words_of(response):
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


@pytest.mark.spec("P-30")
def test_the_page_says_until_when_it_is_shared_and_what_is_new(home, browser, company, former):
    request = ask(USAGE, BILLS, user=home.owner, client=company)

    page = words_of(browser.get(request.page))

    assert "You already share with Sunny Roofs (demo)" in page
    assert f"New: {title_of('bill_data')}." in page
    assert "Not asked for again" not in page


@pytest.mark.spec("P-30")
@pytest.mark.parametrize(("answer", "open_grants"), [("replace", 1), ("both", 2)])
def test_replacing_leaves_one_grant_and_keeping_both_two(
    home, browser, opened, company, former, answer, open_grants
):
    form = opened(browser, ask(USAGE, BILLS, user=home.owner, client=company))
    assert form.data["existing"] == ["replace"]
    form.fill("existing", answer)

    form.press("decision", "approve")

    former.refresh_from_db()
    assert Grant.objects.filter(status=GrantStatus.ACTIVE).count() == open_grants
    assert former.status == (GrantStatus.REVOKED if answer == "replace" else GrantStatus.ACTIVE)


@pytest.mark.spec("P-30", "X-16")
def test_a_form_that_did_not_say_so_ends_nothing_and_nobody_elses_grant_ends(home, browser, opened, company):
    other = UserFactory()
    MembershipFactory(customer=home.customer, user=other)
    theirs = approve(ask(USAGE, user=other, client=company))
    form = opened(browser, ask(USAGE, user=home.owner, client=company))
    assert "existing" not in form.data
    form.fill("existing", "replace")

    form.press("decision", "approve")

    theirs.refresh_from_db()
    assert theirs.status == GrantStatus.ACTIVE


@pytest.mark.spec("P-30")
def test_sharing_lists_what_one_company_has_below_one_heading(home, browser, company, former):
    approve(ask(USAGE, user=home.owner, client=ClientFactory(name="Other Savings")))
    second = ClientFactory(name=company.name, registration=company.registration)
    approve(ask(BILLS, user=home.owner, client=second))

    page = html.fromstring(browser.get(reverse("sharing_list")).content.decode())

    headings = [words.text_content() for words in page.xpath("//section[@aria-labelledby='now']//h3")]
    assert headings == ["Sunny Roofs (demo)2 sharings", "Other Savings"]
    first, other = page.xpath("//section[@aria-labelledby='now']/ul/li")
    assert len(first.xpath(".//li[contains(@class, 'sharing-card')]")) == 2
    assert [words.text_content()[:6] for words in first.xpath(".//h4")] == ["Since "] * 2
    assert not other.xpath(".//h4")


@pytest.mark.spec("P-31")
def test_home_says_what_is_asked_for_and_declines_it_there(home, browser, company):
    request = ask(USAGE, BILLS, user=home.owner, client=company)
    page = browser.get(reverse("my_home"))
    assert f"{title_of('usage_data')}, {title_of('bill_data')}" in words_of(page)

    response = browser.post(
        reverse("my_request", args=[request.reference]), {"decision": "decline"}, follow=True
    )

    assert response.redirect_chain == [(reverse("my_home"), 303)]
    assert "You did not share anything with Sunny Roofs (demo)." in words_of(response)
    assert ConsentRequest.objects.get().status == RequestStatus.DENIED
