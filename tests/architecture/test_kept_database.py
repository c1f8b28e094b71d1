"""Runs of the tests share a migrated template, and never a database."""

import uuid

import psycopg
import pytest
from django.apps import apps
from django.db import connection

from tests.support.database import copy_template, fingerprint


@pytest.fixture
def server(db):
    """A function that connects to the server, as each process of a run does."""
    connections = []

    def connect(database="postgres"):
        parameters = {
            **connection.get_connection_params(),
            "dbname": database,
            "cursor_factory": psycopg.Cursor,
        }
        connections.append(psycopg.connect(**parameters, autocommit=True))
        return connections[-1]

    yield connect
    for opened in connections:
        opened.close()


@pytest.fixture
def make_copy(server):
    """A function that makes a copy as a run does; it answers the copy's name and how often the template was built."""
    prefix = f"test_{uuid.uuid4().hex[:8]}"
    built = []

    def copy(*, source="digest", run="", worker="", by=None, build=built.append):
        name = copy_template(
            by or server(), prefix=prefix, worker=worker, source=source, run=run, build=build
        )
        return name.removeprefix(prefix), len(built)

    copy.prefix = prefix
    yield copy
    with server() as last:
        names = last.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{prefix}%"]
        ).fetchall()
        for (name,) in names:
            last.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_the_template_is_built_once_and_again_when_its_source_changes(make_copy, server):
    run = server()

    assert make_copy(by=run) == ("", 1)
    assert make_copy(by=run) == ("", 1)
    assert make_copy(by=run, source="another") == ("", 2)


def test_a_run_that_asks_for_a_new_template_builds_it_once_for_all_its_workers(make_copy):
    make_copy()

    assert make_copy(run="run1", worker="gw0") == ("_gw0", 2)
    assert make_copy(run="run1", worker="gw1") == ("_gw1", 2)
    assert make_copy(run="run2", worker="gw2") == ("_gw2", 3)


def test_two_runs_at_a_time_never_work_on_one_database(make_copy, server):
    first, second, third = server(), server(), server()

    assert make_copy(by=first) == ("", 1)
    assert make_copy(by=second) == ("_2", 1)
    first.execute("SELECT pg_advisory_unlock_all()")  # as its end does, which takes a moment
    assert make_copy(by=third) == ("", 1)


def test_a_template_whose_building_broke_off_is_built_again(make_copy):
    def breaks_off(name):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_copy(build=breaks_off)

    assert make_copy() == ("", 1)


def test_what_a_run_left_behind_is_gone_from_the_next_copy(make_copy, server):
    run = server()

    make_copy(by=run)
    server(make_copy.prefix).execute("CREATE TABLE left_behind ()")
    make_copy(by=run)

    row = server(make_copy.prefix).execute("SELECT to_regclass('left_behind')").fetchone()
    assert row == (None,)


def test_another_migration_makes_another_fingerprint(tmp_path, monkeypatch):
    before = fingerprint()
    (tmp_path / "migrations").mkdir()
    monkeypatch.setattr(apps.get_app_config("consent"), "path", str(tmp_path))
    without = fingerprint()
    (tmp_path / "migrations" / "0001_first.py").write_text("from cdsc_portal.lib.time import clock\n")

    assert len({before, without, fingerprint()}) == 3
    assert fingerprint() == fingerprint()
