"""The functions that may change proof can be made, and restored, by the owner of a database that is no superuser."""

from importlib import import_module

import pytest
from django.db import DatabaseError, connection, transaction

from tests.factories.consent import ReceiptFactory

pytestmark = pytest.mark.django_db
MOVE = import_module("consent.migrations.0034_exceptions_without_superuser").Migration.operations[0].sql
AS_BEFORE = """
    CREATE OR REPLACE FUNCTION supersede_receipt(former bigint, newer bigint) RETURNS void LANGUAGE plpgsql
        SET append_only.exception = 'set_once' SET TimeZone = 'UTC' AS $$
    BEGIN
        UPDATE consent_receipt SET superseded_by_id = newer WHERE id = former;
    END $$;
    CREATE OR REPLACE FUNCTION erase_receipts(keys bigint[]) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
        SET append_only.exception = 'erasure' AS $$
    DECLARE
        changed bigint;
    BEGIN
        UPDATE consent_receipt SET personal = '{}' WHERE id = ANY(keys);
        GET DIAGNOSTICS changed = ROW_COUNT;
        RETURN changed;
    END $$;
"""
HEADS = (
    "SELECT proname, prosecdef, proconfig FROM pg_proc WHERE proconfig::text LIKE '%append_only.exception%'"
)


def run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def test_no_function_names_its_exception_in_its_head(db):
    assert run(HEADS) == []


def test_functions_of_before_are_made_anew_and_do_what_they_did(db):
    run(AS_BEFORE)
    assert len(run(HEADS)) == 2
    former, newer = ReceiptFactory(), ReceiptFactory()

    run(MOVE)

    assert run(HEADS) == []
    kept = "SELECT prosecdef, proconfig FROM pg_proc WHERE proname = '{}'"
    assert run(kept.format("supersede_receipt")) == [(False, ["TimeZone=UTC"])]
    assert run(kept.format("erase_receipts")) == [(True, None)]
    assert run(f"SELECT erase_receipts(ARRAY[{former.pk}::bigint])") == [(1,)]
    run(f"SELECT supersede_receipt({former.pk}, {newer.pk})")
    former.refresh_from_db()
    assert (former.personal, former.superseded_by_id) == ({}, newer.pk)
    assert run("SELECT current_setting('append_only.exception', true)") == [("",)]


@pytest.mark.parametrize(
    "call", ["erase_receipts(ARRAY[{pk}::bigint])", "delete_grant_history(ARRAY[{grant}::bigint])"]
)
def test_after_a_function_nothing_else_is_let_through(db, call):
    receipt = ReceiptFactory()
    with pytest.raises(DatabaseError), transaction.atomic():
        run("SELECT " + call.format(pk=receipt.pk, grant=receipt.grant_id))
        run(f"UPDATE consent_receipt SET personal = '{{}}' WHERE id = {receipt.pk}")  # noqa: S608

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run(f"DELETE FROM consent_receipt WHERE id = {receipt.pk}")  # noqa: S608
