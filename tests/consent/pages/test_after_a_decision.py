"""What pages say after a decision: the panel with the next step, why and on which terms, from what to what."""

import csv
import io
from urllib.parse import unquote

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse
from lxml import html

from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import moment_in_words, time_in_words
from consent.models import Disclosure, Grant, GrantPart, Receipt
from consent.services.decision import PartDecision
from consent.services.narrow import narrow_grant
from tests.consent.pages.form import PostedForm
from tests.factories.accounts import MeterDeviceFactory, MeterInstallationFactory, add_service
from tests.factories.consent import ClientFactory, approve, ask
from tests.support.titles import title_of

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
BILLS = {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"}


@pytest.fixture
def company():
    return ClientFactory(
        name="Sunny Roofs",
        purpose="To size your roof.",
        client_uri="https://roofs.example.com/",
        uri_confirmed=True,
        contact_email="data@roofs.example.com",
        terms_uri="https://roofs.example.com/terms",
        policy_uri="https://roofs.example.com/privacy",
    )


def words_on(response):
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


def test_an_approval_is_confirmed_once_on_the_page_that_follows(home, browser, opened, company):
    request = ask(USAGE, user=home.owner, client=company)
    opened(browser, request).press("decision", "approve")
    grant, receipt = Grant.objects.get(), Receipt.objects.get()
    detail = reverse("sharing_detail", args=[grant.public_id])

    first, again = words_on(browser.get(detail)), words_on(browser.get(detail))

    assert "Sunny Roofs can read what is listed here." in first
    assert "Go on at Sunny Roofs" in first
    assert receipt.number in first
    assert "can read what is listed here" not in again


def test_going_back_to_a_decided_request_shows_the_panel_with_its_receipt(home, browser, opened, company):
    request = ask(USAGE, user=home.owner, client=company)
    opened(browser, request).press("decision", "approve")

    page = html.fromstring(browser.get(request.page).content.decode())

    grant, receipt = Grant.objects.get(), Receipt.objects.get()
    address = reverse("sharing_receipt", args=[grant.public_id, receipt.number])
    assert page.xpath("//section[@class='confirmation']//a/@href")[0] == address


@pytest.mark.parametrize("address", ["data@roofs.example.com", ""])
def test_after_a_stop_a_text_is_ready_whether_or_not_the_company_has_an_address(
    home, browser, company, address
):
    company.contact_email = address
    company.save()
    grant = approve(ask(USAGE, user=home.owner, client=company))

    browser.post(reverse("sharing_stop", args=[grant.public_id]), {"action": "stop"})
    page = html.fromstring(browser.get(reverse("sharing_detail", args=[grant.public_id])).content.decode())

    [words] = page.xpath("//textarea[@readonly]/text()")
    links = page.xpath("//section[@class='confirmation']//a/@href")
    assert Receipt.objects.get().number in words
    assert "https://roofs.example.com/" in links
    mails = [unquote(link) for link in links if link.startswith("mailto:")]
    assert [link.startswith(f"mailto:{address}?subject=") and link.endswith(words) for link in mails] == [
        True
    ] * bool(address)


def test_after_a_change_the_panel_says_what_when_its_receipt_and_the_next_step(home, browser, company):
    grant = approve(ask(USAGE, BILLS, user=home.owner, client=company))
    form = PostedForm.on(
        browser, browser.get(reverse("sharing_change", args=[grant.public_id])), form_id="change"
    )
    form.untick("data", "bill_data")

    with time_machine.travel(clock.now(), tick=False):
        response, at = form.press("action", "save"), clock.now()
    page = html.fromstring(browser.get(response["Location"]).content.decode())

    [panel] = page.xpath("//section[@class='confirmation']")
    receipt = Receipt.objects.get(superseded_by=None)
    assert panel.xpath("string(.//h2)") == f"Changed at {time_in_words(at)}. What is left is shown below."
    assert panel.xpath(".//dl//dd/*/text() | .//dl//dd/text()") == [moment_in_words(at), receipt.number]
    assert panel.xpath("string(.//h3)") == "Ask Sunny Roofs to delete what it has"
    [words] = panel.xpath(".//textarea[@readonly]/text()")
    assert words.startswith("I share less of my energy data with you") and receipt.number in words


def test_list_and_detail_say_why_and_on_which_terms(home, browser, company):
    grant = approve(ask(USAGE, user=home.owner, client=company))
    company.purpose = "Something else now."
    company.save()

    for address in (reverse("sharing_list"), reverse("sharing_detail", args=[grant.public_id])):
        page = html.fromstring(browser.get(address).content.decode())
        assert "To size your roof." in page.text_content()
        assert "Something else now." not in page.text_content()
        assert {company.terms_uri, company.policy_uri} <= set(page.xpath("//main//a/@href"))


def test_the_timeline_says_from_what_to_what(home, browser, company):
    gas = add_service(owner=home.owner, account=home.account, commodity="natural_gas")
    grant = approve(ask(USAGE, user=home.owner, client=company))
    kept = (PartDecision("usage_data", frozenset({home.contract.pk})),)

    narrow_grant(grant=grant, decision=kept, by=home.owner, at=clock.now())

    words = words_on(browser.get(reverse("sharing_detail", args=[grant.public_id])))
    change = "from “1 electricity service, 1 gas service” to “1 electricity service”"
    assert f"Services for “{title_of('usage_data')}”: {change}" in words
    assert gas.contract.contract_number not in words.split("Timeline")[1]


@pytest.mark.spec("P-14")
@pytest.mark.parametrize(
    ("recorded", "words"),
    [("daily", "Daily totals"), ("as_read", "As they were read"), ("yearly", "Yearly totals"), ("", None)],
)
def test_the_access_log_says_how_fine_readings_left(home, browser, company, recorded, words):
    grant = approve(ask(USAGE, user=home.owner, client=company))
    Disclosure.objects.create(
        grant=grant, scope="usage_data", resource="usage_data", value_count=3, resolution=recorded
    )

    page = html.fromstring(browser.get(reverse("sharing_detail", args=[grant.public_id])).content.decode())
    file = browser.get(reverse("sharing_reads", args=[grant.public_id])).getvalue().decode()

    shown = page.xpath("//section[@aria-labelledby='reads']//span[@class='tick__detail']/text()")
    assert shown == ([words] if words else [])
    [row] = csv.DictReader(io.StringIO(file))
    assert row["resolution"] == recorded


@pytest.mark.spec("P-09")
def test_a_refused_decision_says_what_was_there_before_and_what_is_now(home, browser, opened, company):
    request = ask(USAGE, user=home.owner, client=company)
    form = opened(browser, request)
    company.name, company.terms_uri = "Sunnier Roofs", "https://roofs.example.com/new"
    company.save()
    water = add_service(owner=home.owner, account=home.account, commodity="water")

    words = words_on(form.press("decision", "approve"))

    changed = words.split("This request has changed")[1].split("What they ask for")[0]
    assert "Name Before: Sunny Roofs Now: Sunnier Roofs" in changed
    assert "Before: https://roofs.example.com/terms Now: https://roofs.example.com/new" in changed
    assert f"Water {water.contract.contract_number}" in changed.split("Now:")[-1]
    assert "Website" not in changed
    assert not Grant.objects.exists()


@pytest.mark.spec("P-09")
def test_forged_words_of_before_are_not_shown(home, browser, opened, company):
    form = opened(browser, ask(USAGE, user=home.owner, client=company))
    company.name = "Sunnier Roofs"
    company.save()
    form.fill("shown", "forged")

    words = words_on(form.press("decision", "approve"))

    assert "the company's name or website" in words
    assert "Before:" not in words


def test_the_login_page_names_the_company_whose_request_waits(home, company):
    request = ask(USAGE, user=home.owner, client=company)
    login = Browser().get(request.page, follow=True)

    named = words_on(login)
    unknown = words_on(Browser().get("/accounts/login/", {"next": "/oauth/authorize/no-such-key/"}))

    assert "Sunny Roofs asks to see your energy data." in named
    assert "A company asks to see your energy data." in unknown


@pytest.fixture
def charger(home):
    """A second meter of the household's service."""
    meter = MeterDeviceFactory(commodity=home.meter.commodity)
    MeterInstallationFactory(meter=meter, service_point=home.point)
    return meter


def change_form(browser, grant):
    address = reverse("sharing_change", args=[grant.public_id])
    return PostedForm.on(browser, browser.get(address), form_id="change")


@pytest.mark.spec("P-29")
def test_a_meter_is_unticked_on_the_change_page(home, browser, charger):
    grant = approve(ask(USAGE, user=home.owner))
    form = change_form(browser, grant)
    name = f"meter-{home.contract.public_id}"
    assert set(form.ticked(name)) == {home.meter.public_id, charger.public_id}
    form.untick(name, charger.public_id)

    response = form.press("action", "save")

    assert response.status_code == 303
    assert GrantPart.objects.get().meters == [[home.contract.pk, home.meter.pk]]
    assert name not in change_form(browser, grant).data  # one meter is left: nothing to choose


@pytest.mark.spec("P-29", "P-11")
@pytest.mark.parametrize("named", ["nothing", "a foreign meter", "a meter of no service"])
def test_a_change_without_a_meter_or_with_another_changes_nothing(home, browser, charger, named):
    grant = approve(ask(USAGE, user=home.owner))
    form = change_form(browser, grant)
    name = f"meter-{home.contract.public_id}"
    if named == "nothing":
        form.untick(name)
    elif named == "a foreign meter":
        form.tick(name, MeterDeviceFactory().public_id)
    else:
        form.tick("meter-elsewhere", charger.public_id)

    page = form.press("action", "save")

    assert page.status_code == 422
    assert GrantPart.objects.get().meters == []
