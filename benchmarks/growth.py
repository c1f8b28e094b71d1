"""What grows: bytes and cost of a disclosure, and staff's list of them.

GROWTH_ROWS: how many disclosures; 300,000 where it is not set.
"""

import os
from collections.abc import Iterator
from datetime import timedelta

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from benchmarks import grants
from benchmarks.measure import Figure, at_most, medians
from cdsc_portal.lib.db.months import make_months, months_of
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.ranges import Span
from consent.access import FilesAccess
from consent.models import Disclosure
from consent.services.disclose import Release, record_disclosure
from tests.factories.accounts import StaffFactory

ROWS = int(os.environ.get("GROWTH_ROWS", "300000"))
_GRANTS, _CHUNK = 20_000, 100_000
FEW, MOST_BYTES = 100, 250
_LIST = reverse("admin:consent_disclosure_changelist")
_ROUNDS = 20
# of one service each, as most calls are, of grants in no order, over a month
_BULK = """
    INSERT INTO consent_disclosure (released_at, grant_id, start, "end", data_start, data_end, value_count, address,
                                    scope, resource, resolution, contracts)
    SELECT %(first)s + number * %(step)s::interval, grants.rows[1 + (random() * (grants.count - 1))::integer],
        %(first)s, %(first)s, %(first)s, %(first)s, 96, '192.0.2.7', 'usage_data', 'usage_data', 'as_read',
        ARRAY[1000000 + number %% 20000]
    FROM generate_series(%(begin)s::integer, %(end)s::integer) AS number,
        (SELECT %(grants)s::bigint[] AS rows, cardinality(%(grants)s::bigint[]) AS count) AS grants
"""


def figures() -> Iterator[Figure]:
    keys = grants.build(_GRANTS).rows
    staff = Client()
    staff.force_login(StaffFactory())
    _fill(keys, FEW, over=timedelta(hours=1))
    (of_few,) = medians(lambda: staff.get(_LIST), rounds=2)
    _fill(keys, ROWS, over=timedelta(days=27))
    size = _bytes() / (FEW + ROWS)
    yield at_most(
        f"disclosure with its indexes, {ROWS} rows / {MOST_BYTES} bytes", "bytes", size, MOST_BYTES, 1
    )
    with transaction.atomic():
        value, yardstick = medians(lambda: _record(keys[0]), _round_trip, rounds=_ROUNDS)
        transaction.set_rollback(True)
    yield at_most("record of a disclosure / one SELECT 1", "ms", value, yardstick, 5)
    older = staff.get(_LIST).context["cl"].older_url
    for name, query in (("newest", ""), ("behind a row", older), ("of a day", f"?q={_a_day()}")):
        (value,) = medians(lambda query=query: staff.get(f"{_LIST}{query}"), rounds=2)  # type: ignore[misc]
        yield at_most(f"staff's list of {ROWS} disclosures, {name} / of {FEW}", "ms", value, of_few, 2)


def _fill(keys: list[int], rows: int, *, over: timedelta) -> None:
    """So many, in the order in which they leave; what was filled before lies before them."""
    newest = Disclosure.objects.order_by("released_at").values_list("released_at", flat=True).last()
    before = clock.now().replace(day=1, hour=0, minute=0) - timedelta(days=45)
    first = newest + timedelta(hours=1) if newest else before.replace(day=1)
    make_months("consent_disclosure", [first.date().replace(day=1)])
    step = f"{int(over / timedelta(microseconds=1) / rows)} microseconds"
    with connection.cursor() as cursor:
        for begin in range(0, rows, _CHUNK):
            values = {
                "first": first, "step": step, "begin": begin, "end": min(begin + _CHUNK, rows) - 1, "grants": keys,
            }  # fmt: skip
            cursor.execute(_BULK, values)
        cursor.execute("ANALYZE consent_disclosure")


def _a_day() -> str:
    """In the middle of them, as the beginning of a number."""
    middle = Disclosure.objects.order_by("released_at")[ROWS // 2 : ROWS // 2 + 1].get()
    return middle.number[:8]


def _bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(each::regclass)) FROM unnest(%s::text[]) AS each",
            [[name for name, _ in months_of(Disclosure._meta.db_table)]],
        )
        return int(cursor.fetchone()[0])


def _record(grant: int) -> None:
    at = clock.now()
    span = Span(at - timedelta(days=1), at)
    record_disclosure(
        Release("usage_data", span, 96, [1]), access=FilesAccess(0, 0, grant, 0, "usage_data", frozenset()),
        scope="usage_data", span=span, address="192.0.2.7", at=at,
    )  # fmt: skip


def _round_trip() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
