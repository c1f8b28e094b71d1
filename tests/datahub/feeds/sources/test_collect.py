"""When sources are looked at, by whom, and what a failure does."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from datahub.feeds.sources import collect as collect_module
from datahub.feeds.sources.base import Collected, SourceProblemError
from datahub.feeds.sources.collect import collect, due_sources, look_soon
from datahub.models import FeedRun, FeedSource, SourceKind
from datahub.tasks import collect_files
from tests.datahub.feeds.sources.conftest import MORNING
from tests.factories.feeds import FeedFactory


@pytest.fixture
def source(feed, clock):
    return FeedSource.objects.create(
        feed=feed, kind=SourceKind.FOLDER, address="nowhere", every_minutes=10, next_look=MORNING
    )


@pytest.fixture
def collected(monkeypatch):
    """Sources in the order in which they were looked at; a look raises what `problems` holds for it."""
    seen: list[int] = []
    problems: dict[int, Exception] = {}

    def collects(source, *, at):
        seen.append(source.pk)
        if source.pk in problems:
            raise problems[source.pk]
        return Collected()

    monkeypatch.setitem(collect_module._COLLECTORS, SourceKind.FOLDER, collects)
    return seen, problems


def test_a_source_is_due_when_its_pause_is_over_and_only_while_it_is_active(source, collected):
    collect(source_id=source.pk)

    due = [due_sources(at=MORNING + timedelta(minutes=minutes)) for minutes in (9, 10)]
    FeedSource.objects.update(active=False)
    asleep = due_sources(at=MORNING + timedelta(days=1))

    assert due == [[], [source.pk]]
    assert asleep == []


def test_what_is_not_due_is_not_looked_at(source, collected):
    collect(source_id=source.pk)
    collect(source_id=source.pk)

    assert collected[0] == [source.pk]


def test_staff_can_have_it_looked_at_at_once(source, collected):
    collect(source_id=source.pk)
    look_soon(source=source, at=MORNING)

    assert due_sources(at=MORNING) == [source.pk]


def test_failures_back_off_and_say_why_until_one_look_goes_well(source, collected, visit):
    _seen, problems = collected
    problems[source.pk] = SourceProblemError("files.example.com went silent")
    pauses = []
    for _ in range(3):
        visit(source)
        pauses.append(source.next_look - source.last_look)
    problem = source.problem
    del problems[source.pk]

    visit(source)

    assert pauses == [timedelta(minutes=minutes) for minutes in (20, 40, 80)]
    assert problem == "files.example.com went silent"
    assert (source.problem, source.failures) == ("", 0)
    assert source.next_look - source.last_look == timedelta(minutes=10)


def test_one_that_breaks_stops_no_other(source, collected):
    other = FeedSource.objects.create(
        feed=FeedFactory(), kind=SourceKind.FOLDER, address="nowhere", next_look=MORNING
    )
    collected[1][source.pk] = ZeroDivisionError()

    for key in due_sources(at=MORNING):
        collect(source_id=key)

    source.refresh_from_db()
    assert source.problem == "Unexpected ZeroDivisionError; the log has the details."
    assert sorted(collected[0]) == sorted([source.pk, other.pk])


@pytest.mark.django_db(transaction=True)
def test_a_source_that_another_worker_looks_at_is_left_alone(source, collected):
    parameters = connection.get_connection_params()
    known = {
        name: parameters[name]
        for name in ("dbname", "user", "password", "host", "port")
        if name in parameters
    }
    with psycopg.connect(**known) as other:
        other.execute("SELECT pg_advisory_lock(%s::int, %s::int)", [collect_module._SOURCE_LOCKS, source.pk])
        collect(source_id=source.pk)
        meanwhile = list(collected[0])
        other.execute("SELECT pg_advisory_unlock_all()")

    collect(source_id=source.pk)

    assert meanwhile == []
    assert collected[0] == [source.pk]


def test_a_source_that_staff_turned_elsewhere_during_the_look_stays_due(source, monkeypatch):
    def turned(source, *, at):
        FeedSource.objects.filter(pk=source.pk).update(address="elsewhere")
        source.etag = '"of nowhere"'
        return Collected()

    monkeypatch.setitem(collect_module._COLLECTORS, SourceKind.FOLDER, turned)

    collect(source_id=source.pk)

    source.refresh_from_db()
    assert (source.etag, source.next_look) == ("", MORNING)


def test_beat_asks_for_each_due_source(source, monkeypatch):
    sent = []
    monkeypatch.setattr(
        "datahub.tasks.collect_from_source.apply_async", lambda arguments, **_: sent.append(arguments)
    )

    assert collect_files() == 1
    assert sent == [[source.pk]]
    assert not FeedRun.objects.exists()
