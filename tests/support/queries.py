"""What the database is asked."""

from django.db import connection
from django.test.utils import CaptureQueriesContext


def count_queries(read):
    """How many queries it takes to answer 200."""
    with CaptureQueriesContext(connection) as queries:
        assert read().status_code == 200
    return len(queries)


def count_sessions() -> int:
    """Of programs: the server cleans up in sessions of its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])
