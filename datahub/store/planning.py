"""How the database is to join what a load sends with what is stored."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_OFF = ("enable_hashjoin", "enable_mergejoin", "enable_seqscan", "jit")


@contextmanager
def by_index() -> Iterator[None]:
    """Join by the key of each row that a load sends, within the caller's transaction.

    The planner does not know how many rows these are nor how little each look-up costs: it would read whole tables for
    a part of a file, and compile statements that run for a tenth of a second.
    """
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL {name} = off" for name in _OFF))
        yield
        cursor.execute("; ".join(f"SET LOCAL {name} TO DEFAULT" for name in _OFF))
