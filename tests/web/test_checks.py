"""What `check --deploy` refuses beyond what stops a start."""

from datetime import timedelta

import pytest
from django.contrib.staticfiles import finders

from cdsc_portal import env
from cdsc_portal.checks import (
    a_restore_revives_no_consent,
    files_are_private,
    files_can_be_written,
    pages_have_their_files,
    queues_and_cache_are_apart,
    the_database_has_room_and_the_right_time,
    the_database_is_reached_over_tls,
    the_utility_is_named,
)
from cdsc_portal.lib.time import clock


def test_a_release_without_its_style_sheets_is_refused(monkeypatch):
    assert pages_have_their_files(None) == []

    monkeypatch.setattr(finders, "find", lambda name: None if name.startswith("css/") else name)

    (refused,) = pages_have_their_files(None)
    assert refused.id == "cdsc.E005"
    assert "css/tokens.css" in refused.msg


@pytest.mark.spec("X-18")
def test_files_of_customers_that_others_may_read_are_refused(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    before = files_are_private(None)
    settings.MEDIA_ROOT.mkdir(mode=0o750)

    (refused,) = files_are_private(None)
    settings.MEDIA_ROOT.chmod(0o700)

    assert (before, refused.id, files_are_private(None)) == ([], "cdsc.E006", [])


def test_a_production_without_a_journal_of_consents_is_warned(settings, tmp_path):
    (warned,) = a_restore_revives_no_consent(None)
    settings.CONSENT_JOURNAL = tmp_path

    assert (warned.id, a_restore_revives_no_consent(None)) == ("cdsc.W001", [])


def ids(check, **options):
    return [message.id for message in check(None, **options)]


@pytest.mark.parametrize(
    ("host", "mode", "warned"),
    [
        ("db.example.com", None, ["cdsc.W002"]),
        ("db.example.com", "prefer", ["cdsc.W002"]),
        ("db.example.com", "verify-full", []),
        ("127.0.0.1.example.com", None, ["cdsc.W002"]),
        ("127.0.0.1", None, []),
        ("127.8.0.2", None, []),
        ("/run/postgresql", None, []),
    ],
)
def test_a_database_of_another_machine_is_reached_over_tls(settings, monkeypatch, host, mode, warned):
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", host)
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", {"sslmode": mode} if mode else {})

    assert ids(the_database_is_reached_over_tls) == warned


@pytest.mark.parametrize(
    ("redis", "cache", "warned"),
    [
        ("", "", ["cdsc.W003"]),
        ("redis://redis/0", "", ["cdsc.W004"]),
        ("redis://redis/0", "redis://redis/0", ["cdsc.W004"]),
        ("redis://redis/0", "redis://redis/1", []),
    ],
)
def test_queues_and_cache_have_a_redis_database_each(settings, redis, cache, warned):
    settings.ENV = env.read({"DEVELOPMENT": "1", "REDIS_URL": redis, "CACHE_URL": cache})

    assert ids(queues_and_cache_are_apart) == warned


def test_placeholders_of_the_utility_are_named(settings):
    settings.DEFAULT_FROM_EMAIL, settings.UTILITY_NAME = "sharing@utility.example.com", "Utility"
    placeholders = ids(the_utility_is_named)
    settings.DEFAULT_FROM_EMAIL, settings.UTILITY_NAME = "Valley <share@valley.test>", "Valley Power"

    assert (placeholders, ids(the_utility_is_named)) == (["cdsc.W005", "cdsc.W006"], [])


def test_a_folder_that_cannot_be_written_is_refused(settings, tmp_path):
    settings.ENV = env.read({"DEVELOPMENT": "1", "VAR_DIR": str(tmp_path / "gone")})
    refused = ids(files_can_be_written)
    (tmp_path / "gone").mkdir()

    assert (refused, ids(files_can_be_written)) == (["cdsc.E007"], [])


@pytest.mark.django_db
def test_too_few_sessions_and_clocks_apart_are_named_where_the_database_is_asked(settings, monkeypatch):
    with_database = {"databases": ["default"]}
    settings.ENV = env.read(
        {
            "SECRET_KEY": "0123456789" * 5,
            "PUBLIC_URL": "https://share.example.com",
            "DATABASE_URL": "postgresql://db",
        }
    )
    settings.WEB_PROCESSES, settings.WEB_THREADS = 1, 1
    right = ids(the_database_has_room_and_the_right_time, **with_database)
    settings.WEB_PROCESSES = 10_000
    monkeypatch.setattr(clock, "now", lambda now=clock.now: now() + timedelta(minutes=1))

    assert (right, ids(the_database_has_room_and_the_right_time)) == ([], [])
    assert ids(the_database_has_room_and_the_right_time, **with_database) == ["cdsc.W007", "cdsc.W008"]
