"""SQL reads tables of another app only by the relations that this app promises (`queries/relations.py`)."""

import re

import pytest

from cdsc_portal.lib.db.relations import relation
from tools.files import ROOT, project_files

APPS = ("accounts", "consent", "datahub")
TABLE = re.compile(rf"\b(?:FROM|JOIN|INTO|UPDATE|TABLE|ONLY)\s+\"?((?:{'|'.join(APPS)})_\w+)")


@pytest.mark.parametrize("app", ["accounts", "cdsc_portal", "consent", "datahub", "demo"])
def test_no_statement_names_a_table_of_another_app(app):
    code = [path for path in project_files("*.py") if path.relative_to(ROOT).parts[0] == app]
    assert code

    foreign = [
        f"{path.relative_to(ROOT)}: {table}"
        for path in code
        if "migrations" not in path.parts
        for table in TABLE.findall(path.read_text(encoding="utf-8"))
        if not table.startswith(f"{app}_")
    ]

    assert foreign == []


@pytest.mark.django_db
def test_a_relation_answers_under_the_names_of_its_fields():
    from django.db import connection

    from accounts.models import ServiceContract
    from tests.factories.accounts import ServiceContractFactory

    contract = ServiceContractFactory()

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT kept.billing_account_id FROM {relation(ServiceContract, 'id', 'billing_account_id')} kept"
        )

        assert cursor.fetchall() == [(contract.billing_account_id,)]


def test_a_field_that_is_not_there_is_refused_at_once():
    from django.core.exceptions import FieldDoesNotExist

    from accounts.models import Customer

    with pytest.raises(FieldDoesNotExist):
        relation(Customer, "surname")
