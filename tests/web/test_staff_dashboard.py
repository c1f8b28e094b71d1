"""The staff's first page: what needs people, by permission, with as many queries for many rows as for few."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import OutgoingMail
from accounts.services.activation import ask_for_code
from cdsc_portal.background import SILENT_AFTER
from cdsc_portal.lib.runtime.worker_signs import note_sign
from cdsc_portal.lib.time import clock
from cdsc_portal.web.staff_roles import DATA, ONBOARDING, SUPPORT
from consent.models import ConsentRequest, Message, RecordedConsent, Review
from consent.pages.staff_figures import grant_figures
from consent.transitions import GrantStatus
from datahub.models import RunStatus
from tests.factories.accounts import StaffFactory, UserFactory, household
from tests.factories.consent import ClientFactory, GrantFactory
from tests.factories.feeds import FeedFactory, FeedRunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory())
    return client


def dashboard(browser):
    return browser.get("/admin/").context["dashboard"]


def run_of(name: str, status: str, **fields):
    return FeedRunFactory(
        feed=FeedFactory(name=name), status=status, finished=fields.pop("finished", clock.now()), **fields
    )


@pytest.mark.spec("P-22")
def test_the_feed_that_needs_people_stands_first(staff):
    run_of("good", RunStatus.DONE)
    run_of("rejects", RunStatus.DONE, rejected=7)
    run_of("late", RunStatus.DONE, finished=clock.now() - timedelta(days=3))
    run_of("held", RunStatus.HELD)
    run_of("failed", RunStatus.FAILED)
    FeedFactory(name="never")

    feeds = dashboard(staff).feeds

    assert [feed.name for feed in feeds] == ["failed", "held", "late", "rejects", "never", "good"]
    assert [feed.tone for feed in feeds] == ["bad", "warn", "warn", "warn", "warn", "ok"]
    assert {feed.name: feed.rejected for feed in feeds}["rejects"] == 7


@pytest.mark.spec("P-22")
def test_a_run_in_progress_shows_bar_and_text(staff):
    run_of(
        "readings",
        RunStatus.RUNNING,
        size=1000,
        bytes_done=400,
        rows_read=40,
        accepted=30,
        unchanged=6,
        rejected=4,
    )

    page = staff.get("/admin/").content.decode()

    assert 'max="100" value="40"' in page
    assert "40 %" in page
    assert "40 rows, 30 accepted, 6 unchanged, 4 rejected" in page
    assert 'data-live="going"' in page


def test_grants_are_counted_by_status_ending_and_never_read(staff):
    at, client = clock.now(), ClientFactory()
    GrantFactory(client=client, access_ends=at + timedelta(days=10))
    GrantFactory(client=client, access_ends=at + timedelta(days=100))
    GrantFactory(client=client, status=GrantStatus.REVOKED)

    grants = dashboard(staff).grants

    assert {row.status: row.count for row in grants.by_status} == {"active": 2, "revoked": 1}
    assert (grants.ending_soon, grants.never_read) == (1, 2)


def test_what_waits_for_somebody_is_counted_and_linked(staff):
    at, client, user = clock.now(), ClientFactory(), UserFactory()
    common = {"kind": "approved", "to": "a@example.com", "language": "en", "created": at - timedelta(hours=1)}
    OutgoingMail.objects.create(dedup_key="1", attempts=2, **common)
    OutgoingMail.objects.create(dedup_key="2", **common)
    OutgoingMail.objects.create(dedup_key="3", sent_at=at, attempts=1, **common)
    ConsentRequest.objects.create(
        client=client, details={}, status="waiting", expires=at + timedelta(hours=1)
    )
    RecordedConsent.objects.create(
        client=client, user=user, details={}, digest="d", language="en", how="phone", given_at=at,
        proof_reference="tape 1", recorded_by=UserFactory(is_staff=True),
    )  # fmt: skip

    Message.objects.create(
        client=client, type="support_request", status="pending", by_client=True, name="A", description="B"
    )

    Review.objects.create(registration=client.registration, kind="registration")
    ask_for_code(
        customer=household().customer, role="owner", way="told", reason="called", by=StaffFactory(), at=at
    )

    due = {task.words: task for task in dashboard(staff).due}

    of_feeds = [task for task in due.values() if "datahub" in task.url]  # test_closing.py tries them
    assert [task.count for task in due.values() if task not in of_feeds] == [1, 1, 1, 1, 1, 1, 1]
    for task in due.values():
        if task in of_feeds:
            continue
        assert staff.get(task.url).context["cl"].result_count == 1, task.words


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (SUPPORT, {"due", "grants", "workers"}),
        (DATA, {"due", "feeds", "runs", "workers"}),
        (ONBOARDING, {"due"}),
    ],
)
def test_everybody_sees_what_their_role_is_for(client, role, sees):
    clerk = UserFactory(is_staff=True)
    clerk.groups.add(Group.objects.get(name=role))
    client.force_login(clerk)
    FeedFactory()
    GrantFactory()
    run_of("readings", RunStatus.RUNNING)

    shown = dashboard(client)

    assert {name for name in ("due", "feeds", "runs", "grants", "workers") if getattr(shown, name)} == sees


def test_many_rows_cost_as_many_queries_as_few(staff):
    client = ClientFactory()
    run_of("first", RunStatus.RUNNING)
    GrantFactory(client=client)
    with CaptureQueriesContext(connection) as few:
        staff.get("/admin/")

    for number in range(12):
        run_of(f"feed {number}", RunStatus.RUNNING)
        GrantFactory(client=client)
    with CaptureQueriesContext(connection) as many:
        staff.get("/admin/")

    assert len(many) == len(few)


def test_a_queue_that_no_worker_serves_is_shown_as_such(staff):
    cache.clear()
    for queue in SILENT_AFTER:
        note_sign(queue, at=clock.now() - timedelta(minutes=4))

    workers = dashboard(staff).workers

    tones = {worker.words: worker.tone for worker in workers}
    assert tones.pop("Codes, links and invitations") == "bad"
    assert (len(tones), set(tones.values())) == (len(SILENT_AFTER) - 1, {"ok"})


@pytest.mark.spec("P-22")
def test_the_lists_of_feeds_and_runs_stand_worst_first_too(staff):
    run_of("a good one", RunStatus.DONE)
    run_of("b failed", RunStatus.FAILED)

    feeds = [feed.name for feed in staff.get("/admin/datahub/feed/").context["cl"].result_list]
    runs = [run.feed.name for run in staff.get("/admin/datahub/feedrun/").context["cl"].result_list]

    assert feeds == runs == ["b failed", "a good one"]


def test_the_bars_of_the_grants_are_shares_of_all():
    for status in (GrantStatus.ACTIVE, GrantStatus.ACTIVE, GrantStatus.ACTIVE, GrantStatus.REVOKED):
        GrantFactory(status=status)

    figures = grant_figures(at=clock.now())

    assert {row.status: row.percent for row in figures.by_status} == {"active": 75, "revoked": 25}
