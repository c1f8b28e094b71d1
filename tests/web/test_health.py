"""Live: the process answers. Ready: it can serve, or says which part is not there."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from accounts.tasks import note_worker
from cdsc_portal.background import QUEUES, SCHEDULE, SILENT_AFTER
from cdsc_portal.celery import app
from cdsc_portal.lib.runtime.worker_signs import note_sign
from cdsc_portal.lib.time import clock
from cdsc_portal.web import health


def test_live_answers_without_a_database(client):
    response = client.get("/health/live")

    assert (response.status_code, response.json()) == (200, {"status": "live"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_ready_when_database_migrations_cache_and_broker_are(client):
    response = client.get("/health/ready")

    assert (response.status_code, response.json()) == (200, {"status": "ready"})


@pytest.mark.django_db
def test_a_migration_that_was_not_applied_is_counted(client):
    MigrationRecorder.Migration.objects.filter(app="accounts").delete()

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["problems"]["migrations"].endswith("not applied")


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_named_without_its_address(client, monkeypatch):
    unreachable = connection.copy()
    unreachable.settings_dict["PORT"] = "1"
    monkeypatch.setattr(health, "connection", unreachable)

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["problems"] == {"database": "does not answer", "migrations": "cannot be read"}


@pytest.mark.django_db
def test_a_journal_of_consents_that_cannot_be_written_is_named(client, settings, tmp_path):
    settings.CONSENT_JOURNAL = tmp_path / "not" / "there" / "yet"
    before = client.get("/health/ready").status_code
    (tmp_path / "not").write_text("a file where a folder should be")

    response = client.get("/health/ready")

    assert (before, response.status_code) == (200, 503)
    assert response.json()["problems"] == {"journal": "cannot be written"}


@pytest.mark.django_db
def test_a_broker_that_does_not_answer_is_named_without_its_address(client, monkeypatch):
    monkeypatch.setattr(app.conf, "broker_write_url", "redis://user:secret@127.0.0.1:1/0")

    response = client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["problems"] == {"broker": "does not answer"}


@pytest.mark.django_db
def test_workers_are_there_once_each_queue_was_served(client):
    cache.clear()
    nobody = client.get("/health/workers")
    for entry in SCHEDULE.values():
        if entry["task"] == note_worker.name:
            note_worker.apply(args=entry["args"])

    response = client.get("/health/workers")

    assert (nobody.status_code, nobody.json()["last_served"]) == (503, dict.fromkeys(SILENT_AFTER))
    assert (response.status_code, response.json()) == (200, {"status": "working"})


@pytest.mark.django_db
def test_a_silent_worker_of_logins_is_named_and_stops_no_page(client):
    cache.clear()
    last = clock.now() - timedelta(minutes=4)
    for queue in SILENT_AFTER:
        note_sign(queue, at=last)

    response = client.get("/health/workers")

    assert (response.status_code, list(response.json()["last_served"])) == (503, ["interactive"])
    assert client.get("/health/ready").status_code == 200


@pytest.mark.parametrize("queue", [entry.name for entry in QUEUES])
def test_a_sign_is_sent_through_each_queue(queue):
    signs = [
        entry
        for entry in SCHEDULE.values()
        if entry["task"] == note_worker.name and entry["args"] == (queue,)
    ]

    assert [entry["options"] for entry in signs] == [{"queue": queue}]


def test_a_probe_needs_no_https_and_everything_else_does(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert client.get("/health/live").status_code == 200
    assert client.get("/help/")["Location"] == "https://127.0.0.1:8000/help/"


def test_a_probe_may_call_by_the_number_of_a_node_and_nobody_else(client):
    answers = [
        client.get(path, headers={"Host": "10.4.7.11:8000"}).status_code for path in ("/health/live", "/")
    ]

    assert answers == [200, 400]
