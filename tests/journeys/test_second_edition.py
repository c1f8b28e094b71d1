"""What the pages answer at first sight, each in a real browser: P-26 to P-40, beside the files of their parts."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from dateutil.relativedelta import relativedelta
from django.utils import timezone

from accounts.mail.notice_links import off_link
from accounts.models import Membership, NoticeKind, OutgoingMail, Role, SupportSession
from accounts.queries.notice_choices import notice_choices
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day
from consent.models import Grant
from consent.transitions import GrantStatus
from datahub.models import BillStatement, Channel
from tests.consent.pages.readers import read
from tests.factories.accounts import (
    MembershipFactory,
    MeterDeviceFactory,
    MeterInstallationFactory,
    StaffFactory,
    UserFactory,
    household,
)
from tests.factories.chain import chain
from tests.factories.consent import ClientFactory, approve, ask
from tests.factories.feeds import load_readings, usage_series
from tests.journeys.browser import assert_fits, assert_no_axe_faults
from tests.journeys.consent_steps import USAGE_AND_BILLS, electricity_and_gas, sunny_roofs
from tests.journeys.pages.base import logged_in
from tests.journeys.usage_worlds import three_years
from tests.journeys.weight import assert_light
from tests.support.titles import title_of

pytestmark = pytest.mark.journey
WITHOUT_DATES = {"type": "usage_data", "services": "all"}


def numbers(words):
    return [Decimal(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\.\d+", words)]


def drawn_total(page):
    """What the first chart's bars add up to, by the line at the top of its axis."""
    plot = page.locator(".chart__plot").first
    sides = plot.locator(".chart__side")
    top = max(Decimal(words.replace(",", "")) for words in sides.all_text_contents())
    bars = plot.locator("rect[class^=fill-]:not(.fill-before), rect[fill^=url]")
    heights = bars.evaluate_all("bars => bars.map(bar => Number(bar.getAttribute('height')))")
    return Decimal(sum(heights)) * top / 200


@pytest.mark.spec("P-26")
def test_headline_table_chart_and_home_tell_one_total_of_a_house_and_its_charger_and_no_code_of_a_register(
    browser_page,
):
    home = three_years()
    Channel.objects.filter(direction="import").update(register="1.8.0")
    charger = MeterDeviceFactory()  # of a feed that names no register
    MeterInstallationFactory(meter=charger, service_point=home.point)
    first = datetime(2026, 10, 1, 7, tzinfo=UTC)
    load_readings(usage_series(charger, first, [500] * 24 * 54, step=3600, scale=0))  # to November 23
    page = browser_page()

    logged_in(page, home.owner.email, f"/my/usage/?contract={home.contract.public_id}&period=2026-11")

    page.locator("details:has(#usage-table) > summary").click()
    (headline, *_rest) = numbers(page.locator(".chart__title").first.inner_text())
    used = [
        amount
        for heading, amount in zip(
            page.locator("#usage-table thead th").all_inner_texts(),
            page.locator("#usage-table tfoot :is(th, td)").all_inner_texts(),
            strict=True,
        )
        if heading.startswith("Used") and "before" not in heading
    ]
    assert len(used) == 2
    assert sum(numbers(amount)[0] for amount in used) == headline
    assert abs(drawn_total(page) - headline) < headline / 100
    assert "1.8.0" not in page.content()
    page.goto("/my/")
    assert numbers(page.locator(".home-figure").first.inner_text())[0] == headline
    assert "1.8.0" not in page.content()


@pytest.mark.spec("P-28")
def test_share_until_shortens_a_request_without_dates(browser_page, company_site):
    home = electricity_and_gas()
    request = ask(WITHOUT_DATES, user=home.owner, client=sunny_roofs(company_site))
    page = browser_page(width=360, also=[company_site.host])
    logged_in(page, home.owner.email, request.page)
    today = timezone.localdate(clock.now())

    page.get_by_label("Share until").select_option(label="A day I choose")
    page.get_by_label("My own day").fill(today.isoformat())
    page.locator(".chosen", has_text=f"until {day_in_words(today)}").or_(
        page.locator(".chosen", has_text="one time")
    ).wait_for()
    page.get_by_role("button", name="Share selected data").click()
    page.get_by_text("Welcome back").wait_for()

    grant = Grant.objects.get()
    assert last_day(grant.access_ends) == today
    page.goto(f"/my/sharing/{grant.public_id}/receipts/{grant.receipts.get().number}/")
    assert page.get_by_text(day_in_words(today)).first.is_visible()


@pytest.mark.spec("P-30", "P-31")
def test_a_company_that_shares_already_says_what_is_new_and_a_newer_request_takes_the_older_ones_place(
    browser_page, company_site
):
    home, sunny = electricity_and_gas(), sunny_roofs(company_site)
    approve(ask(USAGE_AND_BILLS[0], user=home.owner, client=sunny))
    older = ask(USAGE_AND_BILLS[0], user=home.owner, client=sunny)
    newer = ask(*USAGE_AND_BILLS, user=home.owner, client=sunny)
    page = browser_page(also=[company_site.host])

    logged_in(page, home.owner.email, "/my/")
    assert page.get_by_role("link", name="Sunny Roofs (demo) asks to see data").count() == 1
    page.goto(older.page)
    assert page.get_by_role("link", name="newer").first.is_visible()
    page.goto(newer.page)
    known = page.locator(".known")
    assert f"New: {title_of('bill_data')}." in known.inner_text()
    page.get_by_role("button", name="Share selected data").click()
    page.get_by_text("Welcome back").wait_for()

    assert Grant.objects.filter(status=GrantStatus.ACTIVE).count() == 1


@pytest.mark.spec("P-31")
def test_a_request_is_declined_at_home(browser_page):
    home = electricity_and_gas()
    ask(*USAGE_AND_BILLS, user=home.owner, client=ClientFactory(name="Sunny Roofs (demo)"))
    page = browser_page(width=360)
    logged_in(page, home.owner.email, "/my/")

    page.get_by_role("button", name="Do not share with Sunny Roofs (demo)").click()

    page.get_by_text("You did not share anything with Sunny Roofs (demo).").wait_for()
    assert not Grant.objects.exists()


@pytest.mark.spec("P-33")
def test_the_log_says_what_left_and_activity_shows_support_to_who_shares_nothing(browser_page):
    home, at = electricity_and_gas(), clock.now()
    page = browser_page()
    SupportSession.objects.create(
        customer=home.customer, by=StaffFactory(), person=home.owner, reason="Question about a bill",
        at=at, ends=at + relativedelta(hours=1),
    )  # fmt: skip
    logged_in(page, home.owner.email, "/my/activity/")
    assert page.get_by_text("Question about a bill").is_visible()

    grant = approve(ask(USAGE_AND_BILLS[0], user=home.owner, client=ClientFactory(name="Sunny Roofs (demo)")))
    first = at.replace(hour=12, minute=0, second=0, microsecond=0) - relativedelta(days=9)
    read(grant, home.contract, values=4321, data=(first, first + relativedelta(days=3)))
    page.goto(f"/my/sharing/{grant.public_id}/")

    row = page.get_by_role("row").filter(has_text="4,321")
    assert day_in_words(first) in row.inner_text()
    assert day_in_words(first + relativedelta(days=3)) in row.inner_text()
    page.goto("/my/activity/")
    activity = " ".join(page.get_by_role("main").inner_text().split())
    assert f"Sunny Roofs (demo) read: {title_of('usage_data')} 1 time · 4,321 values" in activity
    assert "Sharing with Sunny Roofs (demo): Approved, by you" in activity
    assert "Our support looked at your pages: Question about a bill" in activity


@pytest.mark.spec("P-36")
def test_an_invited_owner_cannot_end_the_account_holder_who_gives_notice_and_both_are_told(browser_page):
    home = household(owner=UserFactory(email="ana@example.com", name="Ana Example"))
    Membership.objects.filter(user=home.owner).update(is_account_holder=True)
    ben = MembershipFactory(customer=home.customer, user__name="Ben Example").user
    page = browser_page()

    logged_in(page, ben.email, "/my/people/")

    assert page.get_by_role("row").filter(has_text="Ana Example").get_by_text("Account holder").is_visible()
    assert page.get_by_role("link", name="End Ana Example").count() == 0
    logged_in(page, home.owner.email, "/my/people/")
    page.get_by_role("link", name="End Ben Example").click()
    page.get_by_role("button", name="Give notice").click()
    page.get_by_text("The role of Ben Example ends on").wait_for()
    assert set(OutgoingMail.objects.values_list("kind", "to")) == {
        ("owner_notice", home.owner.email), ("owner_notice", ben.email),
    }  # fmt: skip


@pytest.mark.spec("P-37")
def test_home_has_a_card_with_trend_and_what_stands_out(browser_page):
    home = three_years()
    BillStatement.objects.filter(account=home.account).update(open_amount=Decimal("17.40"))
    page = browser_page(width=360, theme="dark")

    logged_in(page, home.owner.email, "/my/")

    card = page.locator(".home-cards .card").first
    assert card.get_by_role("img").first.get_attribute("aria-label").startswith("13 months: least ")
    assert "kWh" in card.inner_text()
    assert re.search(r"So far\s+about \$\d+\.\d\d", card.inner_text())
    assert re.search(r"Next bill\s+about \$\d+\.\d\d", card.inner_text())
    assert re.search(r"On your last \d+ bills this was off by \d+% on average", card.inner_text())
    assert page.get_by_text("is overdue").first.is_visible()
    assert page.get_by_text("No readings since November 23, 2026").is_visible()
    assert_fits(page)
    assert_no_axe_faults(page)


@pytest.mark.spec("P-38")
def test_the_portfolio_is_sorted_and_narrowed_by_keys(browser_page):
    shops = chain(stores=60)
    page = browser_page()
    logged_in(page, shops.owner.email, "/my/portfolio/")
    assert page.locator(".portfolio-table tbody tr").count() == 50
    assert_light(page)
    page.get_by_role("columnheader", name="Used").get_by_role("link").press("Enter")
    page.wait_for_url("**sort=*")
    assert page.locator("th[aria-sort=ascending], th[aria-sort=descending]").count() == 1
    assert_fits(page)

    page.get_by_label("Search by number, name, address or group").fill("STORE-59")
    page.get_by_label("Search by number, name, address or group").press("Enter")
    page.get_by_text("1 service, as of").wait_for()

    assert page.locator(".portfolio-table tbody tr").count() == 1


@pytest.mark.spec("P-39")
def test_a_notice_is_turned_off_by_one_click_and_another_on_by_choice(browser_page):
    user = UserFactory()
    page = browser_page(width=360)

    page.goto("/" + off_link(user, NoticeKind.ENDING).split("/", 3)[3])
    page.get_by_role("main").get_by_role("button").click()

    assert notice_choices(user=user).on == set()
    logged_in(page, user.email, "/my/settings/")
    page.get_by_label("A gap in your readings").check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state()
    assert notice_choices(user=user).on == {NoticeKind.GAP}


@pytest.mark.spec("P-40")
def test_a_viewer_reads_what_a_viewer_can_do(browser_page):
    home = electricity_and_gas()
    approve(ask(USAGE_AND_BILLS[0], user=home.owner, client=ClientFactory(name="Sunny Roofs (demo)")))
    viewer = MembershipFactory(customer=home.customer, role=Role.VIEWER).user
    page = browser_page()

    logged_in(page, viewer.email, "/my/people/")
    assert page.get_by_text("Only an owner can invite people.").is_visible()
    assert page.get_by_role("link", name="Invite").count() == 0
    page.goto("/my/sharing/")
    page.get_by_role("link", name="Details").first.click()
    page.get_by_role("heading", name="Sunny Roofs (demo)").first.wait_for()
    assert page.get_by_role("link", name="Stop").count() == 0
    page.goto(ask(USAGE_AND_BILLS[0], user=viewer, client=ClientFactory(name="Valley Audits (demo)")).page)
    assert page.get_by_role("button", name=re.compile("^Ask .* to decide$")).is_visible()
    assert page.get_by_role("button", name="Share selected data").count() == 0


@pytest.mark.spec("P-40")
def test_spanish_in_the_united_states_has_the_countrys_numbers_and_clocks(browser_page):
    home = three_years()
    page = browser_page(language="es")

    logged_in(page, home.owner.email, f"/my/usage/?contract={home.contract.public_id}&period=2026")
    title = page.locator(".chart__title").first.inner_text()
    assert re.search(r"\d,\d{3}\.\d\d kWh", title)
    page.goto("/my/bills/")
    assert re.search(r"\$\d+\.\d\d", page.locator(".bills-table").inner_text())
    page.goto(f"/my/usage/?contract={home.contract.public_id}&period=2026-11-22")
    assert "12 AM" in page.locator(".chart__plot").first.text_content()
    assert "12 PM" in page.locator(".chart__plot").first.text_content()


@pytest.mark.spec("P-40")
@pytest.mark.parametrize("width", [360, 1280])
def test_no_code_of_the_table_of_errors_is_broken(browser_page, width):
    page = browser_page(width=width)

    page.goto("/docs/errors/")
    codes = page.locator(".docs__codes code")
    assert codes.count() > 30
    lines = codes.evaluate_all("codes => codes.map(code => [code.textContent, code.getClientRects().length])")
    assert [code for code, count in lines if count != 1] == []
