"""What runs on every call is planned once for a connection, whatever the values of the calls."""

import pytest
from django.db import connection

from cdsc_portal.lib.db.prepared import array, prepared_cursor

# An index would serve one key and no index all of them: left to itself the database plans this for each call.
_STATEMENT = "SELECT count(*) FROM accounts_user WHERE id = ANY(%s::bigint[])"


@pytest.mark.django_db
@pytest.mark.parametrize("binary", [False, True])
def test_a_statement_is_planned_once(binary):
    for call in range(8):
        with prepared_cursor(binary=binary) as cursor:
            cursor.execute(_STATEMENT, [array(range(call))])
            cursor.fetchone()

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements WHERE statement LIKE %s",
            ["SELECT count(*) FROM accounts_user WHERE id = ANY%"],
        )
        planned_once, anew = cursor.fetchone()
    assert (planned_once >= 8, anew) == (True, 0)
