"""What a form said is kept until its page is shown: POST redirects, so that Back never asks to send it again (P-32)."""

import pytest

from cdsc_portal.lib.time import clock
from consent.models import Client, ConsentRequest, Grant
from tests.consent.pages.form import PostedForm
from tests.factories.accounts import add_service, household
from tests.factories.consent import ask

pytestmark = pytest.mark.spec("P-32")

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
BILLS = {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"}
UPDATE, APPROVE = {"action": "update"}, {"decision": "approve"}


def sent(form, button):
    return form.browser.post(form.address, {**form.data, **button})


@pytest.mark.parametrize(
    ("button", "name", "value", "place", "words"),
    [
        (UPDATE, "end-usage_data", "2027-01-31", "#summary", "You changed the last day"),
        (APPROVE, "start-usage_data", "soon", "#problems", "enter a date"),
        (APPROVE, "digest", "stale", "#changes", "This request has changed"),
        (UPDATE, "digest", "stale", "#changes", "This request has changed"),
    ],
)
def test_a_form_that_is_no_decision_leads_to_its_page_which_can_be_loaded_again(
    home, browser, opened, button, name, value, place, words
):
    request = ask(USAGE, BILLS, user=home.owner)
    form = opened(browser, request)
    form.untick("share-bill_data")
    form.fill(name, value)

    answer = sent(form, button)

    assert (answer.status_code, answer["Location"]) == (303, f"{request.page}?checked{place}")
    for _time in range(2):
        page = browser.get(answer["Location"])
        shown = PostedForm.on(browser, page)
        assert page.status_code == 200
        assert words in page.content.decode()
        assert shown.ticked("share-bill_data") == []
        assert name == "digest" or shown.data[name] == [value]
    assert opened(browser, request).ticked("share-bill_data") == ["on"]  # its own address starts anew
    assert not Grant.objects.exists()


def test_once_the_page_was_read_again_its_new_digest_decides(home, browser, opened):
    form = opened(browser, ask(USAGE, user=home.owner))
    Client.objects.update(purpose="Something quite different.")
    again = PostedForm.on(browser, browser.get(sent(form, APPROVE)["Location"]))

    assert sent(form, APPROVE)["Location"].endswith("?checked#changes")
    assert sent(again, APPROVE)["Location"].startswith("https://app.example.com/")
    assert Grant.objects.count() == 1


def test_with_the_decision_nothing_is_kept_and_the_page_says_it_is_decided(home, browser, opened):
    request = ask(USAGE, user=home.owner)
    form = opened(browser, request)
    checked = sent(form, UPDATE)["Location"]
    sent(form, APPROVE)

    assert sent(form, UPDATE)["Location"] == request.page
    assert "You decided this on" in browser.get(checked).content.decode()
    assert browser.session["request-forms"] == {}


def test_a_request_that_is_over_leads_to_the_page_that_says_so_and_keeps_nothing(home, browser, opened):
    request = ask(USAGE, user=home.owner)
    form = opened(browser, request)
    sent(form, UPDATE)
    ConsentRequest.objects.update(expires=clock.now())

    assert sent(form, APPROVE)["Location"] == request.page
    assert browser.get(request.page).status_code == 410
    assert browser.session["request-forms"] == {}


@pytest.mark.spec("P-08")
def test_what_the_form_of_somebody_else_said_is_not_shown(home, browser, opened):
    form = opened(browser, ask(USAGE, BILLS, user=home.owner))
    form.untick("share-bill_data")
    form.fill("who", household().owner.public_id)

    page = browser.get(sent(form, UPDATE)["Location"])

    assert PostedForm.on(browser, page).ticked("share-bill_data") == ["on"]
    assert browser.session["request-forms"] == {}


def test_errors_are_not_shown_in_another_language_than_the_page(home, browser, opened, settings):
    form = opened(browser, ask(USAGE, BILLS, user=home.owner))
    form.untick("share-bill_data")
    form.fill("start-usage_data", "soon")
    checked = sent(form, APPROVE)["Location"]
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "es"

    page = browser.get(checked)

    assert "enter a date" not in page.content.decode()
    assert PostedForm.on(browser, page).ticked("share-bill_data") == []


def test_ticks_made_at_once_are_kept(home, browser, opened):
    add_service(owner=home.owner, account=home.account)
    form = opened(browser, ask(USAGE, user=home.owner))

    page = browser.get(sent(form, {"action": "none-usage_data"})["Location"])

    assert PostedForm.on(browser, page).ticked("contract-usage_data") == []


def test_a_session_keeps_the_five_latest_forms(home, browser, opened):
    requests = [ask(USAGE, user=home.owner) for _number in range(6)]
    for request in requests:
        sent(PostedForm(browser, request.page, {"who": [home.owner.public_id]}), UPDATE)

    assert list(browser.session["request-forms"]) == [request.reference for request in requests[1:]]
