"""The model of scales: what it says follows from its constants, and the pages say what it says."""

import re
from dataclasses import replace

import pglast
import pytest

from tools.files import ROOT
from tools.scale_model import (
    PAGE,
    SCALES,
    Constants,
    Scale,
    constants,
    need_of,
    page_with,
    seconds_to_load,
    table,
)

ROUND = Constants(
    meters_measured=1, meter_bytes=1_000, reading_bytes=2.0, reading_wal_bytes=3.0, reading_worker_seconds=1e-6,
    reading_database_seconds=1e-6, call_web_seconds=0.006, call_database_seconds=0.003, call_wal_bytes=500,
    disclosure_bytes=250,
)  # fmt: skip


def test_the_numbers_follow_from_the_constants():
    need = need_of(Scale(1_000_000, 1_000), ROUND)

    # 96 M readings a day, 21.6 M calls in a quarter of one
    assert need.web_machines == 1  # 6 cores' work, of which 16 are busy 0.6
    assert need.database_cores == 6  # 3 for the calls, 96 s of four hours for the loads, busy 0.6
    assert (need.load_workers, need.load_hours) == (1, pytest.approx(96 / 3600))
    assert need.disk_terabytes == pytest.approx((1e9 + 3 * 365 * (192e6 + 21.6e6 * 250)) / 1e12)
    assert need.wal_gigabytes_a_day == pytest.approx((288e6 + 21.6e6 * 500) / 1e9)
    assert need.breaks == ()


@pytest.mark.parametrize("more", [replace(SCALES[0], meters=10**9), replace(SCALES[0], calls_a_second=10**6)])
def test_what_one_primary_does_not_hold_is_said(more):
    assert need_of(more, constants()).breaks


def test_a_day_takes_as_long_as_the_slower_of_worker_and_session():
    assert seconds_to_load(10_000, replace(ROUND, reading_worker_seconds=2e-6)) == pytest.approx(1.92)


def test_the_page_has_the_table_of_the_constants():
    page = PAGE.read_text(encoding="utf-8")

    assert page == page_with(table(constants()), page)


@pytest.mark.parametrize("path", sorted((ROOT / "deploy" / "sql").glob("*.sql")), ids=lambda path: path.name)
def test_statements_for_operators_are_sql(path):
    # psql's own words: a line that begins with a backslash, and a variable
    text = re.sub(r"^\\.*$|:(?='\w+')", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert pglast.parse_sql(text)
    with pytest.raises(pglast.parser.ParseError):
        pglast.parse_sql(f"{text}; SELEC 1")


def test_the_tables_that_are_distributed_are_there_with_these_columns(db):
    from django.db import connection

    text = (ROOT / "deploy" / "sql" / "citus.sql").read_text(encoding="utf-8")
    calls = [
        call
        for statement in pglast.parse_sql(text)
        if (select := statement.stmt) is not None and type(select).__name__ == "SelectStmt"
        for target in select.targetList
        if (call := target.val)
    ]
    named = [
        [
            argument.val.sval
            for argument in call.args
            if type(argument).__name__ == "A_Const" and hasattr(argument.val, "sval")
        ]
        for call in calls
    ]
    with connection.cursor() as cursor:
        for table_name, *column in named:
            cursor.execute(
                "SELECT count(*) FROM information_schema.columns WHERE table_name = %s AND column_name = ANY(%s)",
                [table_name, column or ["id"]],
            )
            assert cursor.fetchone()[0] == 1, table_name
    assert len(named) == 5
