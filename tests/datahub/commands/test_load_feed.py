from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from datahub.management.commands import load_feed
from datahub.models import Feed, FeedRun, RunStatus
from tests.datahub.feeds.runs.files import usage_file
from tests.factories.accounts import MeterDeviceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _meters_feed(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    MeterDeviceFactory(meter_number="M-1")
    call_command(
        "register_feed", "meters", "usage_csv_long", "--zone", "UTC",
        "--set", "unit=Wh", "--set", "interval_seconds=900", stdout=StringIO(),
    )  # fmt: skip


def load(path, *options):
    output = StringIO()
    call_command("load_feed", "--feed", "meters", str(path), *options, stdout=output)
    return output.getvalue()


def written(tmp_path, content):
    path = tmp_path / "march.csv"
    path.write_bytes(content)
    return path


def test_a_file_waits_for_a_worker_unless_told_otherwise(tmp_path):
    output = load(written(tmp_path, usage_file("M-1", [1, 2])))

    run = FeedRun.objects.get()
    assert run.status == RunStatus.WAITING
    assert output == f"run {run.public_id} is waiting for a worker\n"


def test_the_outcome_is_told_in_numbers(tmp_path):
    output = load(written(tmp_path, usage_file("M-1", [1, 2])), "--here")

    assert "done: 2 rows, 2 accepted, 0 unchanged, 0 rejected" in output


@pytest.mark.parametrize(("options", "limits"), [(["--here"], 1), ([], 0)])
def test_the_allocator_is_limited_only_in_the_process_that_loads(tmp_path, monkeypatch, options, limits):
    calls = []
    monkeypatch.setattr(load_feed, "limit_arenas", lambda: calls.append("limited"))

    load(written(tmp_path, usage_file("M-1", [1, 2])), *options)

    assert len(calls) == limits


def test_rejected_rows_are_shown_and_end_with_status_one(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        load(written(tmp_path, usage_file("M-1", [1, "much"])), "--here")

    assert ended.value.code == 1


def test_readings_of_an_unknown_meter_are_told_apart_and_are_no_fault(tmp_path):
    output = load(written(tmp_path, usage_file("M-1", [1], "M-9", [2, 3])), "--here")

    assert "done: 3 rows, 1 accepted, 0 unchanged, 0 rejected, 2 parked" in output


def test_a_refused_file_ends_with_status_two(tmp_path):
    with pytest.raises(SystemExit) as ended:
        load(written(tmp_path, b"no such columns\n"), "--here")

    assert ended.value.code == 2


def test_an_unknown_feed_is_answered_with_the_known_ones(tmp_path):
    with pytest.raises(CommandError, match="no feed is named water; registered: meters"):
        call_command("load_feed", "--feed", "water", str(written(tmp_path, b"")))


def test_registering_again_changes_the_feed_and_not_its_kind():
    call_command("register_feed", "meters", "espi_xml", "--zone", "America/Chicago", stdout=StringIO())

    feed = Feed.objects.get()
    assert (feed.format, feed.time_zone, feed.settings) == ("espi_xml", "America/Chicago", {})
    with pytest.raises(CommandError, match="the feed meters brings usage, bills_csv reads bills"):
        call_command("register_feed", "meters", "bills_csv")
