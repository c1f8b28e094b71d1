"""X-14 by the commands that an operator runs: a restored backup, and one brought up to an instant by its WAL."""

import json
import tempfile
import time
from io import BytesIO, StringIO
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql

from cdsc_portal.lib.db import client_programs
from cdsc_portal.lib.db.client_programs import programs, run_program
from cdsc_portal.lib.time import clock
from cdsc_portal.restored import why_not_to_serve
from consent.models import Grant
from consent.services.stop import stop_sharing
from consent.transitions import GrantStatus
from datahub.feeds.runs.life_cycle import start_run
from datahub.models import FeedRun
from tests.factories.consent import approve, ask
from tests.factories.feeds import FeedFactory
from tools.own_postgres import OwnPostgres

pytestmark = [pytest.mark.spec("X-14"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def empty_database():
    """A function that puts an empty database in the place of the test's, on the same server."""
    own = connection.settings_dict["NAME"]
    name = f"{own}_restored"
    parameters = {
        **connection.get_connection_params(),
        "dbname": "postgres",
        "cursor_factory": psycopg.Cursor,
    }

    def change(statement: str) -> None:
        connection.close()
        with psycopg.connect(**parameters, autocommit=True) as server:
            server.execute(sql.SQL(statement).format(sql.Identifier(name)))

    def switch() -> None:
        change("CREATE DATABASE {}")
        connection.settings_dict["NAME"] = name

    change("DROP DATABASE IF EXISTS {}")
    yield switch
    connection.close()
    connection.settings_dict["NAME"] = own
    change("DROP DATABASE IF EXISTS {}")


@pytest.fixture
def sharing(third_party, home):
    """(the grant, its token)"""
    usage = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}
    grant = approve(ask(usage, user=home.owner, client=third_party.client))
    return grant, third_party.tokens_for(grant)["access_token"]


def run(command, *arguments):
    output = StringIO()
    call_command(command, *arguments, stdout=output, stderr=output)
    return output.getvalue()


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.CONSENT_JOURNAL = tmp_path / "journal"
    return settings.MEDIA_ROOT


def run_of(content):
    start_run(feed=FeedFactory(), file=BytesIO(content), name="a.csv", by=None, at=clock.now())
    return FeedRun.objects.get()


def test_a_backup_is_verified_and_its_restore_revives_nothing(
    sharing, home, reads, media, empty_database, tmp_path
):
    grant, token = sharing
    folder = tmp_path / "backup"
    feed_run = run_of(b"meter,start,value\n")
    kept = feed_run.file.name
    default_storage.save("downloads/usage.csv", ContentFile(b"1"))

    assert "as of" in run("backup", folder)
    stop_sharing(grant=grant, by=home.owner, at=clock.now())
    default_storage.delete(kept)
    assert (folder.stat().st_mode & 0o777, (folder / "files" / kept).stat().st_mode & 0o777) == (0o700, 0o600)
    assert not (folder / "files" / "downloads").exists()
    assert "as they were written" in run("verify", folder)
    with pytest.raises(CommandError, match="Restore into an empty one"):
        run("restore", folder)
    empty_database()
    output = run("restore", folder)

    assert "1 files are restored" in output and "1 grants ended or paused again" in output
    assert (reads(token), why_not_to_serve()) == (401, "")
    assert Grant.objects.get(pk=grant.pk).status == GrantStatus.REVOKED
    assert FeedRun.objects.get(pk=feed_run.pk).file.read() == b"meter,start,value\n"


def test_a_backup_that_was_changed_cut_or_not_finished_is_not_restored(media, tmp_path):
    folder = tmp_path / "backup"
    default_storage.save("feeds/a.csv", ContentFile(b"one"))
    default_storage.save("feeds/b.csv", ContentFile(b"two"))
    run("backup", folder)
    with pytest.raises(CommandError, match="is not empty"):
        run("backup", folder)

    (folder / "files" / "feeds" / "a.csv").write_bytes(b"One")
    (folder / "files" / "feeds" / "b.csv").rename(folder / "files" / "c.csv")
    with pytest.raises(CommandError) as refused:
        run("verify", folder)
    (folder / "manifest.json").unlink()

    assert str(refused.value).splitlines() == [
        "files/feeds/b.csv is missing", "files/c.csv was not in the backup", "files/feeds/a.csv was changed",
    ]  # fmt: skip
    with pytest.raises(CommandError, match="not finished"):
        run("restore", folder)


def test_a_file_that_a_row_names_and_nobody_has_is_said(media, tmp_path):
    feed_run = run_of(b"gone\n")
    default_storage.delete(feed_run.file.name)

    output = run("backup", tmp_path / "backup")

    assert f"not stored: {feed_run.file.name}" in output
    assert json.loads((tmp_path / "backup" / "manifest.json").read_text())["absent"] == [feed_run.file.name]


def test_a_database_of_an_instant_opens_nothing_that_was_stopped_after_it(
    sharing, home, reads, media, tmp_path
):
    """A base backup and archived WAL, replayed up to a moment before the stop."""
    grant, token = sharing
    run("backup", tmp_path / "backup")
    settings = connection.settings_dict
    own = {name: settings[name] for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME")}
    with tempfile.TemporaryDirectory(prefix="cdsc-wal-") as place:
        Path(place).chmod(0o711)
        wal, base = Path(place, "wal"), Path(place, "base")
        with OwnPostgres(Path(place, "postgres"), programs=programs()) as server:
            try:
                _use(server.url)
                server.crash()
                server.archive(wal)
                server.start()
                _make_role(server.url, own["USER"])
                run("restore", tmp_path / "backup")
                run_program("pg_basebackup", "--pgdata", str(base), "--checkpoint=fast")
                time.sleep(1.1)  # the target lies after the end of the base backup
                before = clock.now()
                time.sleep(0.1)
                stop_sharing(grant=Grant.objects.get(pk=grant.pk), by=home.owner, at=clock.now())
                assert reads(token) == 401
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_switch_wal()")
                    _wait_for_archive(cursor, wal)
                connection.close()
                server.recover(base, wal=wal, until=before.isoformat())

                assert reads(token) == 200  # the database alone knows nothing of the stop
                assert "1 entries of CONSENT_JOURNAL" in why_not_to_serve()
                assert "1 grants ended or paused again" in run("after_restore")
                assert (reads(token), why_not_to_serve()) == (401, "")
            finally:
                connection.close()
                settings.update(own)


def _use(url: str) -> None:
    connection.close()
    known = psycopg.conninfo.conninfo_to_dict(url)
    connection.settings_dict.update(
        HOST=known["host"], PORT=known["port"], USER=known["user"], NAME=known["dbname"]
    )


def _make_role(url: str, name: str) -> None:
    """What a dump names as its owner is there before its restore."""
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE ROLE {} SUPERUSER").format(sql.Identifier(name)))


def _wait_for_archive(cursor, wal: Path) -> None:
    cursor.execute("SELECT pg_walfile_name(pg_current_wal_lsn())")
    current = cursor.fetchone()[0]
    last = time.monotonic() + 60
    while True:
        cursor.execute("SELECT last_archived_wal FROM pg_stat_archiver")
        archived = cursor.fetchone()[0]
        if archived and archived[:24] >= f"{int(current, 16) - 1:024X}":
            return
        assert time.monotonic() < last, (archived, current)
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("there", "chosen"), [([18, 15, 16], 15), ([18, 16], 16), ([14, 18], 18), ([14], None), ([], None)]
)
def test_the_servers_own_programs_are_taken_and_older_ones_never(monkeypatch, there, chosen):
    majors = {Path(str(major)): major for major in there}
    monkeypatch.setattr(client_programs, "_folders", lambda: list(majors))
    monkeypatch.setattr(client_programs, "_major", majors.__getitem__)
    monkeypatch.setattr(client_programs, "connection", SimpleNamespace(pg_version=150_020))

    if chosen is None:
        with pytest.raises(client_programs.ProgramFailedError, match="postgresql-client-15"):
            programs()
    else:
        assert programs() == Path(str(chosen))
