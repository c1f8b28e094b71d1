"""Statements that the database plans once for each connection, for the few that run on every call."""

from collections.abc import Iterable
from typing import cast

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.pq import Format


def prepared_cursor(*, binary: bool = False) -> CursorWrapper:
    """A cursor that sends values apart from the statement, to be closed by `with`; query counts see it like any other.

    `binary`: answers come in the database's own form, which is faster, and instants as psycopg reads them.
    Planning the gate's statement takes longer than running it, so connections ask for one plan whatever the values
    (`plan_cache_mode` in the settings). Behind PgBouncer: docs/operations.md.
    """
    connection.ensure_connection()
    raw = psycopg.Cursor(connection.connection)
    raw.format = Format.BINARY if binary else Format.TEXT
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    return wrap(cast(CursorWrapper, raw))


def array(values: Iterable[object]) -> str:
    """Numbers or dates as an array parameter in the database's own notation.

    The statement says the type then. psycopg would choose one by the size of the values: another plan for each,
    and casts that keep the database from a good one.
    """
    return "{" + ",".join(map(str, values)) + "}"
