import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from cdsc_portal.lib.db.append_only import AppendOnly, ErasureFunction

_MOVE = """
    ALTER TABLE consent_disclosure RENAME TO consent_disclosure_former;
    ALTER TABLE consent_disclosure_contracts RENAME TO consent_disclosure_contracts_former;
    DROP FUNCTION delete_disclosures(timestamptz);
    DROP FUNCTION erase_disclosures(bigint[]);
    ALTER SEQUENCE consent_disclosure_id_seq RENAME TO consent_disclosure_id_former;

    CREATE SEQUENCE consent_disclosure_id_seq;
    -- wide columns first, so that none is padded
    CREATE TABLE consent_disclosure (
        id bigint NOT NULL DEFAULT nextval('consent_disclosure_id_seq'),
        released_at timestamptz NOT NULL,
        grant_id bigint NOT NULL REFERENCES consent_grant (id),
        start timestamptz,
        "end" timestamptz,
        data_start timestamptz,
        data_end timestamptz,
        value_count bigint NOT NULL CHECK (value_count >= 0),
        address inet,
        scope varchar(60) NOT NULL,
        resource varchar(60) NOT NULL,
        resolution varchar(10) NOT NULL DEFAULT '',
        contracts bigint[] NOT NULL
    ) PARTITION BY RANGE (released_at);
    ALTER SEQUENCE consent_disclosure_id_seq OWNED BY consent_disclosure.id;
    CREATE INDEX disclosure_by_grant ON consent_disclosure (grant_id, released_at);
    CREATE INDEX disclosure_by_time ON consent_disclosure (released_at);
    CREATE INDEX disclosure_by_key ON consent_disclosure USING brin (id) WITH (autosummarize = on);
    CREATE INDEX disclosure_by_contract ON consent_disclosure USING gin (contracts) WITH (fastupdate = off);
    CREATE TABLE consent_disclosure_default PARTITION OF consent_disclosure DEFAULT;
    SELECT make_month('consent_disclosure', each::date)
        FROM generate_series(date_trunc('month', now() AT TIME ZONE 'UTC' - interval '1 month'),
                             now() AT TIME ZONE 'UTC' + interval '3 months', interval '1 month') AS each;
    SELECT make_month('consent_disclosure', each.first) FROM (
        SELECT DISTINCT date_trunc('month', released_at AT TIME ZONE 'UTC')::date AS first
        FROM consent_disclosure_former) AS each;

    INSERT INTO consent_disclosure (id, released_at, grant_id, start, "end", data_start, data_end, value_count, address,
                                    scope, resource, resolution, contracts)
        SELECT id, released_at, grant_id, start, "end", data_start, data_end, value_count, address, scope, resource,
               resolution, ARRAY(SELECT servicecontract_id FROM consent_disclosure_contracts_former
                                 WHERE disclosure_id = former.id ORDER BY 1)
        FROM consent_disclosure_former AS former ORDER BY released_at, id;
    SELECT setval('consent_disclosure_id_seq', greatest(max(id), 1), max(id) IS NOT NULL) FROM consent_disclosure;
    DROP TABLE consent_disclosure_contracts_former;
    DROP TABLE consent_disclosure_former;
    DROP FUNCTION disclosure_contract_stays();
"""

_RETENTION = """
    -- whole months go as a table each, what is left of the last one row by row, each checked by its trigger
    CREATE FUNCTION delete_disclosures(before timestamptz) RETURNS bigint LANGUAGE plpgsql
        SET TimeZone = 'UTC' AS $$
    DECLARE
        each record;
        gone bigint := 0;
        changed bigint;
    BEGIN
        PERFORM set_config('append_only.exception', 'retention', true);
        FOR each IN SELECT month, first + interval '1 month' AS after FROM months_of('consent_disclosure') LOOP
            IF each.after::timestamptz <= before AND may_be_deleted(each.after::timestamptz) THEN
                EXECUTE format('SELECT count(*) FROM %s', each.month) INTO changed;
                EXECUTE format('DROP TABLE %s', each.month);
                gone := gone + changed;
            END IF;
        END LOOP;
        DELETE FROM consent_disclosure WHERE released_at < before;
        GET DIAGNOSTICS changed = ROW_COUNT;
        PERFORM set_config('append_only.exception', '', true);
        RETURN gone + changed;
    END $$;
"""

_CONTRACTS_STAY = """
    -- no foreign key reaches into an array: a contract that a disclosure names is blanked, never deleted
    CREATE FUNCTION disclosed_contract_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM consent_disclosure WHERE contracts @> ARRAY[OLD.id]) THEN
            RAISE EXCEPTION 'contract % is named by a disclosure', OLD.id USING ERRCODE = 'foreign_key_violation';
        END IF;
        RETURN OLD;
    END $$;
    CREATE TRIGGER disclosed_contract_stays BEFORE DELETE ON accounts_servicecontract
        FOR EACH ROW EXECUTE FUNCTION disclosed_contract_stays();
"""


class Migration(migrations.Migration):
    """A disclosure is one compact row of a month; before the first release nothing else serves beside it."""

    dependencies = [
        ("consent", "0029_grants_of_parents"),
        ("accounts", "0034_monthly_partitions"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            # Django cannot declare partitions
            state_operations=[
                migrations.RemoveField("disclosure", "contracts"),
                migrations.RemoveField("disclosure", "public_id"),
                migrations.RemoveIndex("disclosure", "disclosure_of_grant"),
                migrations.AlterField(
                    "disclosure",
                    "grant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclosures",
                        to="consent.grant",
                        verbose_name="grant",
                    ),
                ),
                migrations.AddField(
                    "disclosure",
                    "contracts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                migrations.AddIndex(
                    "disclosure", models.Index(fields=["grant", "released_at"], name="disclosure_by_grant")
                ),
                migrations.AddIndex(
                    "disclosure", models.Index(fields=["released_at"], name="disclosure_by_time")
                ),
                migrations.AddIndex(
                    "disclosure",
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["id"], name="disclosure_by_key"
                    ),
                ),
                migrations.AddIndex(
                    "disclosure",
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["contracts"], name="disclosure_by_contract"
                    ),
                ),
            ],
            database_operations=[migrations.RunSQL(_MOVE, migrations.RunSQL.noop)],
        ),
        AppendOnly("consent_disclosure", since="released_at", erased=("address",)),
        migrations.RunSQL(
            "SELECT guard_month('consent_disclosure', inhrelid::regclass::text)"
            " FROM pg_inherits WHERE inhparent = 'consent_disclosure'::regclass",
            migrations.RunSQL.noop,
        ),
        ErasureFunction("disclosures", table="consent_disclosure", blanks={"address": "NULL"}),
        migrations.RunSQL(_RETENTION, "DROP FUNCTION delete_disclosures(timestamptz)"),
        migrations.RunSQL(
            _CONTRACTS_STAY,
            "DROP TRIGGER disclosed_contract_stays ON accounts_servicecontract;"
            " DROP FUNCTION disclosed_contract_stays();",
        ),
    ]
