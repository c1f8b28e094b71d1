"""Seeing, narrowing and stopping what is shared, in a real browser, with a company that calls over HTTP."""

import csv
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.mail.queue import words_of
from accounts.models import OutgoingMail
from cdsc_portal.lib.time import clock
from consent.models import Disclosure
from examples.third_party import ThirdParty
from tests.consent.api.reader import issue_token
from tests.factories.accounts import MembershipFactory, UserFactory, household
from tests.factories.consent import SECRET, approve, receipt_page_of
from tests.journeys.consent_steps import EVERYTHING, electricity_and_gas, request_of
from tests.journeys.pages.base import log_in
from tests.support.titles import title_of

pytestmark = pytest.mark.journey

DETAILS = ("/distribution_details", "/supply_details")
READABLE = (EVERYTHING[0], EVERYTHING[1], EVERYTHING[2])


class Company:
    """The third party of a grant, with a token, over HTTP."""

    def __init__(self, grant, address):
        client = grant.client
        self.caller = ThirdParty(address, client.client_id, SECRET, client.redirect_uris)
        self.token = issue_token(grant)

    def read(self, path=DETAILS[0]):
        return self.caller.get(path, self.token)

    def contracts(self, path=DETAILS[0]):
        """Printed numbers of the contracts it is told of."""
        return {delivery["contract_number"] for delivery in self.caller.get_all(path, self.token)}


@pytest.fixture
def home(transactional_db):
    return electricity_and_gas()


@pytest.fixture
def grant(home):
    return approve(request_of(home, *READABLE))


@pytest.fixture
def company(grant, live_server, settings):
    settings.PUBLIC_URL = live_server.url
    return Company(grant, live_server.url)


def first_click(page, home, grant, start):
    """Arrive where sharing can be stopped, and click it."""
    if start == "receipt":
        page.goto(receipt_page_of(grant.receipts.get()))
    else:
        path = (
            reverse("sharing_list") if start == "list" else reverse("sharing_detail", args=[grant.public_id])
        )
        log_in(page, home.owner.email, path)
    page.get_by_role("link", name="Stop sharing").click()


@pytest.mark.parametrize(
    ("start", "width", "scripts"),
    [
        ("list", 360, False),
        ("detail", 1280, True),
        ("receipt", 360, True),
    ],
)
@pytest.mark.spec("P-13", "C-40", "F-194", "X-14")
def test_two_clicks_stop_and_the_next_call_is_refused(
    browser_page, home, grant, company, start, width, scripts
):
    page = browser_page(width=width, scripts=scripts)
    company.read()
    first_click(page, home, grant, start)

    page.reload()
    looked_at = company.read().status_code
    stop, keep = (
        page.get_by_role("button", name="Stop sharing now"),
        page.get_by_role("button", name="Keep sharing"),
    )
    style_of = """e => ["width", "height", "backgroundColor", "color", "fontWeight"].map(
        name => getComputedStyle(e)[name]
    )"""
    equal = stop.evaluate(style_of) == keep.evaluate(style_of)
    assert "last read on" in page.locator("main").inner_text()
    stop.click()
    page.get_by_text("You stopped it").first.wait_for()

    assert looked_at == 200
    assert equal
    assert "Stopped at" in page.get_by_role("status").inner_text()
    assert company.read().status_code == 401


@pytest.mark.spec("P-13")
def test_keep_sharing_keeps_it(browser_page, home, grant, company):
    page = browser_page()
    first_click(page, home, grant, "list")

    page.get_by_role("button", name="Keep sharing").click()
    page.get_by_role("heading", name="Sharing with").wait_for()

    assert company.read().status_code == 200


@pytest.mark.spec("P-14", "X-20")
def test_the_log_on_the_page_is_what_the_company_was_told(browser_page, home, grant, company):
    for path in (*DETAILS, DETAILS[0]):
        assert company.read(path).status_code == 200
    assert company.read("/bill_data").status_code == 403
    page = browser_page()

    log_in(page, home.owner.email, reverse("sharing_detail", args=[grant.public_id]))
    rows = page.locator("#reads ~ .table-wrap tbody tr, section:has(> #reads) tbody tr")
    shown = [row.locator("td").all_inner_texts() for row in rows.all()]
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all reads (CSV)").click()
    with open(download.value.path(), encoding="utf-8") as file:
        lines = list(csv.DictReader(file))

    kept = list(Disclosure.objects.order_by("-released_at", "-pk"))
    assert [cells[1] for cells in shown] == [
        title_of("customer_distribution_details"),
        title_of("customer_supply_details"),
        title_of("customer_distribution_details"),
    ]
    assert [int(cells[3].replace(",", "")) for cells in shown] == [read.value_count for read in kept]
    assert [line["read_id"] for line in lines] == [read.number for read in kept]
    assert [line["values"] for line in lines] == [cells[3] for cells in shown]
    assert {cells[4] for cells in shown} == {"127.0.0.1"}


@pytest.mark.parametrize(("width", "scripts"), [(360, False), (1280, True)])
@pytest.mark.spec("P-04", "P-11", "F-173")
def test_less_is_shared_from_the_next_call_on(browser_page, home, grant, company, width, scripts):
    page = browser_page(width=width, scripts=scripts)
    before = company.contracts()
    log_in(page, home.owner.email, reverse("sharing_detail", args=[grant.public_id]))
    page.get_by_role("link", name="Share less").click()
    page.get_by_label(title_of("customer_supply_details")).uncheck()
    page.get_by_label("Gas").uncheck()
    page.get_by_role("group", name=title_of("usage_data")).get_by_text("Shorten the period").click()
    last = timezone.localdate(clock.now()) + timedelta(days=40)
    page.get_by_label("Last day").last.fill(last.isoformat())

    page.get_by_role("button", name="Share only this").click()
    page.get_by_role("heading", name="Sharing with").wait_for()

    assert before == {home.contract.contract_number} | before and len(before) == 2
    assert company.contracts() == {home.contract.contract_number}
    assert company.read(DETAILS[1]).status_code == 403
    introspection = company.caller.introspect(company.token)
    assert introspection["scope"] == "customer_distribution_details usage_data"
    assert {tuple(detail["services"]) for detail in introspection["authorization_details"]} == {
        (home.contract.contract_number,)
    }
    assert "Changed at" in page.get_by_role("status").inner_text()
    assert "Changed: less is shared, by you" in page.locator("main").inner_text()
    assert page.get_by_role("link", name="Receipt ").count() == 2


@pytest.mark.spec("P-15")
def test_a_joint_owner_gets_mail_and_stops_only_what_is_theirs(browser_page, live_server, settings):
    settings.PUBLIC_URL = live_server.url
    flat = household(owner=UserFactory(name="Ada Demo"))
    cabin = household(owner=flat.owner)
    ben = MembershipFactory(customer=cabin.customer, user=UserFactory(name="Ben Demo")).user
    grant = approve(request_of(flat, *READABLE))
    company = Company(grant, live_server.url)
    before = company.contracts()
    mail = OutgoingMail.objects.get(user=ben)
    [link] = [line for line in words_of(mail).text.splitlines() if "/my/sharing/" in line]
    page = browser_page()

    log_in(page, ben.email, link)
    page.get_by_role("link", name="Stop sharing").click()
    text = page.locator("main").inner_text()
    page.get_by_role("button", name="Stop sharing now").click()
    page.get_by_text("No longer from your accounts").wait_for()

    assert mail.subject == "Ada Demo shared data from your account"
    assert cabin.account.account_number in text and flat.account.account_number not in text
    assert before == {flat.contract.contract_number, cabin.contract.contract_number}
    assert company.contracts() == {flat.contract.contract_number}
    recipients = {mail.user.name for mail in OutgoingMail.objects.filter(kind="changed")}
    assert recipients == {"Ada Demo", "Ben Demo"}


@pytest.mark.spec("P-15")
def test_a_viewer_sees_what_is_shared_and_can_neither_stop_nor_change_it(browser_page, home, grant, company):
    viewer = MembershipFactory(customer=home.customer, role="viewer").user
    page = browser_page()

    log_in(page, viewer.email, reverse("sharing_detail", args=[grant.public_id]))

    assert page.get_by_text(title_of("usage_data")).first.is_visible()
    assert page.get_by_role("link", name="Stop sharing").count() == 0
    assert page.get_by_role("link", name="Share less").count() == 0
    for name in ("sharing_stop", "sharing_change"):
        assert page.goto(reverse(name, args=[grant.public_id])).status == 404
    assert company.read().status_code == 200


@pytest.mark.parametrize(
    ("language", "subjects"),
    [
        (
            "en",
            [
                "You are sharing data with Sunny Roofs (demo)",
                "Sunny Roofs (demo) can no longer read your data",
            ],
        ),
        (
            "es",
            ["Usted comparte datos con Sunny Roofs (demo)", "Sunny Roofs (demo) ya no puede leer sus datos"],
        ),
    ],
)
@pytest.mark.spec("P-16")
def test_one_mail_each_in_the_readers_language_and_without_readings(
    browser_page, live_server, language, subjects
):
    home = household(owner=UserFactory(language=language))
    grant = approve(request_of(home, *READABLE))
    Company(grant, live_server.url).read()
    page = browser_page(language=language)
    log_in(page, home.owner.email, reverse("sharing_stop", args=[grant.public_id]))

    page.locator("button[value=stop]").dblclick()
    page.locator("#timeline").wait_for()

    mails = list(OutgoingMail.objects.order_by("pk"))
    assert [mail.kind for mail in mails] == ["approved", "stopped"]
    for mail, subject in zip(mails, subjects, strict=True):
        assert mail.subject.startswith(subject)
        assert mail.language == language
        for body in (words_of(mail).text, words_of(mail).html):
            assert home.contract.contract_number not in body and home.account.account_number not in body
            assert "kWh" not in body and "<img" not in body
