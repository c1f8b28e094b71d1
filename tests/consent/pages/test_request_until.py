"""One answer says until when everything is shared; a kind of data may have a last day of its own (P-28)."""

from datetime import timedelta

import pytest
from django.utils import timezone
from lxml import html

from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day
from cdsc_portal.lib.time.relative_dates import shifted
from consent.models import Grant, Receipt
from tests.factories.consent import ask

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
BILLS = {"type": "bill_data", "start": "-1y", "end": "now", "services": "all"}
SUPPLY = {"type": "customer_supply_details", "end": "+1y", "services": "all"}
WITHOUT_DATES = {"type": "usage_data", "services": "all"}


def in_months(months):
    return timezone.localdate(shifted(clock.now(), months, "mo", timezone.get_default_timezone()))


def last_days():
    """The last day on which each part of the one grant can be read."""
    return {part.scope: last_day(part.access_ends) for part in Grant.objects.get().parts.all()}


def words_of(response):
    return " ".join(html.fromstring(response.content.decode()).text_content().split())


@pytest.mark.spec("P-28")
def test_one_answer_shortens_all_that_goes_on_and_receipt_and_details_say_so(home, browser, opened):
    form = opened(browser, ask(USAGE, BILLS, SUPPLY, user=home.owner))
    form.fill("until", "3")
    last = in_months(3)

    summary = words_of(form.press("action", "update"))
    form.press("decision", "approve")

    assert f"You share: 3 kinds of data of 1 service, until {day_in_words(last)}." in summary
    days = last_days()
    assert days["usage_data"] == days["customer_supply_details"] == last
    grant, facts = Grant.objects.get(), Receipt.objects.get().facts
    assert last_day(grant.access_ends) == last
    assert f"until {day_in_words(last)}" in facts["parts"][1]["period"]
    ends = {detail["type"]: detail["end"] for detail in grant.authorization_details}
    assert ends["usage_data"] == ends["customer_supply_details"]


@pytest.mark.spec("P-28")
def test_a_last_day_of_its_own_counts_before_the_answer_for_all(home, browser, opened):
    form = opened(browser, ask(USAGE, SUPPLY, user=home.owner))
    own = timezone.localdate(clock.now()) + timedelta(days=200)
    form.fill("until", "1")
    form.fill("end-usage_data", own.isoformat())

    form.press("decision", "approve")

    assert last_days() == {"usage_data": own, "customer_supply_details": in_months(1)}


@pytest.mark.spec("P-28")
def test_once_opens_what_is_known_now_and_gives_no_lasting_access(home, browser, opened):
    form = opened(browser, ask(USAGE, SUPPLY, user=home.owner))
    form.fill("until", "once")

    form.press("decision", "approve")

    grant = Grant.objects.get()
    assert not grant.refreshable
    assert grant.access_ends <= clock.now() + timedelta(hours=24)
    assert grant.parts.get(scope="usage_data").window_end <= clock.now()
    assert {part["badge"] for part in Receipt.objects.get().facts["parts"]} == {"One time"}


@pytest.mark.spec("P-28")
def test_a_request_without_dates_can_be_shortened(home, browser, opened):
    form = opened(browser, ask(WITHOUT_DATES, user=home.owner))
    today = timezone.localdate(clock.now())
    form.fill("start-usage_data", "2026-03-01")
    form.fill("until", "day")
    form.fill("until-day", today.isoformat())

    form.press("decision", "approve")

    part = Grant.objects.get().parts.get()
    assert timezone.localdate(part.window_start).isoformat() == "2026-03-01"
    assert last_day(part.window_end) == last_day(part.access_ends) == today


@pytest.mark.spec("P-28", "P-11")
@pytest.mark.parametrize(
    ("until", "day", "status"),
    [("day", "", 200), ("day", "2001-01-01", 200), ("day", "2060-01-01", 200), ("100 years", "", 403)],
)
def test_a_day_that_is_missing_past_or_later_than_requested_grants_nothing(
    home, browser, opened, until, day, status
):
    form = opened(browser, ask(USAGE, user=home.owner))
    form.fill("until", until)
    form.fill("until-day", day)

    assert form.press("decision", "approve").status_code == status
    assert not Grant.objects.exists()


@pytest.mark.spec("P-28")
def test_answers_later_than_the_request_are_not_offered(home, browser):
    request = ask({**USAGE, "end": "+4mo"}, user=home.owner)

    page = html.fromstring(browser.get(request.page).content.decode())

    offered = page.xpath("//select[@id='until']/option/@value")
    assert offered == ["requested", "3", "1", "once", "day"]
