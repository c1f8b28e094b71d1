"""Files in a bucket, at a server that speaks S3: taken, read again, compressed, given out; and what fails is said."""

import hashlib
from datetime import date, timedelta
from io import BytesIO

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client as Browser
from moto.server import ThreadedMotoServer

from cdsc_portal import env
from cdsc_portal.lib.runtime.file_storage import storage_of
from cdsc_portal.lib.time import clock
from datahub.downloads.services import delete_old_downloads
from datahub.feeds.runs.life_cycle import start_run
from datahub.feeds.runs.run_executor import execute_due_runs
from datahub.feeds.runs.stored_files import compress_old_files, stored_file
from datahub.models import Download, DownloadStatus, FeedRun, IntervalBlock, RunStatus
from datahub.tasks import write_download
from tests.datahub.feeds.runs.files import usage_file
from tests.factories.accounts import MeterDeviceFactory, household
from tests.factories.datahub import bill
from tests.factories.feeds import FeedFactory, load_days

pytestmark = pytest.mark.django_db
KEYS = {"access_key": "a-key", "secret_key": "its-secret"}


@pytest.fixture(scope="module")
def server():
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def objects(server, settings):
    """Names of what is in the bucket."""
    client = boto3.client(
        "s3", endpoint_url=server, region_name="us-east-1", aws_access_key_id="a-key",
        aws_secret_access_key="its-secret",
    )  # fmt: skip
    client.create_bucket(Bucket="portal")
    for kept in client.list_objects_v2(Bucket="portal").get("Contents", []):
        client.delete_object(Bucket="portal", Key=kept["Key"])
    url = f"s3://portal/files?endpoint={server}&region=us-east-1"
    settings.STORAGES = {**settings.STORAGES, "default": storage_of(url, **KEYS)}
    return lambda: [each["Key"] for each in client.list_objects_v2(Bucket="portal").get("Contents", [])]


def test_a_feed_file_is_stored_loaded_and_known_again(objects):
    feed = FeedFactory(settings={"unit": "Wh", "interval_seconds": "900"}, time_zone="UTC")
    MeterDeviceFactory(meter_number="M-1")
    content = usage_file("M-1", [1, 2, 3])

    run = start_run(feed=feed, file=BytesIO(content), name="m.csv", by=None, at=clock.now())
    execute_due_runs(run_id=run.pk)
    again = start_run(feed=feed, file=BytesIO(content), name="m.csv", by=None, at=clock.now())

    run.refresh_from_db()
    assert (run.status, run.size, run.sha256) == (
        RunStatus.DONE, len(content), hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    assert IntervalBlock.objects.count() == 1
    assert (again.status, again.file.name) == (RunStatus.DONE, run.file.name)
    assert objects() == [f"files/{run.file.name}"]


def test_a_long_file_is_hashed_once_as_it_leaves_in_parts(objects):
    content = bytes(range(256)) * (80 << 10)  # 20 MB: three parts

    run = start_run(feed=FeedFactory(), file=BytesIO(content), name="m.csv", by=None, at=clock.now())

    assert (run.size, run.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    with stored_file(run) as file:
        assert hashlib.sha256(file.read()).hexdigest() == run.sha256


def test_a_day_after_its_last_use_a_file_is_compressed_and_still_read(objects):
    at, content = clock.now(), b"meter,start,value\n" * 1000
    run = start_run(feed=FeedFactory(), file=BytesIO(content), name="m.csv", by=None, at=at)
    FeedRun.objects.filter(pk=run.pk).update(status=RunStatus.DONE, finished=at)

    assert compress_old_files(at=at + timedelta(hours=23)) == 0
    assert compress_old_files(at=at + timedelta(days=1, minutes=1)) == 1
    assert compress_old_files(at=at + timedelta(days=2)) == 0

    run.refresh_from_db()
    assert objects() == [f"files/{run.file.name}"] and run.file.name.endswith(".csv.zst")
    assert run.file.size < len(content) / 20
    with stored_file(run) as file:
        assert file.read() == content
    again = start_run(feed=run.feed, file=BytesIO(content), name="m.csv", by=None, at=at)
    assert again.file.name == run.file.name


def test_a_file_that_changed_meanwhile_stays_as_it_is(objects):
    at = clock.now()
    run = start_run(feed=FeedFactory(), file=BytesIO(b"a"), name="m.csv", by=None, at=at)
    FeedRun.objects.filter(pk=run.pk).update(status=RunStatus.DONE, finished=at, sha256="0" * 64)

    assert compress_old_files(at=at + timedelta(days=2)) == 0

    assert objects() == [f"files/{run.file.name}"]


def test_a_bill_leaves_from_the_bucket(objects):
    home = household()
    statement = bill(home.contract)
    statement.file.save(f"{statement.public_id}.pdf", ContentFile(b"%PDF-1.7 bill"))
    browser = Browser()
    browser.force_login(home.owner)

    answer = browser.get(f"/my/bills/{statement.public_id}/file/")

    assert b"".join(answer.streaming_content) == b"%PDF-1.7 bill"
    assert objects() == [f"files/{statement.file.name}"]


def test_a_prepared_download_leaves_in_ranges_and_is_deleted(objects):
    home = household()
    load_days(home.meter, date(2026, 3, 1), 3, scale=0)
    prepared = Download.objects.create(
        user=home.owner, form="csv", start=date(2026, 3, 1), end=date(2026, 3, 3), total=192
    )
    prepared.contracts.set([home.contract])
    write_download(prepared.pk)
    prepared.refresh_from_db()
    browser = Browser()
    browser.force_login(home.owner)

    whole = b"".join(browser.get(f"/my/downloads/{prepared.public_id}/").streaming_content)
    part = browser.get(f"/my/downloads/{prepared.public_id}/", headers={"Range": "bytes=10-19"})

    assert (prepared.status, prepared.size) == (DownloadStatus.READY, len(whole))
    assert (part.status_code, b"".join(part.streaming_content)) == (206, whole[10:20])
    assert objects() == [f"files/downloads/{prepared.public_id}.csv"]
    assert delete_old_downloads(at=prepared.expires + timedelta(seconds=1)) == 1
    assert objects() == []


def test_a_bucket_that_does_not_answer_is_an_error_of_the_system(settings):
    url = "s3://portal?endpoint=http://127.0.0.1:9&region=us-east-1"
    storage = storage_of(url, **KEYS)
    storage["OPTIONS"]["client_config"] = boto3.session.Config(retries={"max_attempts": 0}, connect_timeout=1)
    settings.STORAGES = {**settings.STORAGES, "default": storage}

    for use in (
        lambda: default_storage.save("a", ContentFile(b"a")),
        lambda: default_storage.open("a"),
        lambda: default_storage.exists("a"),
        lambda: default_storage.delete("a"),
        lambda: default_storage.listdir("a"),
    ):
        with pytest.raises(OSError, match="file storage failed"):
            use()
    assert not FeedRun.objects.exists()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3://key:secret@portal/files", "STORAGE_ACCESS_KEY"),
        ("s3:///files", "s3://bucket"),
        ("s3://portal?endpoit=http://x", "s3://bucket"),
        ("s3://portal?endpoint=portal.example.com", "https://"),
        ("file://host/files", "file:///folder"),
        ("ftp://portal", "file://"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_by_name(url, words):
    with pytest.raises(env.EnvironmentValueError, match=f"STORAGE_URL: .*{words}"):
        env.read({"DEVELOPMENT": "1", "STORAGE_URL": url})


def test_without_an_address_files_lie_below_var_dir(tmp_path):
    assert env.read({"DEVELOPMENT": "1", "VAR_DIR": str(tmp_path)}).storage_url == f"file://{tmp_path}/media"
