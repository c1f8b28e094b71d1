"""/my/downloads/: one's own data as files, at once or from a worker, for a day and for nobody else."""

import csv
import errno
import gzip
import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import zstandard
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from lxml import html

from accounts.mail.queue import words_of
from accounts.models import Membership, OutgoingMail
from cdsc_portal.lib.http.checked_stream import CHECK_BYTES, BrokenOffError
from cdsc_portal.lib.time import clock
from datahub import tasks
from datahub.downloads import services as service
from datahub.downloads.pages import views as view
from datahub.models import Download, DownloadProblem, DownloadStatus
from datahub.tasks import write_download
from datahub.usage import plan
from tests.consent.mail.again import text_sent_again
from tests.factories.accounts import household
from tests.factories.datahub import bill
from tests.factories.feeds import load_days

URL = "/my/downloads/"
FIRST = date(2026, 3, 1)
UNPACKED = {
    "gzip": gzip.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT, settings.SCRATCH_DIR = tmp_path, tmp_path / "scratch"
    return tmp_path / "downloads"


def left(folder):
    """Files, whole or not."""
    return [path for path in folder.parent.rglob("*") if path.is_file()]


@pytest.fixture
def owner(home) -> Browser:
    owner = Browser()
    owner.force_login(home.owner)
    load_days(home.meter, FIRST, 9, scale=0)
    return owner


@pytest.fixture
def by_worker(monkeypatch):
    """No file is small enough to be sent at once."""
    monkeypatch.setattr(view, "AT_ONCE", 0)


def form_fields(home, **other):
    chosen = {"what": "usage", "form": "csv", "start": "2026-03-02", "end": "2026-03-05"}
    return {**chosen, "services": [home.contract.public_id], **other}


def ask(owner, home, **other):
    answer = owner.post(URL, form_fields(home, **other), follow=True)
    assert answer.status_code == 200
    return answer


def body(answer):
    return b"".join(answer.streaming_content).decode()


def lines(text):
    return list(csv.DictReader(io.StringIO(text.rpartition("# complete")[0])))


def words(answer):
    return " ".join(html.fromstring(answer.content.decode()).text_content().split())


def test_a_small_file_is_the_answer_itself(owner, home):
    answer = ask(owner, home)

    rows = lines(body(answer))
    assert 'filename="usage-2026-03-02-2026-03-05.csv"' in answer["Content-Disposition"]
    assert len(rows) == 4 * 96
    assert (rows[0]["local_start"], rows[-1]["local_start"]) == (
        "2026-03-02T00:00:00-08:00",
        "2026-03-05T23:45:00-08:00",
    )
    assert not Download.objects.exists()


@pytest.mark.parametrize(("form", "end"), [("csv", "# complete: 2 lines\n"), ("json", '"lines":2}')])
def test_bill_lines_of_the_chosen_days(owner, home, form, end):
    bill(home.contract, statement_date=date(2026, 3, 3))
    wrong = bill(home.contract, statement_date=date(2026, 3, 5))
    bill(home.contract, statement_date=date(2026, 3, 6), replaces=wrong)
    bill(household().contract, statement_date=date(2026, 3, 3))

    text = body(ask(owner, home, what="bills", form=form))

    assert text.endswith(end)
    rows = lines(text) if form == "csv" else json.loads(text)["data"]
    assert [row["statement_date"] for row in rows] == ["2026-03-03", "2026-03-05"]
    assert [row["corrected"] for row in rows] == ["no", "yes"]
    assert (rows[0]["quantity"], rows[0]["rate"], rows[0]["amount"]) == ("312", "0.21", "65.52")


def test_a_large_file_is_written_by_a_worker_and_told_by_mail_once(
    owner, home, by_worker, django_capture_on_commit_callbacks, monkeypatch, folder
):
    announced = []
    monkeypatch.setattr("datahub.tasks.write_download.apply_async", lambda args, **_: announced.append(*args))
    with django_capture_on_commit_callbacks(execute=True):
        answer = ask(owner, home)
    download = Download.objects.get()
    assert announced == [download.pk]
    assert "We are making your file." in words(answer)
    assert "Waiting 0%" in words(answer)
    assert owner.get(f"{URL}{download.public_id}/").status_code == 404

    for _ in range(2):
        write_download(download.pk)

    mail = OutgoingMail.objects.get()
    assert (mail.subject, mail.user) == ("Your file is ready", home.owner)
    assert "/my/downloads/" in words_of(mail).text
    assert download.public_id not in words_of(mail).text
    link = html.fromstring(owner.get(URL).content.decode()).xpath("//a[contains(., 'this file')]/@href")
    fetched = body(owner.get(link[0]))
    assert len(lines(fetched)) == 4 * 96
    part = owner.get(link[0], headers={"Range": "bytes=100-", "Accept-Encoding": "gzip"})
    assert part.status_code == 206
    assert body(part) == fetched[100:]
    assert [path.name for path in folder.iterdir()] == [f"{download.public_id}.csv"]
    assert text_sent_again(mail) == words_of(mail).text
    Download.objects.update(expires=clock.now())
    assert text_sent_again(mail) == ""


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_written_file_leaves_compressed_whole_and_as_it_is_in_parts(owner, home, by_worker, coding):
    ask(owner, home)
    write_download(Download.objects.get().pk)
    url = f"{URL}{Download.objects.get().public_id}/"
    plain = owner.get(url)
    stored, tag = body(plain).encode(), plain["ETag"]

    whole = owner.get(url, headers={"Accept-Encoding": coding})
    sent = b"".join(whole.streaming_content)
    part = owner.get(url, headers={"Accept-Encoding": coding, "Range": "bytes=100-", "If-Range": tag})
    of_compressed = owner.get(
        url, headers={"Accept-Encoding": coding, "Range": "bytes=100-", "If-Range": whole["ETag"]}
    )

    assert (whole["Content-Encoding"], whole["ETag"]) == (coding, f"W/{tag}")
    assert whole["Accept-Ranges"] == "none"
    assert "Content-Length" not in whole
    assert UNPACKED[coding](sent) == stored
    assert len(sent) < len(stored) / 3
    assert (part.status_code, part["ETag"], "Content-Encoding" in part) == (206, tag, False)
    assert b"".join(part.streaming_content) == stored[100:]
    assert of_compressed.status_code == 200
    assert b"".join(of_compressed.streaming_content) == stored
    assert all("Accept-Encoding" in answer["Vary"] for answer in (plain, whole, part, of_compressed))


def test_the_file_is_its_persons_alone_and_only_while_they_see_the_service(owner, home, by_worker):
    ask(owner, home)
    download = Download.objects.get()
    write_download(download.pk)
    other = Browser()
    other.force_login(household().owner)
    url = f"{URL}{download.public_id}/"

    assert owner.get(url).status_code == 200
    assert other.get(url).status_code == 404
    assert Browser().get(url).status_code == 302
    assert download.public_id not in other.get(URL).content.decode()
    Membership.objects.filter(user=home.owner).delete()
    assert owner.get(url).status_code == 404


@pytest.mark.spec("X-14")
def test_a_role_that_ends_while_a_written_file_leaves_breaks_it_off(owner, home, by_worker, folder):
    ask(owner, home)
    download = Download.objects.get()
    write_download(download.pk)
    (folder / f"{download.public_id}.csv").write_bytes(b"x" * 2_000_000)
    stream = iter(owner.get(f"{URL}{download.public_id}/").streaming_content)
    sent = len(next(stream))

    Membership.objects.filter(user=home.owner).delete()
    with pytest.raises(BrokenOffError):
        for piece in stream:
            sent += len(piece)

    assert sent <= CHECK_BYTES


def test_after_a_day_the_link_is_dead_and_the_file_deleted(owner, home, by_worker, monkeypatch, folder):
    ask(owner, home)
    download = Download.objects.get()
    write_download(download.pk)
    later = clock.now() + timedelta(hours=24, seconds=1)
    monkeypatch.setattr(view.clock, "now", lambda: later)
    owner.force_login(home.owner)

    assert owner.get(f"{URL}{download.public_id}/").status_code == 404
    assert "Your files" not in words(owner.get(URL))
    assert service.delete_old_downloads(at=later - timedelta(seconds=2)) == 0
    assert service.delete_old_downloads(at=later) == 1
    assert left(folder) == []
    assert not Download.objects.exists()


def test_a_worker_that_dies_leaves_no_half_file_and_another_starts_over(
    owner, home, by_worker, monkeypatch, folder
):
    monkeypatch.setattr(plan, "METER_DAYS", 1)
    ask(owner, home)
    download = Download.objects.get()
    in_peace = tasks.counted_stream

    def dies(*args):
        yield next(in_peace(*args))
        raise KeyboardInterrupt

    monkeypatch.setattr(tasks, "counted_stream", dies)
    with pytest.raises(KeyboardInterrupt):
        write_download(download.pk)
    monkeypatch.setattr(tasks, "counted_stream", in_peace)
    download.refresh_from_db()
    stopped = (download.status, download.file, left(folder))
    silent = clock.now() + timedelta(minutes=2)

    assert stopped == (DownloadStatus.RUNNING, "", [])
    assert service.stranded_downloads(at=clock.now()) == []
    assert service.stranded_downloads(at=silent) == [download.pk]
    write_download(download.pk)
    assert len(lines(body(owner.get(f"{URL}{download.public_id}/")))) == 4 * 96


def test_what_a_killed_worker_left_goes_with_the_file_that_failed(owner, home, by_worker, folder):
    ask(owner, home)
    download = Download.objects.get()
    half = folder.parent / "scratch" / f"{download.public_id}.part"
    half.parent.mkdir()
    half.write_text("half")
    Download.objects.update(attempts=5)
    write_download(download.pk)

    service.delete_old_downloads(at=clock.now() + timedelta(hours=25))

    assert left(folder) == []
    assert not Download.objects.exists()


def test_a_persons_files_go_with_the_person(owner, home, by_worker, folder):
    ask(owner, home)
    write_download(Download.objects.get().pk)
    home.owner.delete()

    early = service.delete_old_downloads(at=clock.now() + timedelta(hours=23))
    deleted = service.delete_old_downloads(at=clock.now() + timedelta(hours=25))

    assert (early, deleted) == (0, 1)
    assert left(folder) == []


def test_a_full_disk_says_so_and_is_no_failed_attempt(owner, home, by_worker, monkeypatch, folder):
    ask(owner, home)
    download = Download.objects.get()

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(service.os, "fsync", full)
    for _ in range(7):
        write_download(download.pk)

    assert "There is no room for your file at the moment." in words(owner.get(URL))
    assert left(folder) == []
    monkeypatch.undo()
    write_download(download.pk)
    download.refresh_from_db()
    assert (download.status, download.problem) == (DownloadStatus.READY, "")


def test_a_role_that_ends_meanwhile_stops_the_file(owner, home, by_worker, folder):
    ask(owner, home)
    download = Download.objects.get()
    Membership.objects.filter(user=home.owner).delete()

    write_download(download.pk)

    download.refresh_from_db()
    assert (download.status, download.problem) == (DownloadStatus.FAILED, DownloadProblem.NO_ACCESS)
    assert not OutgoingMail.objects.exists()
    assert left(folder) == []


def test_three_files_may_be_on_their_way(owner, home, by_worker):
    for _ in range(3):
        ask(owner, home)

    answer = ask(owner, home)

    assert Download.objects.count() == 3
    assert "3 of your files are still on their way." in words(answer)


def test_others_services_cannot_be_chosen(owner, home, by_worker):
    other = household()

    answer = owner.post(URL, form_fields(home, services=[other.contract.public_id]))

    assert answer.status_code == 200
    assert "There is a problem" in words(answer)
    assert not Download.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"services": []}, "Choose at least one service."),
        ({"end": "2026-03-01"}, "The last day must not be before the first day."),
        ({"start": "2006-03-01"}, "Choose at most ten years at once."),
        ({"what": "bills", "form": "xml"}, "Green Button holds meter readings only."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_linked(owner, home, wrong, message):
    answer = owner.post(URL, form_fields(home, **wrong))

    tree = html.fromstring(answer.content.decode())
    (link,) = tree.xpath("//div[contains(@class, 'error-summary')]//a")
    assert message in link.text_content()
    assert tree.xpath(f"//*[@id='{link.get('href')[1:]}']")
    assert tree.xpath("string(//title)").strip().startswith("Error:")


def test_queries_do_not_grow_with_files(owner, home, by_worker):
    def count():
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(URL).status_code == 200
        return len(queries)

    ask(owner, home)
    few = count()
    for _ in range(2):
        ask(owner, home)

    assert count() == few


def test_sums_of_files_are_those_of_the_page(owner, home):
    page = html.fromstring(owner.get("/my/usage/", {"period": "2026-03"}).content.decode())
    shown = sum(Decimal(cell.get("value")) for cell in page.xpath("//tbody//td[1]//data"))

    rows = lines(body(ask(owner, home, start="2026-03-01", end="2026-03-31")))

    assert sum(Decimal(row["value"]) for row in rows) == shown
    assert rows[0]["start"] == datetime(2026, 3, 1, 8, tzinfo=UTC).isoformat().replace("+00:00", "Z")
