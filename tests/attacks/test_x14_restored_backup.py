"""X-14 after a disaster: a backup that is restored does not give back what was stopped since it was made."""

from io import StringIO

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from cdsc_portal.lib.time import clock
from cdsc_portal.restored import why_not_to_serve
from consent.models import Grant
from consent.services.stop import stop_sharing
from consent.transitions import GrantStatus
from tests.factories.consent import approve, ask

pytestmark = [pytest.mark.spec("X-14"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def backup():
    """A function that copies the whole database as it is, and one that puts the copy in its place."""
    own = connection.settings_dict["NAME"]
    copy = f"{own}_backup"
    parameters = {
        **connection.get_connection_params(),
        "dbname": "postgres",
        "cursor_factory": psycopg.Cursor,
    }

    def change(statement: str, *names: str) -> None:
        connection.close()
        with psycopg.connect(**parameters, autocommit=True) as server:
            server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def restore() -> None:
        connection.close()
        connection.settings_dict["NAME"] = copy

    change("DROP DATABASE IF EXISTS {}", copy)
    yield lambda: change("CREATE DATABASE {} TEMPLATE {}", copy, own), restore
    connection.close()
    connection.settings_dict["NAME"] = own
    change("DROP DATABASE IF EXISTS {}", copy)


def test_a_token_that_was_stopped_stays_dead_after_a_restore(
    third_party, home, reads, backup, settings, tmp_path
):
    settings.CONSENT_JOURNAL = tmp_path / "journal"
    back_up, restore = backup
    usage = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}
    shared = approve(ask(usage, user=home.owner, client=third_party.client))
    token = third_party.tokens_for(shared)["access_token"]
    assert reads(token) == 200

    back_up()
    stop_sharing(grant=shared, by=home.owner, at=clock.now())
    assert (reads(token), why_not_to_serve()) == (401, "")
    restore()

    assert reads(token) == 200  # so no web server may start with it
    assert "1 entries of CONSENT_JOURNAL are not in the database" in why_not_to_serve()
    call_command("after_restore", stdout=StringIO())
    assert reads(token) == 401
    assert Grant.objects.get(pk=shared.pk).status == GrantStatus.REVOKED
    assert why_not_to_serve() == ""
