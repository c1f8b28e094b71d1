import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import StaffAction
from datahub.feeds.runs.run_executor import execute_due_runs
from datahub.models import Feed, FeedRun, ParkedReadings, RejectedRow, RunStatus
from tests.datahub.feeds.runs.files import usage_file
from tests.factories.accounts import MeterDeviceFactory, StaffFactory, UserFactory
from tests.factories.feeds import FeedFactory, FeedRunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(StaffFactory())
    return client


def upload(staff, feed, content):
    page = reverse("admin:datahub_feed_file", args=[feed.pk])
    answer = staff.post(page, {"file": SimpleUploadedFile("march.csv", content)})
    run = FeedRun.objects.latest("pk")
    assert answer.headers["Location"] == reverse("admin:datahub_feedrun_change", args=[run.pk])
    return run


def run_page(staff, run):
    return staff.get(reverse("admin:datahub_feedrun_change", args=[run.pk])).content.decode()


def test_staff_register_a_feed_by_its_format(staff):
    fields = {"name": "meters", "format": "usage_csv_long", "time_zone": "UTC", "settings": '{"unit": "Wh"}'}

    staff.post(reverse("admin:datahub_feed_add"), fields)

    feed = Feed.objects.get()
    assert (feed.name, feed.kind, feed.settings) == ("meters", "usage", {"unit": "Wh"})


def test_a_zone_that_does_not_exist_is_refused_beside_its_field(staff):
    fields = {"name": "meters", "format": "usage_csv_long", "time_zone": "Mars/Olympus", "settings": "{}"}

    page = staff.post(reverse("admin:datahub_feed_add"), fields)

    assert "Mars/Olympus is not an IANA time zone" in page.content.decode()
    assert not Feed.objects.exists()


@pytest.mark.spec("P-22")
def test_an_upload_becomes_a_run_whose_page_renews_itself_until_it_is_over(staff):
    MeterDeviceFactory(meter_number="M-1")
    feed = FeedFactory(settings={"unit": "Wh", "interval_seconds": "900"}, time_zone="UTC")

    run = upload(staff, feed, usage_file("M-1", [1, "much"], "M-9", [3]))

    waiting = run_page(staff, run)
    execute_due_runs(run_id=run.pk)
    done = run_page(staff, run)
    assert 'http-equiv="refresh"' in waiting
    assert 'http-equiv="refresh"' not in done
    assert "1: &#x27;much&#x27; is not a number" in done
    run.refresh_from_db()
    assert (run.accepted, run.rejected, run.parked) == (1, 1, 1)
    assert "100 %" in done


@pytest.mark.spec("P-22")
def test_rejected_rows_can_be_read_and_taken_away(staff):
    run = FeedRunFactory(rejected=1)
    RejectedRow.objects.create(run=run, line=7, reason="start is not a time", text="M-1,never,3")
    RejectedRow.objects.create(run=run, line=8, reason="no such meter", text="=HYPERLINK(A1),never,3")

    listed = staff.get(reverse("admin:datahub_rejectedrow_changelist"), {"run__id__exact": run.pk})
    taken = staff.get(reverse("admin:datahub_feedrun_rejected", args=[run.pk]))

    assert "start is not a time" in listed.content.decode()
    assert taken.getvalue().decode().splitlines()[1:] == [
        '7,start is not a time,1,"M-1,never,3"',
        '8,no such meter,1,"\'=HYPERLINK(A1),never,3"',  # text to a spreadsheet, not a formula
    ]


def test_rejected_rows_are_for_those_who_may_see_runs(client):
    client.force_login(UserFactory(is_staff=True))
    run = FeedRunFactory(rejected=1)

    pages = [
        client.get(reverse(f"admin:datahub_feedrun_{name}", args=[run.pk])) for name in ("rejected", "lines")
    ]

    assert [page.status_code for page in pages] == [403, 403]


def test_rejected_lines_come_as_a_file_that_is_put_right_and_sent_again(staff):
    MeterDeviceFactory(meter_number="M-1")
    feed = FeedFactory(settings={"unit": "Wh", "interval_seconds": "900"}, time_zone="UTC")
    first = upload(staff, feed, usage_file("M-1", [1, "much", 3, "4 4"]))
    execute_due_runs(run_id=first.pk)

    taken = staff.get(reverse("admin:datahub_feedrun_lines", args=[first.pk])).getvalue()
    again = upload(staff, feed, taken.replace(b"much", b"2").replace(b"4 4", b"4"))
    execute_due_runs(run_id=again.pk)

    first.refresh_from_db()
    again.refresh_from_db()
    assert taken.splitlines()[:2] == [b"meter,start,value", b"M-1,2026-03-01T00:15:00Z,much"]
    assert (first.accepted, first.rejected) == (2, 2)
    assert (again.rows_read, again.accepted, again.rejected) == (2, 2, 0)


def test_lines_that_do_not_stand_for_themselves_are_not_offered(staff, tmp_path):
    run = FeedRunFactory(feed=FeedFactory(kind="hierarchy", format="hierarchy_json"), rejected=1)

    answer = staff.get(reverse("admin:datahub_feedrun_lines", args=[run.pk]))

    assert answer.status_code == 302


@pytest.mark.parametrize(("status", "offered"), [(RunStatus.HELD, True), (RunStatus.DONE, False)])
def test_only_a_held_run_offers_to_go_on(staff, status, offered):
    run = FeedRunFactory(status=status)

    page = staff.get(reverse("admin:datahub_feedrun_change", args=[run.pk])).content.decode()

    assert ("Confirm and go on" in page) is offered
    assert "Rejected lines to put right" in page


def test_the_list_of_runs_says_each_count_once(staff):
    run = FeedRunFactory(rows_read=12, accepted=12)

    listed = staff.get(reverse("admin:datahub_feedrun_changelist")).content.decode()
    shown = staff.get(reverse("admin:datahub_feedrun_change", args=[run.pk])).content.decode()

    assert "12 rows, 12 accepted" in shown
    assert "12 rows, 12 accepted" not in listed


def test_a_held_run_goes_on_only_when_someone_confirms_by_post(staff):
    run = FeedRunFactory(status=RunStatus.HELD, problem="would end 3 of 4 links")
    page = reverse("admin:datahub_feedrun_confirm", args=[run.pk])

    confirmation = staff.get(page)
    run.refresh_from_db()
    before = run.status
    without = staff.post(page, {"reason": " "})
    run.refresh_from_db()
    unasked = run.status
    staff.post(page, {"reason": "the supplier merged two accounts"})

    run.refresh_from_db()
    assert "would end 3 of 4 links" in confirmation.content.decode()
    assert "This field is required" in without.content.decode()
    assert (before, unasked, run.status) == (RunStatus.HELD, RunStatus.HELD, RunStatus.WAITING)
    assert run.confirmed and run.confirmed_by is not None
    assert StaffAction.objects.get().reason == "the supplier merged two accounts"


def test_a_file_is_loaded_again_only_with_a_reason(staff):
    run = FeedRunFactory(status=RunStatus.DONE)
    page = reverse("admin:datahub_feedrun_again", args=[run.pk])

    without = staff.post(page, {"reason": ""})
    before = FeedRun.objects.count()
    staff.post(page, {"reason": "its meters are known now"})

    assert "This field is required" in without.content.decode()
    assert (before, FeedRun.objects.count()) == (1, 2)
    act = StaffAction.objects.get()
    assert act.reason == "its meters are known now"
    assert act.what == f"loaded the file of run {run.pk} again"


def test_staff_without_the_permission_cannot_upload(client):
    client.force_login(UserFactory(is_staff=True))

    page = client.get(reverse("admin:datahub_feed_file", args=[FeedFactory().pk]))

    assert page.status_code == 403


@pytest.mark.parametrize(
    "name", ["feed", "feedrun", "rejectedrow", "parkedreadings", "billstatement", "channel", "mixshare"]
)
def test_lists_cost_the_same_however_many_rows(staff, name, django_assert_max_num_queries):
    for number in range(30):
        run = FeedRunFactory(feed=FeedFactory(), file_name=f"{number}.csv")
        RejectedRow.objects.create(run=run, line=number, reason="wrong")
        ParkedReadings.objects.create(
            run=run, meter_number=f"M-{number}", commodity="water", unit="m3", direction="import", kind="register",
            scale=0, readings=1, first_line=2, packed=b"",
        )  # fmt: skip

    with django_assert_max_num_queries(12):
        page = staff.get(reverse(f"admin:datahub_{name}_changelist"))

    assert page.status_code == 200


def test_the_page_of_a_feed_says_where_programs_send_its_files(staff):
    feed = FeedFactory()

    page = staff.get(reverse("admin:datahub_feed_change", args=[feed.pk])).content.decode()

    assert reverse("feed_files", args=[feed.public_id]) in page
