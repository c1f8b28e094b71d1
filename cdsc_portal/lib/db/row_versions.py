"""Which version of its rows an answer stands on: what changes a row changes this, and no row is read out for it.

The database writes a row anew with each change: by another transaction (`xmin`), or to another place (`ctid`) within
one. A copied or restored database has other versions of the same rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.db import DEFAULT_DB_ALIAS

from cdsc_portal.lib.db.prepared import prepared_cursor


@dataclass(frozen=True, slots=True)
class Rows:
    """Those of `table` for which `where` holds, an SQL condition with named parameters. A `dated` one says something
    else once the moment `at` has passed its start or its end.
    """

    table: str
    where: str
    dated: bool = False

    @property
    def versions(self) -> str:
        """SQL: a text a row."""
        passed = ', start <= %(at)s, "end" <= %(at)s' if self.dated else ""
        return (
            f"SELECT concat_ws(' ', '{self.table}', xmin, ctid{passed}) FROM {self.table} WHERE {self.where}"  # noqa: S608 - no part of it is input
        )


def column_of(table: str, column: str, where: str) -> str:
    """SQL: the values of `column` in those rows, to say where others are."""
    return f"SELECT {column} FROM {table} WHERE {where}"  # noqa: S608 - no part of it is input


def rows_version(
    rows: tuple[Rows, ...],
    parameters: Mapping[str, str | int | datetime],
    *,
    using: str = DEFAULT_DB_ALIAS,
) -> str:
    """One text for the versions of all `rows`, whatever their order; "" where there is no row. One statement.

    A streaming replica, `using` it, has the versions of the moment up to which it has replayed.
    """
    with prepared_cursor(binary=True, using=using) as cursor:
        cursor.execute(digest_statement(rows), parameters)
        (value,) = cursor.fetchone() or ("",)
    return value or ""


@cache
def digest_statement(rows: tuple[Rows, ...]) -> str:
    """SQL that answers one text for the versions of all `rows`, whatever their order."""
    every = " UNION ALL ".join(row_set.versions for row_set in dict.fromkeys(rows))
    return f"""
        SELECT md5(string_agg(version, ',' ORDER BY version COLLATE "C")) FROM ({every}) AS stored (version)
    """  # noqa: S608 - no part of it is input
