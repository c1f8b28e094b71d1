"""The receipt in a real browser: read without a login, whole with one, the same whatever changes later."""

import pytest

from consent.models import Receipt
from tests.factories.consent import approve, receipt_page_of
from tests.journeys.consent_steps import electricity_and_gas, request_of
from tests.journeys.pages.base import log_in
from tests.support.titles import title_of

pytestmark = pytest.mark.journey


@pytest.fixture
def home(transactional_db):
    return electricity_and_gas()


@pytest.fixture
def receipt(home):
    approve(request_of(home))
    return Receipt.objects.get()


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.spec("P-12", "F-177", "F-178", "F-189", "F-190")
def test_logged_out_it_hides_whose_it_is_and_a_login_shows_it(browser_page, home, receipt, scripts):
    page = browser_page(scripts=scripts)
    answer = page.goto(receipt_page_of(receipt))
    public = page.content()

    page.get_by_role("link", name="Log in to see them").click()
    page.get_by_label("E-mail address").wait_for()
    log_in(page, home.owner.email, page.url)
    page.get_by_role("heading", name="Receipt for sharing your data").wait_for()

    private = (
        home.contract.contract_number,
        home.account.account_number,
        home.contract.address,
        home.owner.name,
    )
    assert receipt.number in public and title_of("usage_data") in public
    assert not [value for value in private if value in public]
    assert not [value for value in private if value not in page.content()]
    assert "noindex" in answer.headers["x-robots-tag"]
    assert "Log in to see them" not in page.content()


@pytest.mark.spec("P-12", "F-188", "F-191", "F-199")
def test_a_later_rename_keeps_the_old_text_and_says_the_new_name_beside_it(browser_page, home, receipt):
    client = receipt.grant.client
    client.name, client.purpose = "Moonlight Ltd (demo)", "Something else altogether."
    client.save()
    page = browser_page()

    page.goto(receipt_page_of(receipt))

    text = page.locator("main").inner_text()
    assert "size a solar system" in text and "Something else" not in text
    changed = page.get_by_role("row").filter(has_text="The company's name")
    assert changed.locator("td").all_inner_texts() == ["Sunny Roofs (demo)", "Moonlight Ltd (demo)"]


@pytest.mark.spec("F-197s")
def test_its_print_leaves_out_what_only_a_screen_can_do(browser_page, receipt):
    page = browser_page()
    page.goto(receipt_page_of(receipt))

    page.emulate_media(media="print")

    assert page.get_by_text(receipt.number).is_visible()
    assert not page.get_by_role("link", name="Stop sharing").is_visible()
