"""Stored files and rejected rows go when the rules say; runs stay, readings name them."""

import io
from datetime import timedelta

import pytest
from dateutil.relativedelta import relativedelta

from cdsc_portal.lib.time import clock
from datahub.feeds.runs.life_cycle import start_run
from datahub.feeds.runs.stored_files import delete_old_files, stored_file
from datahub.models import FeedRun, RejectedRow, RunStatus
from datahub.tasks import delete_old_rows
from tests.factories.feeds import FeedFactory

pytestmark = pytest.mark.django_db


def run_of(feed, content, finished, status=RunStatus.DONE):
    run = start_run(feed=feed, file=io.BytesIO(content), name="meters.csv", by=None, at=clock.now())
    FeedRun.objects.filter(pk=run.pk).update(status=status, finished=finished)
    run.refresh_from_db()
    return run


def test_a_file_goes_90_days_after_its_last_use_and_its_run_stays():
    at, feed = clock.now(), FeedFactory()
    old = run_of(feed, b"a", at - timedelta(days=91))
    refused = run_of(feed, b"b", at - timedelta(days=91), RunStatus.REFUSED)
    young = run_of(feed, b"c", at - timedelta(days=89))
    waiting = run_of(feed, b"d", None, RunStatus.WAITING)
    used = run_of(feed, b"e", at - timedelta(days=91))
    again = run_of(feed, b"e", at - timedelta(days=1))
    assert again.file.name == used.file.name
    names = {run: run.file.name for run in (old, refused, young, waiting, used)}

    assert delete_old_files(at=at) == 2

    there = {run for run, name in names.items() if run.file.storage.exists(name)}
    assert there == {young, waiting, used}
    assert {run.file.name for run in FeedRun.objects.filter(pk__in=[old.pk, refused.pk])} == {""}
    assert FeedRun.objects.count() == 6


def test_a_run_without_its_file_says_so_and_the_same_file_is_taken_again():
    at, feed = clock.now(), FeedFactory()
    old = run_of(feed, b"a", at - timedelta(days=91))
    delete_old_rows()
    old.refresh_from_db()

    with pytest.raises(FileNotFoundError, match="kept no longer"):
        stored_file(old)
    again = start_run(feed=feed, file=io.BytesIO(b"a"), name="meters.csv", by=None, at=at)
    assert again.status == RunStatus.DONE


def test_rejected_rows_go_two_years_after_their_run():
    at, feed = clock.now(), FeedFactory()
    old = run_of(feed, b"a", at - relativedelta(years=2, days=1))
    young = run_of(feed, b"b", at - relativedelta(years=2) + timedelta(days=1))
    for run in (old, young):
        RejectedRow.objects.create(run=run, line=1, reason="no meter", text="Ann,7")

    delete_old_rows()

    assert RejectedRow.objects.get().run == young
