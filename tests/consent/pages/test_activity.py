"""/my/activity/: companies, people and support on one page, for those who share nothing too (P-33)."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from lxml import html

from accounts.models import Role, RoleEvent, RoleVerb, SupportSession
from cdsc_portal.lib.time import clock
from tests.consent.pages.readers import logged_in, read
from tests.factories.accounts import MembershipFactory, StaffFactory, UserFactory, household
from tests.factories.consent import ClientFactory, approve, ask
from tests.support.titles import title_of

pytestmark = pytest.mark.spec("P-33")

USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
PAGE, FILE = "/my/activity/", "/my/activity/activity.csv"
NOVEMBER = (datetime(2026, 11, 1, 7, tzinfo=UTC), datetime(2026, 11, 29, 8, tzinfo=UTC))


@pytest.fixture
def sunny(home):
    return approve(ask(USAGE, user=home.owner, client=ClientFactory(name="Sunny Roofs (demo)")))


def support_looked(home, *, reason="Question about a bill", at=None):
    at = at or clock.now()
    SupportSession.objects.create(
        customer=home.customer,
        by=StaffFactory(name="Agent Smith"),
        person=home.owner,
        reason=reason,
        at=at,
        ends=at + timedelta(hours=1),
    )


def lines(browser, query=""):
    """By day: what the page lists, each line in one text."""
    page = html.fromstring(browser.get(f"{PAGE}{query}").content.decode())
    return {
        day.findtext("h3"): [
            " ".join(" ".join(line.xpath("./div//text()")).split()) for line in day.xpath(".//li")
        ]
        for day in page.xpath("//*[@class='activity-day']")
    }


def test_who_shares_nothing_reads_that_support_looked_and_why_but_not_who(home, browser):
    support_looked(home)

    (listed,) = lines(browser).values()

    assert listed[0].startswith("Our support looked at your pages: Question about a bill")
    assert "Smith" not in listed[0]


def test_the_reads_of_a_day_are_one_line_that_says_how_often_how_much_and_of_when(home, browser, sunny):
    noon = timezone.localtime(clock.now()).replace(hour=0, minute=5) - timedelta(days=1)
    read(sunny, home.contract, at=noon, values=96, data=NOVEMBER)
    read(sunny, home.contract, at=noon + timedelta(minutes=5), values=2880, data=NOVEMBER)
    read(sunny, home.contract, at=noon - timedelta(days=1), values=0)

    listed = lines(browser)

    assert [words for words in sum(listed.values(), []) if " read: " in words] == [
        f"Sunny Roofs (demo) read: {title_of('usage_data')} 2 times · 2,976 values · "
        "November 1, 2026 to November 28, 2026",
        f"Sunny Roofs (demo) read: {title_of('usage_data')} 1 time · nothing was there to read",
    ]
    assert len(listed) == 3  # and today, when it was approved


def test_what_people_did_stands_beside_what_companies_read(home, browser, sunny):
    RoleEvent.objects.create(
        customer=home.customer,
        email="kim@example.com",
        verb=RoleVerb.INVITED,
        role=Role.VIEWER,
        by=home.owner,
    )

    (listed,) = lines(browser).values()

    assert any(words.startswith("Sharing with Sunny Roofs (demo): Approved, by you") for words in listed)
    assert any("invited kim@example.com" in words for words in listed)


@pytest.mark.parametrize(
    ("who", "kept"),
    [("people", {"Approved"}), ("support", {"looked"}), ("sunny", {"read:", "Approved"}), ("nobody", set())],
)
def test_the_page_can_be_narrowed_to_a_company_to_people_and_to_support(home, browser, sunny, who, kept):
    other = approve(ask(USAGE, user=home.owner, client=ClientFactory(name="Volt")))
    read(sunny, home.contract)
    read(other, home.contract)
    support_looked(home)
    who = sunny.client.public_id if who == "sunny" else who

    listed = sum(lines(browser, f"?who={who}").values(), [])

    assert {
        word for word in ("read:", "Approved", "looked") if any(word in words for words in listed)
    } == kept
    assert who == "people" or not any("Volt" in words for words in listed)


def test_days_before_those_shown_are_a_step_away(home, browser, sunny):
    read(sunny, home.contract, at=clock.now() - timedelta(days=9), values=7)

    week = html.fromstring(browser.get(f"{PAGE}?days=7&who={sunny.client.public_id}").content.decode())
    earlier = week.xpath("//section//a[text()='Earlier']/@href")[0]

    assert "7 values" not in week.text_content()
    assert any("7 values" in words for words in sum(lines(browser, earlier).values(), []))


@pytest.mark.parametrize("query", ["?days=9999", "?days=x", "?last=never", "?last=0001-01-01", "?who=%00"])
def test_nonsense_in_the_address_shows_a_page(browser, query):
    assert browser.get(f"{PAGE}{query}").status_code == 200


def test_others_activity_is_not_shown(home, sunny):
    read(sunny, home.contract)
    support_looked(home)
    stranger = household()

    assert lines(logged_in(stranger.owner)) == {}
    assert len(logged_in(stranger.owner).get(FILE).getvalue().splitlines()) == 1


def test_who_sees_one_account_sees_its_reads_alone(home, sunny):
    shop = household(owner=home.owner)
    both = approve(ask(USAGE, user=home.owner, client=ClientFactory(name="Volt")))
    read(both, home.contract, values=11)
    read(both, shop.contract, values=22)
    clerk = UserFactory()
    MembershipFactory(customer=shop.customer, user=clerk, role=Role.VIEWER)

    listed = sum(lines(logged_in(clerk)).values(), [])

    assert any("22 values" in words for words in listed)
    assert not any("33 values" in words or "11 values" in words for words in listed)


def test_the_file_has_each_read_and_step_newest_first(home, browser, sunny):
    first = read(sunny, home.contract, at=clock.now() - timedelta(hours=2), values=1, data=NOVEMBER)
    read(sunny, home.contract, at=clock.now() - timedelta(hours=1), values=2, data=NOVEMBER)
    support_looked(home, reason="=1+1", at=clock.now() - timedelta(minutes=90))

    rows = list(csv.DictReader(io.StringIO(browser.get(f"{FILE}?days=7").getvalue().decode())))

    assert [row["kind"] for row in rows] == ["person", "company", "support", "company"]
    assert rows[-1] == {
        "at_utc": first.released_at.isoformat(timespec="microseconds"),
        "kind": "company",
        "who": "Sunny Roofs (demo)",
        "what": "read",
        "data": title_of("usage_data"),
        "first_value_utc": NOVEMBER[0].isoformat(timespec="microseconds"),
        "last_value_end_utc": NOVEMBER[1].isoformat(timespec="microseconds"),
        "values": "1",
        "resolution": "",
        "from_address": "198.51.100.7",
        "sharing_id": sunny.public_id,
    }


def test_the_page_asks_as_often_however_much_happened(home, browser, sunny, django_assert_num_queries):
    for day in range(4):
        read(sunny, home.contract, at=clock.now() - timedelta(days=day))
    support_looked(home)
    browser.get(PAGE)

    with django_assert_num_queries(12):
        assert browser.get(reverse("my_activity")).status_code == 200
