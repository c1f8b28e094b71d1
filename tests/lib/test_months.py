"""Monthly partitions: made ahead, and never in the way of a row."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from cdsc_portal.lib.db.months import MONTHS_AHEAD, coming_months, make_months, months_of
from cdsc_portal.lib.time import clock
from consent.models import Disclosure
from tests.factories.consent import GrantFactory

pytestmark = pytest.mark.django_db
TABLE = "consent_disclosure"


def released(at):
    return Disclosure.objects.create(
        grant=GrantFactory(), scope="usage_data", resource="usage_data", value_count=1, released_at=at
    )


def holder(disclosure):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM consent_disclosure WHERE id = %s", [disclosure.pk]
        )
        return cursor.fetchone()[0]


def test_the_coming_months_are_those_around_today():
    assert coming_months(date(2026, 12, 31)) == [
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
        date(2027, 2, 1),
        date(2027, 3, 1),
    ]
    assert MONTHS_AHEAD == 3


def test_a_migrated_database_has_the_months_of_today():
    first = clock.now().date().replace(day=1)

    assert {first, *coming_months(first)[-2:]} <= {month for _, month in months_of(TABLE)}
    assert holder(released(clock.now())) == f"{TABLE}_{first:%Y_%m}"


def test_a_row_without_a_month_is_kept_and_moves_into_it_when_it_is_made():
    before = released(datetime(2031, 4, 30, 23, 59, tzinfo=UTC))
    early, late = released(datetime(2031, 5, 1, tzinfo=UTC)), released(datetime(2031, 5, 31, 23, tzinfo=UTC))
    assert {holder(each) for each in (before, early, late)} == {f"{TABLE}_default"}

    assert make_months(TABLE, [date(2031, 5, 1), date(2031, 6, 1)]) == 2
    assert make_months(TABLE, [date(2031, 5, 1), date(2031, 6, 1)]) == 0

    assert [holder(each) for each in (before, early, late)] == [
        f"{TABLE}_default", f"{TABLE}_2031_05", f"{TABLE}_2031_05",
    ]  # fmt: skip
    assert Disclosure.objects.filter(pk__in=[before.pk, early.pk, late.pk]).count() == 3
    assert (f"{TABLE}_2031_05", date(2031, 5, 1)) in months_of(TABLE)


@pytest.mark.spec("X-20")
@pytest.mark.parametrize("table", [f"{TABLE}_2031_05", f"{TABLE}_default"])
def test_each_month_of_proof_refuses_what_its_table_refuses(table):
    released(datetime(2031, 5, 5, tzinfo=UTC))
    make_months(TABLE, [date(2031, 5, 1)])
    released(datetime(2031, 5, 6, tzinfo=UTC))
    released(datetime(2033, 5, 6, tzinfo=UTC))

    for statement in (f"UPDATE {table} SET value_count = 2", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)


@pytest.mark.spec("X-20")
def test_whole_months_go_once_they_need_not_be_kept_and_no_month_sooner():
    at = clock.now()
    kept_until = (at - timedelta(days=3653)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    past = (kept_until - timedelta(days=20)).date().replace(day=1)
    old, young = released(kept_until - timedelta(days=10)), released(kept_until + timedelta(days=40))
    make_months(TABLE, [past, kept_until.date()])

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        connection.cursor().execute("SELECT delete_disclosures(%s)", [at])
    with connection.cursor() as cursor:
        cursor.execute("SELECT delete_disclosures(%s)", [kept_until])
        assert cursor.fetchone() == (1,)

    assert past not in {month for _, month in months_of(TABLE)}
    assert kept_until.date() in {month for _, month in months_of(TABLE)}
    assert list(Disclosure.objects.filter(pk__in=[old.pk, young.pk])) == [young]
