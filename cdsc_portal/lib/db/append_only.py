"""Tables that are only added to, kept so by the database: operations for migrations (X-20).

Triggers refuse UPDATE, DELETE and TRUNCATE to everybody, the tables' owner too; a superuser and whoever drops a trigger
can still do it, which nothing inside a database prevents. There are three exceptions, and each happens inside an SQL
function that says which it is, by the setting `append_only.exception`, for as long as it runs. It sets that in its
body: in its head (`CREATE FUNCTION ... SET`) only a superuser may name a setting that no extension knows, and
migrations run as the owner of the database. The exceptions:

- `erasure`: the columns that an erasure blanks, all of them and nothing else (docs/decisions/0007);
- `retention`: DELETE of rows that are older than they must be kept;
- `set_once`: one column that is null until it is known.

The trigger checks the row as well, so that the setting alone, which anybody can make, allows no more than these.
Migrations that have run used these operations: a new rule is another operation, not another form of one of these.
"""

from collections.abc import Mapping

from django.db.migrations import RunSQL
from django.db.models import Model


class AppendOnlyModel(Model):
    """Rows are written once. Tests hold that each such table, and what joins it to others, has the triggers."""

    class Meta:
        abstract = True


CREATE_APPEND_ONLY = """
    -- how long proof is kept: docs/decisions/0007
    CREATE FUNCTION may_be_deleted(since timestamptz) RETURNS boolean LANGUAGE sql STABLE
        AS $$ SELECT since <= now() - interval '10 years' $$;

    -- arguments: the column that says since when a row is kept (empty: another trigger decides), the column that is
    -- set once (empty: none), then those that an erasure blanks
    CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        exception_of text := coalesce(current_setting('append_only.exception', true), '');
        since text := TG_ARGV[0];
        once text := TG_ARGV[1];
        erasable text[] := TG_ARGV[2:];
    BEGIN
        IF TG_OP = 'UPDATE' AND exception_of = 'erasure'
                AND to_jsonb(NEW) - erasable = to_jsonb(OLD) - erasable
                AND NOT EXISTS (SELECT FROM unnest(erasable) AS name
                                WHERE to_jsonb(NEW) -> name NOT IN ('null', '""', '{}')) THEN
            RETURN NEW;
        ELSIF TG_OP = 'UPDATE' AND exception_of = 'set_once' AND once <> ''
                AND to_jsonb(NEW) - once = to_jsonb(OLD) - once
                AND to_jsonb(OLD) -> once = 'null' AND to_jsonb(NEW) -> once <> 'null' THEN
            RETURN NEW;
        ELSIF TG_OP = 'DELETE' AND exception_of = 'retention'
                AND (since = '' OR may_be_deleted((to_jsonb(OLD) ->> since)::timestamptz)) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END $$;
"""
DROP_APPEND_ONLY = """
    DROP FUNCTION append_only();
    DROP FUNCTION may_be_deleted(timestamptz);
"""


class AppendOnly(RunSQL):
    """Triggers on `table`: `since` is the time from which a row is kept, `once` may be set once, `erased` blanked.

    A table that is partitioned hands the trigger of rows on to its partitions; the one of TRUNCATE each needs itself.
    """

    def __init__(self, table: str, *, since: str = "", once: str = "", erased: tuple[str, ...] = ()) -> None:
        arguments = ", ".join(f"'{argument}'" for argument in (since, once, *erased))
        super().__init__(
            [
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION append_only({arguments})",
                f"CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION append_only({arguments})",
            ],
            [f"DROP TRIGGER append_only_truncate ON {table}", f"DROP TRIGGER append_only ON {table}"],
        )


class ErasureFunction(RunSQL):
    """`erase_<rows>(keys)`: blanks what an erasure blanks of the rows of `table` with these keys; returns how many."""

    def __init__(self, rows: str, *, table: str, blanks: Mapping[str, str]) -> None:
        blanked = ", ".join(f"{column} = {blank}" for column, blank in blanks.items())
        super().__init__(
            _function(
                f"erase_{rows}(keys bigint[])",
                "erasure",
                f"UPDATE {table} SET {blanked} WHERE id = ANY(keys)",  # noqa: S608 - names of ours
            ),
            f"DROP FUNCTION erase_{rows}(bigint[])",
        )


class RetentionFunction(RunSQL):
    """`delete_<rows>(before)`: deletes the rows of `table` from before that time; returns how many.

    Refused as a whole where one of them must still be kept. `joined` is a table that names them, with its column.
    """

    def __init__(self, rows: str, *, table: str, since: str, joined: tuple[str, str] | None = None) -> None:
        first = ""
        if joined is not None:
            name, column = joined
            first = f"DELETE FROM {name} WHERE {column} IN (SELECT id FROM {table} WHERE {since} < before);"  # noqa: S608 - names of ours
        super().__init__(
            _function(
                f"delete_{rows}(before timestamptz)",
                "retention",
                f"DELETE FROM {table} WHERE {since} < before",  # noqa: S608 - names of ours
                first,
            ),
            f"DROP FUNCTION delete_{rows}(timestamptz)",
        )


def _function(signature: str, exception: str, change: str, first: str = "") -> str:
    return f"""
        CREATE FUNCTION {signature} RETURNS bigint LANGUAGE plpgsql AS $$
        DECLARE
            changed bigint;
        BEGIN
            PERFORM set_config('append_only.exception', '{exception}', true);
            {first}
            {change};
            GET DIAGNOSTICS changed = ROW_COUNT;
            PERFORM set_config('append_only.exception', '', true);
            RETURN changed;
        END $$;
    """
