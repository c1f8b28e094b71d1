"""What an answer about the mix reads: the steps that it holds, however long the series is on record."""

import pytest
from django.db import connection

from datahub.models import MixSeries
from tests.datahub.api.mix_world import HOUR, MIDNIGHT, made

HOURS = 8_760
COLUMNS = "series, key, region, seconds, source, share, quantity, method, computed, modified, synced"


def hourly_for_a_year():
    """Generation and what is left of it, hour by hour."""
    for series in (MixSeries.GENERATION, MixSeries.RESIDUAL):
        made(series=series, wind=[10], gas=[20])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO datahub_mixshare ({COLUMNS}, start)"
            f" SELECT {COLUMNS}, start + hour * interval '1 hour'"
            f" FROM datahub_mixshare, generate_series(1, {HOURS - 1}) AS hour"
        )
        cursor.execute("ANALYZE datahub_mixshare")


def rows_read():
    """Of the table of shares, in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
            " WHERE relname = 'datahub_mixshare'"
        )
        (read,) = cursor.fetchone()
    return read


@pytest.mark.parametrize("query", [{}, {"by": "day"}])
def test_the_last_hour_of_a_year_costs_few_rows(reader, west, query):
    hourly_for_a_year()
    last = MIDNIGHT + (HOURS - 1) * HOUR
    reader.granted(west.contract, scope="generation_mix")
    before = rows_read()

    answer = reader.get(
        "/generation_mix", {"start": last.isoformat(), "end": (last + HOUR).isoformat(), **query}
    )

    assert answer.json()["data"]
    assert rows_read() - before < 200
