"""What stands around the request, what the flow is, and that every change of the form can be taken back."""

import pytest
from django.urls import reverse
from lxml import html

from consent.oauth.metadata import authorization_server_metadata
from consent.scopes.catalogue import SCOPES
from tests.consent.pages.form import PostedForm
from tests.factories.consent import ClientFactory, ask

pytestmark = pytest.mark.django_db

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
BILLS = {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"}


def page_of(browser, request):
    return html.fromstring(browser.get(address(request)).content.decode())


def address(request):
    return request.page


@pytest.mark.spec("F-05", "F-06s", "F-07")
def test_data_comes_by_the_code_grant_alone_and_no_compliance_with_the_form_is_claimed():
    announced = authorization_server_metadata()

    assert announced["response_types_supported"] == ["code"]
    assert set(announced["grant_types_supported"]) == {
        "authorization_code",
        "refresh_token",
        "client_credentials",
    }
    described = announced["cds_scope_descriptions"].values()
    of_data = [scope for scope in described if scope["id"] in SCOPES]
    assert {grant for scope in of_data for grant in scope["grant_types_supported"]} == {
        "authorization_code",
        "refresh_token",
    }


@pytest.mark.spec("F-50", "F-52s", "F-54")
def test_the_utility_alone_is_shown_with_name_and_sign(home, browser):
    client = ClientFactory(
        name="Sunny Roofs (demo)", client_uri="https://roofs.example.com/", uri_confirmed=True
    )
    page = page_of(browser, ask(USAGE, user=home.owner, client=client))

    [brand] = page.xpath("//header//*[@class='brand']")
    assert brand.text_content().strip().startswith("River Valley Power (demo)")
    assert len(brand.xpath("./svg")) == 1
    assert not page.xpath("//img | //picture | //object | //iframe | //*[name()='image']")
    assert not page.xpath("//*[starts-with(@src, 'http')]")


@pytest.mark.spec("F-55", "F-56")
def test_nothing_leads_astray_from_the_request(home, browser):
    request = ask(USAGE, user=home.owner)
    page = page_of(browser, request)

    assert not page.xpath("//nav")
    here = [link.get("href") for link in page.xpath("//a[@href]") if link.get("target") != "_blank"]
    back = f"{reverse('account_login')}?next={address(request)}"  # a new login, part of the flow (F-87)
    assert [href for href in here if not href.startswith("#") and href != back] == []


@pytest.mark.spec("F-63", "F-64s")
def test_reset_brings_back_what_was_asked(home, browser, opened):
    form = opened(browser, ask(USAGE, BILLS, user=home.owner))
    sealed = {"csrfmiddlewaretoken", "shown"}  # made anew with each page
    requested = {name: values for name, values in form.data.items() if name not in sealed}
    form.untick("share-bill_data")
    form.fill("end-usage_data", "2027-01-01")
    changed = PostedForm.on(browser, form.press("action", "update"))
    assert changed.ticked("share-bill_data") == []

    again = changed.press("action", "reset")

    assert again.status_code == 303
    fresh = PostedForm.on(browser, browser.get(again["Location"]))
    assert {name: values for name, values in fresh.data.items() if name not in sealed} == requested
