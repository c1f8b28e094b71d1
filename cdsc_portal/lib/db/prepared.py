"""Statements that the database plans once for each connection, for the few that run on every call."""

from collections.abc import Iterable, Sequence
from typing import cast

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorWrapper
from psycopg.pq import Format


def prepared_cursor(*, binary: bool = False, using: str = DEFAULT_DB_ALIAS) -> CursorWrapper:
    """A cursor that sends values apart from the statement, to be closed by `with`; query counts see it like any other.

    `binary`: answers come in the database's own form, which is faster, and instants as psycopg reads them.
    Planning the gate's statement takes longer than running it, so connections ask for one plan whatever the values
    (`plan_cache_mode` in the settings). Behind PgBouncer: docs/operations.md.
    """
    connection = connections[using]
    connection.ensure_connection()
    raw = psycopg.Cursor(connection.connection)
    raw.format = Format.BINARY if binary else Format.TEXT
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    return wrap(cast(CursorWrapper, raw))


def array(values: Iterable[object]) -> str:
    """Numbers or dates as an array parameter in the database's own notation; None is NULL.

    The statement says the type then. psycopg would choose one by the size of the values: another plan for each,
    and casts that keep the database from a good one.
    """
    return "{" + ",".join(map(str, values)).replace("None", "NULL") + "}"


def text_array(texts: Sequence[str]) -> str:
    """Texts as an array parameter in the same notation, much faster than a list of objects."""
    if not texts:
        return "{}"
    joined = '","'.join(texts)
    if joined.count('"') > 2 * (len(texts) - 1) or "\\" in joined or "\x00" in joined:
        for char, escaped in (("\x00", "\N{REPLACEMENT CHARACTER}"), ("\\", "\\\\"), ('"', '\\"')):
            texts = [text.replace(char, escaped) for text in texts]
        joined = '","'.join(texts)
    return '{"' + joined + '"}'
