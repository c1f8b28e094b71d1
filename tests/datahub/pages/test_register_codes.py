"""Customers read names of what is measured, never the codes by which a meter's registers are told apart (P-26)."""

from datetime import UTC, date, datetime

import pytest
from django.test import Client as Browser
from lxml import html

from tests.factories.accounts import household
from tests.factories.consent import approve, ask
from tests.factories.datahub import bill
from tests.factories.feeds import load_readings, usage_series

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-26")]
CODES = ("1-1:1.29.0", "1.8.0", "1.8.1", "2.8.0", "21.8.0", "1.6.0", "tou 1", "E17")
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
VIEWS = ("", "&look=hours", "&show=billed", "&show=estimate")


@pytest.fixture
def home():
    home = household()
    series = [
        usage_series(home.meter, START, [100 + place] * 72, step=3600, register=code)
        for place, code in enumerate(CODES)
        if not code.startswith(("2.", "1.6"))
    ]
    series += [
        usage_series(home.meter, START, [7] * 72, step=3600, register="2.8.0", direction="export"),
        usage_series(home.meter, START, [9] * 72, step=3600, register="1.6.0", kind="demand", unit="W"),
        usage_series(home.meter, START, [5000], step=0, register="1.8.0", kind="register"),
    ]
    load_readings(*series)
    bill(home.contract, statement_date=date(2026, 4, 1))
    return home


def test_no_page_of_a_customer_shows_a_registers_code(home):
    browser = Browser()
    browser.force_login(home.owner)
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=home.owner))
    waiting = ask({"type": "usage_data", "services": "all"}, user=home.owner)
    pages = [
        "/my/",
        *(
            f"/my/usage/?period={period}{view}"
            for period in ("2026", "2026-03", "2026-03-02")
            for view in VIEWS
        ),
        f"/my/meters/{home.meter.public_id}/",
        f"/my/contracts/{home.contract.public_id}/",
        "/my/bills/",
        f"/my/bills/{home.contract.bill_sections.get().statement.public_id}/",
        "/my/mix/",
        "/my/downloads/",
        f"/my/sharing/{grant.public_id}/",
        f"/my/sharing/{grant.public_id}/receipts/{grant.receipts.get().number}/",
        f"/my/sharing/{grant.public_id}/change/",
        f"/my/requests/{waiting.reference}/",
    ]

    shown = {page: words_of(browser.get(page)) for page in pages}

    assert "Highest value" in shown["/my/usage/?period=2026-03"]
    assert {(page, code) for page, text in shown.items() for code in CODES if code in text} == set()


def words_of(answer) -> str:
    """What the page says, in its labels too."""
    assert answer.status_code == 200
    page = html.fromstring(answer.content.decode())
    return " ".join(page.xpath("//main//text() | //main//@aria-label | //main//@data-label | //main//@title"))


def test_the_menu_names_the_sources_of_energy_in_both_languages(home):
    browser = Browser()
    browser.force_login(home.owner)

    links = {
        language: html.fromstring(
            browser.get("/my/", headers={"accept-language": language}).content.decode()
        ).xpath("//nav//a[@href='/my/mix/']/span/text()")
        for language in ("en", "es")
    }

    assert {language: set(words) for language, words in links.items()} == {
        "en": {"Energy sources"},
        "es": {"Fuentes de energía"},
    }
