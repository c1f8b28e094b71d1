"""Staff close what waits with a reason: the overview counts it no more, until it comes again."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ClosedMatter, OutgoingMail, StaffAction
from cdsc_portal.lib.time import clock
from cdsc_portal.web.staff_roles import DATA, ONBOARDING, SUPPORT
from datahub.feeds.runs.feed_status import with_rhythm
from datahub.feeds.sources import collect as collecting
from datahub.feeds.sources.base import Collected, SourceProblemError
from datahub.feeds.sources.collect import collect
from datahub.models import Feed, FeedSource, ParkedReadings, RunStatus
from tests.factories.accounts import StaffFactory, UserFactory
from tests.factories.feeds import FeedFactory, FeedRunFactory

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("America/Los_Angeles")
WORDS = {
    "datahub_feedrun": "Files that were refused or failed",
    "datahub_feedsource": "Sources that fail",
    "datahub_feed": "Feeds later than their rhythm, or short",
    "datahub_parkedreadings": "Meters with parked readings",
    "accounts_outgoingmail": "Mails that could not be sent",
}


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory())
    return client


def waits(browser):
    """How many of each wait, by the list they are in; each list says the same."""
    browser.force_login(StaffFactory())  # a login of before may be too old
    due = {task.words: task for task in browser.get("/admin/").context["dashboard"].due}
    counts = {}
    for name, words in WORDS.items():
        task = due[words]
        listed = browser.get(task.url).context["cl"].result_count
        counts[name] = (task.count, listed)
    return counts


def park(meter, run, **fields):
    return ParkedReadings.objects.create(
        run=run, meter_number=meter, commodity="electricity", unit="Wh", direction="import", kind="interval",
        scale=0, readings=4, first_line=1, packed=b"", **fields,
    )  # fmt: skip


def matters():
    """One of each, by the list it is in."""
    at, feed = clock.now(), FeedFactory(name="readings")
    done = FeedRunFactory(feed=feed, status=RunStatus.DONE, finished=at - timedelta(days=9))
    late = FeedFactory(name="late", expected_every_days=1)
    FeedRunFactory(feed=late, status=RunStatus.DONE, finished=at - timedelta(days=3))
    return {
        "datahub_feedrun": FeedRunFactory(feed=feed, status=RunStatus.FAILED, finished=at),
        "datahub_feedsource": FeedSource.objects.create(
            feed=feed, kind="folder", address="/in", problem="gone"
        ),
        "datahub_feed": late,
        "datahub_parkedreadings": park("M-1", done),
        "accounts_outgoingmail": OutgoingMail.objects.create(
            kind="receipt", dedup_key="1", to="ann@example.com", attempts=3
        ),
    }


def close(browser, name, *rows, reason="Known; the sender is told.", confirmed=True):
    app, model = name.split("_")
    form = {
        "action": "close",
        ACTION_CHECKBOX_NAME: [row.pk for row in rows],
        **({"confirmed": "yes", "reason": reason} if confirmed else {}),
    }
    return browser.post(f"/admin/{app}/{model}/", form)


@pytest.mark.parametrize("name", WORDS)
def test_what_waits_is_counted_until_somebody_closes_it_with_a_reason(staff, name):
    waiting = matters()
    assert waits(staff) == dict.fromkeys(WORDS, (1, 1))

    question = close(staff, name, waiting[name], confirmed=False)
    without_reason = close(staff, name, waiting[name], reason=" ")
    still = waits(staff)[name]
    answer = close(staff, name, waiting[name])

    assert [question.status_code, without_reason.status_code, still] == [200, 200, (1, 1)]
    assert answer.status_code == 302
    assert waits(staff) == {**dict.fromkeys(WORDS, (1, 1)), name: (0, 0)}
    closed, action = ClosedMatter.objects.get(), StaffAction.objects.get(what="closed what waited")
    assert (closed.by, closed.reason) == (action.by, action.reason)
    assert closed.reason == "Known; the sender is told."
    assert action.key == str(waiting[name].pk)


def test_who_may_only_look_closes_nothing(client):
    waiting = matters()
    for role, name in (
        (ONBOARDING, "datahub_feedrun"),
        (SUPPORT, "datahub_feedrun"),
        (DATA, "accounts_outgoingmail"),
    ):
        clerk = UserFactory(is_staff=True)
        clerk.groups.add(Group.objects.get(name=role))
        client.force_login(clerk)

        assert close(client, name, waiting[name]).status_code == 403

    assert not ClosedMatter.objects.exists()


@pytest.mark.parametrize(("role", "name"), [(DATA, "datahub_feedrun"), (SUPPORT, "accounts_outgoingmail")])
def test_each_role_closes_what_is_its_own(client, role, name):
    clerk = UserFactory(is_staff=True)
    clerk.groups.add(Group.objects.get(name=role))
    client.force_login(clerk)

    assert close(client, name, matters()[name]).status_code == 302
    assert ClosedMatter.objects.get().by == clerk


def test_a_row_that_waits_for_nobody_is_not_closed(staff):
    run = FeedRunFactory(status=RunStatus.DONE, finished=clock.now())

    close(staff, "datahub_feedrun", run)

    assert not ClosedMatter.objects.exists()


def test_a_source_that_fails_again_waits_again(staff, monkeypatch):
    source = matters()["datahub_feedsource"]
    close(staff, "datahub_feedsource", source)
    outcomes = iter([None, SourceProblemError("gone again")])

    def look(source, *, at):
        outcome = next(outcomes)
        if outcome:
            raise outcome
        return Collected()

    monkeypatch.setitem(collecting._COLLECTORS, "folder", look)
    counts = []
    for _look in range(2):
        FeedSource.objects.update(next_look=clock.now())
        collect(source_id=source.pk)
        counts.append(waits(staff)["datahub_feedsource"])

    assert counts == [(0, 0), (1, 1)]


def test_a_late_feed_waits_again_after_one_more_rhythm_and_no_more_once_a_file_came(staff):
    late = matters()["datahub_feed"]
    close(staff, "datahub_feed", late)
    closed = waits(staff)["datahub_feed"]
    with time_machine.travel(clock.now() + timedelta(days=2)):
        again = waits(staff)["datahub_feed"]
        FeedRunFactory(feed=late, status=RunStatus.DONE, finished=clock.now())
        loaded = waits(staff)["datahub_feed"]

    assert (closed, again, loaded) == ((0, 0), (1, 1), (0, 0))


@pytest.mark.parametrize(
    ("at", "expected_at", "is_overdue"),
    [
        ("2026-03-08 06:29", time(6, 30), False),  # the night in which clocks go forward
        ("2026-03-08 06:31", time(6, 30), True),
        ("2026-03-08 23:59", None, False),
        ("2026-03-09 00:01", None, True),
    ],
)
def test_a_feed_is_late_from_the_time_of_its_own_zone_on(at, expected_at, is_overdue):
    feed = FeedFactory(name="daily", time_zone=ZONE.key, expected_every_days=1, expected_at=expected_at)
    finished = datetime(2026, 3, 7, 5, tzinfo=ZONE)
    FeedRunFactory(feed=feed, status=RunStatus.DONE, created=finished, finished=finished)

    standing = with_rhythm(Feed.objects.all(), at=datetime.fromisoformat(at).replace(tzinfo=ZONE)).get()

    assert vars(standing)["is_overdue"] is is_overdue


def test_a_feed_without_a_rhythm_is_never_late(staff):
    run = FeedRunFactory(status=RunStatus.DONE, finished=clock.now() - timedelta(days=900))
    Feed.objects.filter(pk=run.feed.pk).update(created=clock.now() - timedelta(days=900))

    assert waits(staff)["datahub_feed"] == (0, 0)


def test_a_feed_that_never_brought_anything_is_late_from_its_first_rhythm_on(staff):
    FeedFactory(name="awaited", expected_every_days=1, created=clock.now() - timedelta(days=3))

    assert waits(staff)["datahub_feed"] == (1, 1)


def test_a_file_with_fewer_rows_than_expected_waits_until_it_is_closed_or_followed(staff):
    feed = FeedFactory(name="short", expected_rows=100)
    FeedRunFactory(feed=feed, status=RunStatus.DONE, finished=clock.now(), rows_read=99)

    short = waits(staff)["datahub_feed"]
    close(staff, "datahub_feed", feed)
    closed = waits(staff)["datahub_feed"]
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        FeedRunFactory(feed=feed, status=RunStatus.DONE, finished=clock.now(), rows_read=3)
        again = waits(staff)["datahub_feed"]
        FeedRunFactory(feed=feed, status=RunStatus.DONE, finished=clock.now(), rows_read=100)
        whole = waits(staff)["datahub_feed"]

    assert (short, closed, again, whole) == ((1, 1), (0, 0), (1, 1), (0, 0))


def test_more_readings_of_a_closed_meter_wait_for_nobody_until_all_of_them_are_gone(staff):
    parked = matters()["datahub_parkedreadings"]
    close(staff, "datahub_parkedreadings", parked)
    park("M-1", parked.run)
    more = waits(staff)["datahub_parkedreadings"]
    ParkedReadings.objects.all().delete()
    park("M-1", parked.run, created=clock.now() + timedelta(seconds=1))

    assert (more, waits(staff)["datahub_parkedreadings"]) == ((0, 0), (1, 1))


def test_a_file_that_is_loaded_again_waits_no_more(staff):
    run = matters()["datahub_feedrun"]

    staff.post(f"/admin/datahub/feedrun/{run.pk}/again/", {"reason": "The meters are known now."})

    assert waits(staff)["datahub_feedrun"] == (0, 0)
    assert ClosedMatter.objects.get().reason == "The meters are known now."


def test_many_wait_at_the_cost_of_few(staff):
    matters()
    with CaptureQueriesContext(connection) as few:
        staff.get("/admin/")
    run = FeedRunFactory(status=RunStatus.FAILED, finished=clock.now())
    for number in range(8):
        FeedFactory(name=f"late {number}", expected_every_days=1, created=clock.now() - timedelta(days=9))
        park(f"M-{number}", run)
    with CaptureQueriesContext(connection) as many:
        staff.get("/admin/")

    assert len(many) == len(few)
