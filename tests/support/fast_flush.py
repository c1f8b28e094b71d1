"""Empties the tables after a test that committed: in milliseconds, where TRUNCATE of them all takes a second or two."""

from functools import cache

from django.core.cache import cache as kept_answers
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase

# what Django and the project write themselves after each flush, and tests hardly ever change
_WRITTEN_ANEW = (
    "django_content_type", "auth_permission", "auth_group", "auth_group_permissions", "consent_serverdescription",
    "consent_scopeoffer",
)  # fmt: skip
_flush = TransactionTestCase._fixture_teardown
_at_first: list[str] = []


def snapshot() -> None:
    """Remembers what was written anew, before the first test; after a flush it has other ids."""
    with connection.cursor() as cursor:
        _at_first[:] = [_written_anew(cursor)]


def empty_tables(case: TransactionTestCase) -> None:
    """Leaves what a flush leaves, no row but those that are written anew after it, and an empty cache.

    Rows are deleted past triggers and foreign keys, which a superuser may; any other user, and a test that changed
    what is written anew, get Django's own flush, for which the tables' owner switches off what keeps proof.
    """
    kept_answers.clear()  # a flush passes its table by, and that of the counts of calls
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM call_count")
        if _is_superuser(cursor) and [_written_anew(cursor)] == _at_first:
            _delete_all(cursor)
            return
    with transaction.atomic():
        _switch_guards("DISABLE")
        _flush(case)
        _switch_guards("ENABLE")
    snapshot()


def _delete_all(cursor: CursorWrapper) -> None:
    with transaction.atomic():
        cursor.execute("; ".join(["SET LOCAL session_replication_role = replica", *_deletes()]))


@cache
def _deletes() -> list[str]:
    names = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    return [f'DELETE FROM "{name}"' for name in sorted(names.difference(_WRITTEN_ANEW))]


def _switch_guards(switch: str) -> None:
    """Triggers refuse TRUNCATE of what is append-only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only_truncate'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} {switch} TRIGGER append_only_truncate")


def _is_superuser(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT current_setting('is_superuser') = 'on'")
    return bool(cursor.fetchone()[0])


def _written_anew(cursor: CursorWrapper) -> str:
    """A digest of every row."""
    digests = ", ".join(
        f"(SELECT md5(string_agg(one::text, '' ORDER BY id)) FROM {name} one)" for name in _WRITTEN_ANEW
    )
    cursor.execute(f"SELECT concat_ws(' ', {digests})")
    return str(cursor.fetchone()[0])
