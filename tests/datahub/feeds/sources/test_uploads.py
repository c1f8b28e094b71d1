"""Files sent by programs of staff: stored, counted, asked after; and what their tokens do not open."""

import io
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client as Browser

from cdsc_portal.lib.time import clock
from datahub.feeds.runs.run_executor import execute_due_runs
from datahub.feeds.sources.staff_tokens import TokenNotIssuedError, issue_staff_token, revoke_staff_token
from datahub.models import FeedRun, RejectedRow, RunStatus, StaffToken
from tests.consent.api.reader import Reader
from tests.datahub.feeds.runs.files import usage_file
from tests.factories.accounts import MeterDeviceFactory, StaffFactory, UserFactory, household
from tests.factories.feeds import FeedFactory, FeedRunFactory

pytestmark = pytest.mark.django_db
MARCH = usage_file("M-1", [1, 2])


class Program:
    """Calls the API with a token of staff."""

    def __init__(self) -> None:
        self.user = StaffFactory()
        self.token, self.text = issue_staff_token(
            user=self.user, label="nightly job", expires=clock.now() + timedelta(days=90), at=clock.now()
        )
        self.browser = Browser(enforce_csrf_checks=True, raise_request_exception=False)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.text}"}

    def send(self, feed, content=MARCH, **headers):
        return self.browser.generic(
            "POST",
            f"/api/feeds/{feed.public_id}/files",
            content,
            content_type="text/csv",
            headers={**self.headers(), **headers},
        )

    def get(self, path):
        return self.browser.get(path, headers=self.headers())


@pytest.fixture
def program():
    return Program()


def problem(answer) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_a_file_is_stored_to_be_loaded_and_its_run_can_be_followed(program, feed):
    MeterDeviceFactory(meter_number="M-1")

    sent = program.send(feed, **{"X-File-Name": quote("märz.csv"), "X-Version-At": "2026-03-01T06:00:00Z"})
    run = FeedRun.objects.get()
    execute_due_runs(run_id=run.pk)
    status = program.get(sent.json()["link"]).json()

    assert (sent.status_code, sent.json()["status"]) == (202, "waiting")
    assert sent.headers["Location"] == sent.json()["link"]
    assert (run.file_name, run.by, run.file.read()) == ("märz.csv", program.user, MARCH)
    assert run.version_at == datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert (status["id"], status["status"], status["percent_done"]) == (run.public_id, "done", 100)
    assert (status["rows_read"], status["accepted"], status["rejected"]) == (2, 2, 0)


def test_the_same_file_again_is_known(program, feed):
    MeterDeviceFactory(meter_number="M-1")
    program.send(feed)
    execute_due_runs(run_id=FeedRun.objects.get().pk)

    again = program.send(feed)

    assert (again.status_code, again.json()["status"]) == (200, "done")
    assert again.json()["problem"].startswith("The same file")


def test_a_run_tells_its_first_rejected_rows_and_not_what_stood_there(program, feed):
    run = FeedRunFactory(feed=feed, rejected=12, status=RunStatus.DONE)
    for line in range(12, 0, -1):
        RejectedRow.objects.create(run=run, line=line, reason="start is not a time", text="M-1,never,3")

    status = program.get(f"/api/feeds/{feed.public_id}/files/{run.public_id}").json()

    assert status["rejected"] == 12
    assert status["first_rejected"] == [
        {"line": line, "reason": "start is not a time"} for line in range(1, 11)
    ]


def test_a_run_of_another_feed_is_not_there(program, feed):
    run = FeedRunFactory(feed=FeedFactory())

    answer = program.get(f"/api/feeds/{feed.public_id}/files/{run.public_id}")

    assert problem(answer) == (404, "not_found")


def test_a_feed_nobody_knows_is_not_there(program, feed):
    feed.public_id = "nothing"

    assert problem(program.send(feed)) == (404, "not_found")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Version-At": "yesterday"}, (400, "invalid_parameter")),
        ({"X-Version-At": "2026-03-01T06:00:00"}, (400, "invalid_parameter")),
        ({"X-Version-At": "2999-01-01T00:00:00Z"}, (400, "invalid_parameter")),
        ({"Content-Encoding": "gzip"}, (415, "not_the_file")),
        ({"Content-Type": "multipart/form-data; boundary=x"}, (415, "not_the_file")),
        ({"Content-Length": ""}, (411, "length_required")),
        ({"Content-Length": str(3 << 20)}, (413, "too_large")),
        ({"Content-Length": "0"}, (400, "empty_file")),
    ],
)
def test_what_is_no_file_is_refused_and_nothing_is_kept(program, feed, settings, headers, expected):
    settings.FEED_FILE_MEGABYTES = 2

    answer = program.send(feed, **headers)

    assert problem(answer) == expected
    assert not FeedRun.objects.exists()
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


class Broken(io.BytesIO):
    def read(self, *size):
        raise ConnectionResetError


@pytest.mark.parametrize("came", [MARCH, b"", None])
def test_a_body_that_ends_early_is_no_file(program, feed, settings, came):
    answer = program.browser.generic(
        "POST", f"/api/feeds/{feed.public_id}/files", b"", content_type="text/csv", headers=program.headers(),
        CONTENT_LENGTH=str(len(MARCH) + 9), **{"wsgi.input": Broken() if came is None else io.BytesIO(came)},
    )  # fmt: skip

    assert problem(answer) == (400, "body_ended_early")
    assert not FeedRun.objects.exists()
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/hosts", "hosts"), ("c:\\files\\a.csv", "a.csv"), ("", "file"), ("a%00%0Ab", "ab")],
)
def test_a_name_is_a_name_and_no_path(program, feed, name, kept):
    program.send(feed, **{"X-File-Name": name})

    assert FeedRun.objects.get().file_name == kept


def test_a_token_may_call_so_often(program, feed, settings):
    settings.FEED_CALLS_PER_MINUTE = 2
    other = Program()
    with time_machine.travel(clock.now().replace(second=20), tick=False):
        answers = [program.send(feed) for _ in range(3)]
        of_other = other.send(feed)

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert problem(answers[-1]) == (429, "too_many_calls")
    assert answers[-1].headers["Retry-After"] == "40"
    assert of_other.status_code == 202


def make_wrong(program: Program, how: str) -> None:
    if how == "none":
        program.headers = dict  # type: ignore[method-assign]
    elif how == "made up":
        program.text = "cdsc_staff_made-up"
    elif how == "revoked":
        revoke_staff_token(token=program.token, at=clock.now())
    elif how == "expired":
        StaffToken.objects.update(expires=clock.now())
    elif how == "of staff who left":
        program.user.is_active = False
    elif how == "of staff no more":
        program.user.is_staff = False
    elif how == "without the permission":
        program.user.is_superuser = False
    elif how == "of a third party":
        reader = Reader()
        reader.granted(household().contract)
        program.text = reader.token
    program.user.save()


@pytest.mark.spec("X-14")
@pytest.mark.parametrize(
    "how",
    [
        "none", "made up", "revoked", "expired", "of staff who left", "of staff no more", "without the permission",
        "of a third party",
    ],
)  # fmt: skip
def test_a_token_that_does_not_open_opens_nothing(program, feed, how):
    make_wrong(program, how)
    run = FeedRunFactory(feed=feed)

    answers = [program.send(feed), program.get(f"/api/feeds/{feed.public_id}/files/{run.public_id}")]

    assert {problem(answer)[0] for answer in answers} == {401}
    assert FeedRun.objects.count() == 1


def test_a_login_is_no_token(feed):
    browser = Browser()
    browser.force_login(StaffFactory())

    answer = browser.post(f"/api/feeds/{feed.public_id}/files", MARCH, content_type="text/csv")

    assert answer.status_code == 401


@pytest.mark.spec("X-18")
def test_a_token_in_the_address_is_refused(program, feed):
    answer = program.browser.get(f"/api/feeds/{feed.public_id}/files/x", {"access_token": program.text})

    assert answer.status_code == 400


@pytest.mark.spec("X-14")
@pytest.mark.parametrize("path", ["/usage_data", "/bill_statements", "/distribution_details"])
def test_a_token_of_staff_opens_no_customers_data(program, path):
    household()

    assert problem(program.get(path)) == (401, "invalid_token")


def test_a_token_is_kept_as_a_checksum_and_its_use_is_seen(program, feed):
    program.send(feed)

    token = StaffToken.objects.get()
    assert program.text not in str(StaffToken.objects.values().get())
    assert token.last_used is not None


def test_only_staff_who_may_run_feeds_get_one():
    clerk, runner = UserFactory(is_staff=True), UserFactory(is_staff=True)
    runner.user_permissions.add(Permission.objects.get(codename="add_feedrun"))
    now = clock.now()

    issue_staff_token(user=runner, label="job", expires=now + timedelta(days=1), at=now)

    with pytest.raises(TokenNotIssuedError):
        issue_staff_token(user=clerk, label="job", expires=now + timedelta(days=1), at=now)


@pytest.mark.parametrize("days", [0, 367])
def test_a_token_ends(days):
    now = clock.now()

    with pytest.raises(TokenNotIssuedError):
        issue_staff_token(user=StaffFactory(), label="job", expires=now + timedelta(days=days), at=now)
