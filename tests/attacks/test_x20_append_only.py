"""X-20: proof cannot be changed. The database refuses it to everybody who may write to it, the tables' owner too."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import ManyToManyField, Model
from django.db.models.deletion import ProtectedError

from accounts.models import LinkChange, RoleEvent, StaffAction, SupportSession
from cdsc_portal.lib.db.append_only import AppendOnly, AppendOnlyModel
from cdsc_portal.lib.time import clock
from consent.models import Disclosure, Grant, GrantEvent, Receipt
from consent.transitions import ENDED, GrantStatus
from datahub.models import OpenRelease
from tests.factories.accounts import Household, UserFactory, household
from tests.factories.consent import GrantFactory, ReceiptFactory
from tools.files import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.spec("X-20")]

KEPT = timedelta(days=3653)  # ten years and a day or two


def append_only_models() -> Iterator[type[Model]]:
    """Every model that says so, and the tables that join it to others."""
    for model in apps.get_models():
        if issubclass(model, AppendOnlyModel):
            yield model
            joins = (field for field in model._meta.local_many_to_many if isinstance(field, ManyToManyField))
            yield from (field.remote_field.through for field in joins)


MODELS = tuple(append_only_models())


def rows(at: datetime) -> dict[type[Model], Any]:
    """A row in each of the tables, written at `at`."""
    home: Household = household()
    grant = GrantFactory(user=home.owner, status=GrantStatus.REVOKED)
    disclosure = Disclosure.objects.create(
        grant=grant,
        scope="usage_data",
        resource="usage_data",
        value_count=96,
        released_at=at,
        address="192.0.2.1",
        contracts=[home.contract.pk],
    )
    return {
        Disclosure: disclosure,
        GrantEvent: GrantEvent.objects.create(
            grant=grant,
            to_status="revoked",
            actor="customer",
            by=home.owner,
            at=at,
            reason="r",
            public_reason="p",
        ),
        Receipt: ReceiptFactory(grant=grant, created=at, personal={"approver": {"name": "Ann"}}),
        RoleEvent: RoleEvent.objects.create(
            customer=home.customer,
            email="ann@example.com",
            by=home.owner,
            verb="invited",
            role="viewer",
            at=at,
        ),
        StaffAction: StaffAction.objects.create(
            at=at, by=UserFactory(), verb="act", model="a.b", personal={"label": "Ann"}, reason="asked"
        ),
        SupportSession: SupportSession.objects.create(
            customer=home.customer, person=home.owner, by=UserFactory(), reason="asked", at=at, ends=at
        ),
        LinkChange: LinkChange.objects.create(
            kind="contract", link_key=1, contract=home.contract, old_start=at, at=at, by=home.owner
        ),
        OpenRelease: OpenRelease.objects.create(
            client=grant.client, resource="residual_mix", region="R", value_count=1, released_at=at
        ),
    }


def run(sql: str, *values: object) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone() if cursor.description else None


def refused(sql: str, *values: object, words: str = "append-only") -> None:
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        run(sql, *values)


def test_each_table_of_proof_is_on_the_list():
    guarded = (
        "SELECT array_agg(relname) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE tgname = %s AND NOT relispartition"
    )

    for trigger in ("append_only", "append_only_truncate"):
        assert set(run(guarded, trigger)[0]) == {model._meta.db_table for model in MODELS}
    assert set(MODELS) == set(rows(clock.now()))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_row_of_proof_is_changed_or_deleted_or_emptied_by_anybody(model):
    row = rows(clock.now() - KEPT)[model]
    table, columns = model._meta.db_table, [field.attname for field in model._meta.local_fields]
    run("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for its check keeps a table from being emptied, too

    for column in columns:
        refused(f'UPDATE {table} SET "{column}" = "{column}"')
    refused(f"DELETE FROM {table}")
    refused(f"TRUNCATE {table} CASCADE")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**{columns[1]: getattr(row, columns[1])})
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        row.save()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        row.delete()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        model.objects.all().delete()


def test_the_tables_owner_is_refused_too():
    run("SET CONSTRAINTS ALL IMMEDIATE")
    rows(clock.now())
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("CREATE ROLE owner_of_proof")
    run("ALTER TABLE datahub_openrelease OWNER TO owner_of_proof")
    run("SET LOCAL ROLE owner_of_proof")

    refused("UPDATE datahub_openrelease SET value_count = 0")
    refused("DELETE FROM datahub_openrelease")
    refused("TRUNCATE datahub_openrelease")


def test_a_partition_refuses_what_its_table_refuses():
    run("CREATE TABLE parted (id bigint, at timestamptz) PARTITION BY RANGE (at)")
    run("CREATE TABLE parted_2026 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')")
    for statement in AppendOnly("parted", since="at").sql:
        run(statement)
    run("INSERT INTO parted VALUES (1, '2026-05-05')")

    refused("UPDATE parted_2026 SET id = 2")
    refused("DELETE FROM parted_2026")
    refused("TRUNCATE parted")


@pytest.mark.parametrize("delete", [Grant.delete, lambda grant: grant.user.delete()])
def test_what_proof_names_is_not_deleted_under_it(delete):
    row = rows(clock.now())[GrantEvent]

    with pytest.raises(ProtectedError):
        delete(row.grant)


ERASED = {
    Disclosure: ("disclosures", {"address": None}),
    GrantEvent: ("grant_events", {"by_id": None, "reason": "", "public_reason": ""}),
    Receipt: ("receipts", {"personal": {}}),
    RoleEvent: ("role_events", {"email": "", "by_id": None}),
    StaffAction: ("staff_actions", {"personal": {}, "reason": ""}),
    SupportSession: ("support_sessions", {"reason": ""}),
    LinkChange: ("link_changes", {"by_id": None}),
}


@pytest.mark.parametrize("model", ERASED, ids=lambda model: model.__name__)
def test_an_erasure_blanks_its_columns_of_the_named_rows_and_nothing_else(model):
    row, other = rows(clock.now())[model], rows(clock.now())[model]
    function, blank = ERASED[model]
    before = model.objects.filter(pk=row.pk).values().get()
    untouched = model.objects.filter(pk=other.pk).values().get()

    assert run(f"SELECT erase_{function}(%s)", [row.pk]) == (1,)

    assert model.objects.filter(pk=row.pk).values().get() == {**before, **blank}
    assert model.objects.filter(pk=other.pk).values().get() == untouched
    refused(f"UPDATE {model._meta.db_table} SET id = id")  # it is over once the function is


@pytest.mark.parametrize(
    "change",
    [
        "address = '198.51.100.7'",  # blanked, not written anew
        "address = NULL, value_count = 1",
        "value_count = 1",
        "released_at = released_at - interval '11 years', address = NULL",
    ],
)
def test_who_says_that_it_is_an_erasure_still_only_blanks(change):
    rows(clock.now())
    run("SET LOCAL append_only.exception = 'erasure'")

    refused(f"UPDATE consent_disclosure SET {change}")


RETAINED = {
    Disclosure: "disclosures",
    RoleEvent: "role_events",
    StaffAction: "staff_actions",
    SupportSession: "support_sessions",
    LinkChange: "link_changes",
    OpenRelease: "open_releases",
}


@pytest.mark.parametrize("model", RETAINED, ids=lambda model: model.__name__)
def test_rows_go_when_they_need_not_be_kept_any_more_and_no_day_sooner(model):
    at = clock.now()
    old, young = rows(at - KEPT)[model], rows(at - KEPT + timedelta(days=5))[model]
    function = f"delete_{RETAINED[model]}"

    refused(f"SELECT {function}(%s)", at, words="append-only|must be kept")
    both = model.objects.filter(pk__in=[old.pk, young.pk])
    kept_whole = both.count()
    gone = run(f"SELECT {function}(%s)", at - KEPT + timedelta(days=1))

    assert (kept_whole, gone) == (2, (1,))
    assert both.get() == young


def test_a_contract_that_a_disclosure_names_stays():
    home = household()
    Disclosure.objects.create(
        grant=GrantFactory(),
        scope="usage_data",
        resource="usage_data",
        value_count=1,
        contracts=[home.contract.pk],
    )

    refused(
        "DELETE FROM accounts_servicecontract WHERE id = %s", home.contract.pk, words="named by a disclosure"
    )


def test_the_history_of_a_grant_goes_ten_years_after_its_end():
    at = clock.now()
    ended, lately = rows(at - KEPT)[GrantEvent].grant, rows(at - KEPT)[GrantEvent].grant
    GrantEvent.objects.create(grant=lately, to_status="revoked", actor="system", at=at)
    still_open = rows(at - KEPT)[GrantEvent].grant
    Grant.objects.filter(pk=still_open.pk).update(status=GrantStatus.ACTIVE)

    for grant in (lately, still_open):
        refused("SELECT delete_grant_history(%s)", [grant.pk], words="must be kept")
    assert run("SELECT delete_grant_history(%s)", [ended.pk]) == (2,)

    assert not ended.events.exists() and not ended.receipts.exists()
    assert lately.receipts.exists() and still_open.receipts.exists()


def documented(word: str) -> str:
    """The block of docs/operations.md in which `word` stands, as one text without psql's own lines."""
    blocks = re.findall(r"```sql\n(.*?)```", (ROOT / "docs/operations.md").read_text(), re.DOTALL)
    [block] = [each for each in blocks if word in each]
    return re.sub(r"^(\\set .*|BEGIN;|COMMIT;)$", "", block, flags=re.MULTILINE)


def test_the_documented_erasure_blanks_all_that_names_one_person_and_nobody_else():
    at = clock.now()
    own, others = rows(at), rows(at)
    person = own[Receipt].grant.user
    StaffAction.objects.create(
        at=at, by=UserFactory(), verb="act", model="accounts.user", key=str(person.pk), reason="asked"
    )

    run(documented("erase_receipts").replace(":'person'", f"'{person.public_id}'"))

    for model, (_function, blank) in ERASED.items():
        named = {"model": "accounts.user"} if model is StaffAction else {"pk": own[model].pk}
        after = model.objects.filter(**named).values().get()
        assert {column: after[column] for column in blank} == blank, model
        untouched = model.objects.filter(pk=others[model].pk).values().get()
        assert {column: untouched[column] for column in blank} != blank, model


def test_the_documented_retention_deletes_what_is_ten_years_old_and_nothing_else():
    at = clock.now()
    old, young = rows(at - KEPT), rows(at)

    run(documented("delete_grant_history"))

    for model in MODELS:
        kept = set(model.objects.values_list("pk", flat=True))
        assert old[model].pk not in kept and young[model].pk in kept, model


def test_the_database_knows_which_grants_have_ended():
    body = run("SELECT prosrc FROM pg_proc WHERE proname = 'grant_history_stays'")[0]

    assert body.split("status NOT IN (")[1].split(")")[0] == "'revoked', 'closed', 'expired', 'disabled'"
    assert {"revoked", "closed", "expired", "disabled"} == ENDED


def test_a_receipt_is_superseded_once_by_a_later_one_of_its_grant():
    first = ReceiptFactory()
    second, third = ReceiptFactory(grant=first.grant), ReceiptFactory(grant=first.grant)
    of_another = ReceiptFactory()

    refused("SELECT supersede_receipt(%s, %s)", first.pk, of_another.pk, words="no later one")
    refused("SELECT supersede_receipt(%s, %s)", second.pk, first.pk, words="no later one")
    refused("SELECT supersede_receipt(%s, %s)", first.pk, first.pk, words="no later one")
    run("SELECT supersede_receipt(%s, %s)", first.pk, second.pk)
    refused("SELECT supersede_receipt(%s, %s)", first.pk, third.pk)
    run("SET LOCAL append_only.exception = 'set_once'")
    refused("UPDATE consent_receipt SET superseded_by_id = NULL")
    refused(
        "UPDATE consent_receipt SET facts = '{}', superseded_by_id = %s WHERE id = %s", third.pk, second.pk
    )

    first.refresh_from_db()
    assert first.superseded_by == second
