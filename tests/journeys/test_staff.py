"""The staff's day in a real browser: a file that loads, a caller's pages, a consent by phone."""

import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from playwright.sync_api import expect

from accounts.mail.queue import words_of
from accounts.models import OutgoingMail, StaffAction, SupportSession, User
from cdsc_portal.lib.time import clock
from consent.models import Grant, RecordedConsent
from consent.transitions import GrantStatus
from datahub.feeds.formats.registry import formats
from datahub.feeds.runs.run_executor import execute_due_runs
from datahub.models import FeedRun
from datahub.rows.base import Part
from datahub.rows.usage import UsageColumns
from tests.datahub.feeds.runs.files import usage_file
from tests.factories.accounts import MeterDeviceFactory, StaffFactory, UserFactory, household
from tests.factories.consent import approve
from tests.factories.feeds import FeedFactory
from tests.factories.third_parties import a_whole_third_party
from tests.journeys.browser import Aspect, assert_fits, assert_no_axe_faults, shot
from tests.journeys.consent_steps import request_of, sunny_roofs
from tests.journeys.pages.base import log_in
from tests.journeys.pages.staff import a_day_at_the_desk
from tests.support.parsed_files import parse_file
from tests.support.titles import title_of

pytestmark = pytest.mark.journey
_LISTS = (
    "/admin/accounts/customer/",
    "/admin/accounts/user/",
    "/admin/accounts/staffaction/",
    "/admin/consent/client/",
    "/admin/consent/grant/",
    "/admin/consent/disclosure/",
    "/admin/accounts/outgoingmail/",
    "/admin/consent/recordedconsent/",
    "/admin/consent/scopesetting/add/",
    "/admin/consent/scopeoffer/",
    "/admin/consent/scopeoffer/add/",
    "/admin/consent/coverageentry/",
    "/admin/consent/coverageentry/add/",
    "/admin/consent/registration/",
    "/admin/consent/registrationfield/",
    "/admin/consent/registrationfield/add/",
    "/admin/consent/registrationfile/",
    "/admin/consent/registrationstep/",
    "/admin/consent/review/",
    "/admin/consent/providedfile/",
    "/admin/consent/serverdescription/",
    "/admin/consent/message/",
    "/admin/consent/message/write/",
    "/admin/consent/clientcontact/add/",
    "/admin/accounts/roleevent/",
    "/admin/datahub/feed/",
    "/admin/datahub/feedrun/",
    "/admin/auth/group/",
    "/admin/find/?q=Robin",
)


class Stepwise:
    """A worker that takes the next lines of a long CSV only when it is told to."""

    def __init__(self, monkeypatch):
        self.steps = threading.Semaphore(0)
        self.thread = None
        long_csv, steps = formats()["usage_csv_long"], self.steps

        class InParts:
            def read(self, source, *, zone, settings, mapping):
                head, *lines = source.read().splitlines(keepends=True)
                offset = len(head)
                for first in range(0, len(lines), 2):
                    steps.acquire()
                    some = lines[first : first + 2]
                    offset += sum(map(len, some))
                    parsed = parse_file(long_csv, head + b"".join(some), zone=zone, settings=settings)
                    rows = [
                        replace(row, lines=row.lines + first, line=row.line + first) for row in parsed.rows
                    ]
                    rejected = [replace(row, line=row.line + first) for row in parsed.rejected]
                    yield Part([UsageColumns.of(rows)] if rows else [], rejected, offset)

        monkeypatch.setattr("datahub.feeds.loading.plan.formats", lambda: {"usage_csv_long": InParts()})

    def start(self, run: FeedRun) -> None:
        def work() -> None:
            execute_due_runs(run_id=run.pk)
            connection.close()

        self.thread = threading.Thread(target=work)
        self.thread.start()

    def go_on(self, steps: int) -> None:
        for _step in range(steps):
            self.steps.release()

    def finish(self) -> None:
        self.go_on(100)
        self.thread.join(timeout=120)


@pytest.fixture
def stepwise(monkeypatch):
    worker = Stepwise(monkeypatch)
    yield worker
    worker.finish()


def uploaded(page, feed, content: bytes) -> FeedRun:
    page.goto(f"/admin/datahub/feed/{feed.pk}/file/")
    page.locator("input[type=file]").set_input_files(
        {"name": "march.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="Load this file").click()
    page.wait_for_url("**/feedrun/*/change/")
    return FeedRun.objects.latest("pk")


@pytest.mark.spec("P-22")
def test_the_bar_of_a_feed_moves_and_rejected_rows_say_why(browser_page, stepwise, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    feed = FeedFactory(name="Readings", settings={"unit": "Wh", "interval_seconds": "900"}, time_zone="UTC")
    MeterDeviceFactory(meter_number="M-1")
    content = usage_file("M-1", [1, 2, 3, "oops", 5, 6, 7, 8])
    agent = StaffFactory()
    page = browser_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    log_in(page, agent.email, "/admin/")

    run = uploaded(page, feed, content)
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("value", "0")
    stepwise.start(run)
    stepwise.go_on(2)
    expect(page.get_by_text("4 rows, 3 accepted, 0 unchanged, 1 rejected")).to_be_visible(timeout=15_000)
    half = int(bar.get_attribute("value"))
    shot(page, "staff-run-half")
    stepwise.finish()
    expect(bar).to_have_attribute("value", "100")

    assert 0 < half < 100
    expect(page.get_by_text("8 rows, 7 accepted, 0 unchanged, 1 rejected")).to_be_visible()
    page.get_by_role("link", name="all rejected rows").click()
    row = page.locator("#result_list tbody tr")
    expect(row).to_contain_text("oops")
    expect(row.locator(".field-line")).to_have_text("5")
    assert row.locator(".field-reason").inner_text()

    second = uploaded(page, feed, content)
    stepwise.start(second)
    stepwise.finish()
    page.reload()
    expect(page.get_by_text("8 rows, 0 accepted, 7 unchanged, 1 rejected")).to_be_visible()
    assert errors == []


@pytest.mark.spec("P-23")
def test_an_agent_sees_the_customers_pages_read_only_and_for_a_reason(browser_page):
    home, agent = household(owner=UserFactory(name="Robin Sample")), StaffFactory(name="Sam Agent")
    grant = approve(request_of(home))
    page = browser_page()
    log_in(page, agent.email, f"/admin/accounts/customer/{home.customer.pk}/support-session/")

    page.get_by_label("Why you open a support session").fill("asks about a bill")
    page.get_by_role("button", name="Start the support session").click()
    page.goto(f"{page.url}sharing/")
    page.get_by_role("link", name="Details").click()
    expect(page.get_by_text("You see what Robin Sample sees.")).to_be_visible()
    detail = page.url
    page.get_by_role("link", name="Stop sharing").first.click()
    buttons = page.locator("main form button")
    disabled = [button.is_disabled() for button in buttons.all()]
    posted = page.request.post(page.url, form={"action": "stop"})

    assert "/admin/as/" in detail
    assert disabled
    assert all(disabled)
    assert posted.status == 403
    assert Grant.objects.get(pk=grant.pk).status == GrantStatus.ACTIVE
    session = SupportSession.objects.get()
    assert (session.by, session.person, session.reason) == (agent, home.owner, "asks about a bill")
    assert StaffAction.objects.filter(verb="session", by=agent).exists()


@pytest.mark.spec("P-23")
def test_a_consent_by_phone_takes_two_people(browser_page):
    home, first, second = household(owner=UserFactory(name="Robin Sample")), StaffFactory(), StaffFactory()
    client = sunny_roofs()
    page = browser_page()
    log_in(page, first.email, "/admin/consent/recordedconsent/record/")

    page.get_by_label("E-mail address").fill(home.owner.email)
    page.get_by_role("button", name="Go on").click()
    assert page.locator("main :checked:not(option)").count() == 0
    page.get_by_label("Company").select_option(label=client.name)
    page.get_by_label(title_of("usage_data")).check()
    page.get_by_label(home.contract.contract_number).check()
    page.get_by_label("Last day").fill((clock.now().date() + timedelta(days=90)).isoformat())
    page.get_by_role("button", name="Show what to read out").click()
    expect(page.get_by_role("heading", name="Read this to the customer")).to_be_visible()
    page.get_by_label("by phone").check()
    page.get_by_label("When the customer agreed").fill("2026-11-20T10:00")
    page.get_by_label("or where the proof is kept").fill("Recording 2026-4711")
    page.get_by_label("I read the words above").check()
    shot(page, "staff-record-filled")
    assert_no_axe_faults(page, only_serious=True)
    page.get_by_role("button", name="Write it down").click()
    page.wait_for_url("**/change/")
    recorded = RecordedConsent.objects.get()
    by_one = Grant.objects.count()

    other = browser_page()
    log_in(other, second.email, f"/admin/consent/recordedconsent/{recorded.pk}/confirm/")
    other.get_by_role("button", name="Confirm and make the grant").click()
    other.wait_for_url("**/consent/grant/*/change/")

    grant = Grant.objects.get()
    assert by_one == 0
    assert (grant.user, grant.client) == (home.owner, client)
    assert "Recorded by our staff" in words_of(OutgoingMail.objects.get(about=grant.public_id)).text
    assert User.objects.get(pk=second.pk) == grant.recorded.decided_by


@pytest.mark.spec("P-24")
@pytest.mark.parametrize("kind", ["lists", "forms"])
def test_lists_and_forms_of_staff_have_no_serious_fault(browser_page, kind):
    desk, party = a_day_at_the_desk(), a_whole_third_party()
    page = browser_page()
    log_in(page, desk.agent.email, "/admin/")
    forms = (
        *(f"/admin/consent/{row._meta.model_name}/{row.pk}/change/" for row in party),
        f"/admin/consent/review/{party.review.pk}/approve/",
        f"/admin/consent/review/{party.review.pk}/more/",
        f"/admin/consent/review/{party.review.pk}/expect/",
        f"/admin/consent/registrationstep/{party.step.pk}/status/",
        f"/admin/customers/{desk.home.customer.pk}/",
        f"/admin/accounts/customer/{desk.home.customer.pk}/change/",
        f"/admin/accounts/servicecontract/{desk.home.contract.pk}/change/",
        f"/admin/consent/client/{desk.client.pk}/change/",
        f"/admin/consent/grant/{desk.grant.pk}/change/",
        f"/admin/datahub/feedrun/{desk.run.pk}/change/",
        "/admin/accounts/linkchange/affected/",
    )
    faults = []

    for path in _LISTS if kind == "lists" else forms:
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(path)
        faults += faults_of(page, path, "1280-light")
        page.set_viewport_size({"width": 360, "height": 800})
        page.evaluate(
            "document.documentElement.classList.add('dark')"
        )  # as a dark system does when a page begins
        faults += faults_of(page, path, "360-dark", Aspect.COLORS | Aspect.PLACE)

    assert not faults, "\n\n".join(faults)


def faults_of(page, path: str, state: str, aspects: Aspect = Aspect.ALL) -> list[str]:
    shot(page, f"staff{path.replace('/', '-').rstrip('-')}-{state}".replace("-admin", ""))
    faults = []
    for check in (assert_fits, partial(assert_no_axe_faults, only_serious=True, aspects=aspects)):
        try:
            check(page)
        except AssertionError as fault:
            faults.append(f"{state}: {fault}")
    return faults
