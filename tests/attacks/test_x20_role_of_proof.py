"""X-20: with deploy/sql/proof_owner.sql the application can neither change proof nor take its guards away."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from cdsc_portal.lib.db.months import make_months, months_of
from cdsc_portal.lib.db.retention import delete_proof, proof_kept_from
from cdsc_portal.lib.time import clock
from consent.models import Disclosure
from tests.factories.consent import GrantFactory
from tools.files import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.spec("X-20")]
ROLE = "the_application"
SCRIPT = (ROOT / "deploy/sql/proof_owner.sql").read_text(encoding="utf-8")


def run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def grant():
    """A grant, and from here on the session is the application's."""
    grant = GrantFactory()
    run(f"CREATE ROLE {ROLE}")
    run(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}")
    run(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")
    run(f"GRANT USAGE, CREATE ON SCHEMA public TO {ROLE}")
    history = "relname LIKE 'interval_block_history%' AND relkind IN ('r', 'p')"
    for (table,) in run(f"SELECT oid::regclass::text FROM pg_class WHERE {history}"):
        run(f"ALTER TABLE {table} OWNER TO {ROLE}")
    for _ in range(2):  # it may be run again
        script = "\n".join(line for line in SCRIPT.splitlines() if not line.startswith("\\"))
        run(script.replace(":'application'", f"'{ROLE}'"))
    run("SET CONSTRAINTS ALL IMMEDIATE")
    assert run(f"SELECT pg_has_role('{ROLE}', 'cdsc_proof', 'MEMBER')") == [(False,)]
    run(f"SET LOCAL ROLE {ROLE}")
    return grant


def disclose(grant, at):
    return Disclosure.objects.create(
        grant=grant,
        scope="usage_data",
        resource="usage_data",
        value_count=1,
        released_at=at,
        address="192.0.2.7",
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_disclosure SET value_count = 2",
        "DELETE FROM consent_disclosure",
        "TRUNCATE consent_disclosure",
        "ALTER TABLE consent_disclosure DISABLE TRIGGER append_only",
        "DROP TRIGGER append_only ON consent_receipt",
        "DROP TABLE consent_disclosure_default",
        "ALTER TABLE consent_disclosure DETACH PARTITION consent_disclosure_default",
        "DELETE FROM consent_disclosure_default",
        "SET LOCAL session_replication_role = replica",
        "SET LOCAL append_only.exception = 'retention'; DELETE FROM consent_disclosure",
        "ALTER FUNCTION delete_disclosures(timestamptz) SECURITY INVOKER",
    ],
)
def test_the_application_can_take_nothing_away(grant, statement):
    disclose(grant, clock.now())

    with pytest.raises(DatabaseError), transaction.atomic():
        run(statement)


def test_the_application_writes_reads_makes_months_and_keeps_by_rule(grant):
    at, kept_from = clock.now(), proof_kept_from(clock.now())
    past = (kept_from - timedelta(days=1)).date().replace(day=1)
    assert make_months("consent_disclosure", [past, date(2041, 5, 1)]) == 2
    assert make_months("interval_block_history", [date(2041, 5, 1)]) == 1
    run("ALTER TABLE interval_block_history_2041_05 RENAME TO a_month")  # it is the application's
    young = disclose(grant, at)
    disclose(grant, kept_from - timedelta(days=1))
    disclose(grant, datetime(2041, 5, 5, tzinfo=UTC))

    assert run(f"SELECT count(*) FROM consent_disclosure_{past:%Y_%m}") == [(1,)]  # as an archive reads it
    assert delete_proof("disclosures", before=kept_from) == 1
    assert run(f"SELECT erase_disclosures(ARRAY[{young.pk}::bigint])") == [(1,)]

    assert past not in {first for _, first in months_of("consent_disclosure")}
    young.refresh_from_db()
    assert (young.address, Disclosure.objects.count()) == (None, 2)
