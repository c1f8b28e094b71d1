"""Each table has a rule, and each task that a rule names is there and runs."""

import re

import pytest
from django.apps import apps
from django.db import connection

from cdsc_portal.background import SCHEDULE
from cdsc_portal.lib.db.months import monthly_tables
from tools.files import ROOT

PAGE = (ROOT / "docs/retention.md").read_text(encoding="utf-8")
ROWS = [line.split("|")[1:-1] for line in PAGE.splitlines() if re.match(r"\| \w+\.\w", line)]
RULES = [(name.strip(), row) for row in ROWS for name in row[0].split(",")]


def test_each_model_has_exactly_one_rule():
    assert sorted(name for name, _ in RULES) == sorted(model._meta.label for model in apps.get_models())


def test_each_rule_says_why_how_long_and_what_then():
    assert [row[0] for row in ROWS if len(row) != 4 or not all(cell.strip() for cell in row)] == []


@pytest.mark.django_db
def test_what_a_rule_names_is_a_task_that_beat_runs_or_a_function_of_the_database():
    run = {str(entry["task"]) for entry in SCHEDULE.values()}
    named = {word for row in ROWS for word in re.findall(r"`([\w.]+)`", row[3])}
    others = named - run - {task.rpartition(".")[2] for task in run}
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname FROM pg_proc WHERE proname = ANY(%s)", [sorted(others)])
        functions = {name for (name,) in cursor.fetchall()}

    assert others == functions
    assert len(named - functions) >= 12


@pytest.mark.django_db
def test_tables_by_month_are_those_that_the_page_says():
    stated = {apps.get_model(name)._meta.db_table for name, row in RULES if "**by month**" in row[2]}

    assert {*monthly_tables(), "interval_block"} == stated
