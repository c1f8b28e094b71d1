from datetime import UTC, datetime

import pytest

from accounts.feed_rows import InstallationRow, MeterRow
from datahub.feeds.formats.hierarchy import unique_rows
from datahub.feeds.formats.hierarchy.unique_rows import StoredRows, UniqueRows
from datahub.rows.base import FeedStructureError


@pytest.fixture(autouse=True)
def few_in_memory(monkeypatch):
    monkeypatch.setattr(unique_rows, "_ROWS_IN_MEMORY", 3)


@pytest.mark.parametrize("count", [0, 2, 3, 7, 9])
def test_rows_come_back_in_their_order_and_by_their_place(count):
    rows, meters = StoredRows(), [MeterRow(line, f"M-{line}", "water") for line in range(count)]
    for row in meters:
        rows.append(row)

    assert (len(rows), list(rows), list(rows)) == (count, meters, meters)
    assert [rows[place] for place in range(count)] == meters
    assert rows[1:5] == meters[1:5]
    with pytest.raises(IndexError):
        rows[count]


def unique(rows, exclusion_key=None):
    kept = UniqueRows("meter", lambda row: (row.meter_number, getattr(row, "start", 0)), exclusion_key)
    rejected = []
    for row in rows:
        kept.append(row)
    return [row.line for row in kept.finish(rejected)], [(row.line, row.reason) for row in rejected]


def test_a_row_given_again_is_rejected_with_the_first_one_also_in_one_line():
    assert unique(
        [MeterRow(line, number, "water") for line, number in [(1, "A"), (2, "B"), (2, "A"), (4, "A")]]
    ) == (
        [1, 2],
        [(2, "meter A 0 is already in line 1"), (4, "meter A 0 is already in line 1")],
    )


def installed(line, first, last):
    at = [datetime(2026, 1, day, tzinfo=UTC) for day in (first, last or 1)]
    return InstallationRow(line, "M", "S", at[0], at[1] if last else None)


def test_a_row_that_covers_the_time_of_an_earlier_one_is_rejected_whatever_their_order():
    rows = [
        installed(1, 20, 25),
        installed(2, 1, 10),
        installed(3, 9, 12),
        installed(4, 10, 20),
        installed(5, 24, None),
    ]

    kept, rejected = unique([*rows, installed(6, 25, None)], exclusion_key=lambda row: row.meter_number)

    assert kept == [1, 2, 4, 6]
    assert rejected == [(3, "covers a time that line 2 covers"), (5, "covers a time that line 1 covers")]


def test_so_many_that_contradict_each_other_that_they_cannot_be_compared_refuse_the_file(monkeypatch):
    monkeypatch.setattr(unique_rows, "_MOST_COMPARED", 5)

    with pytest.raises(FeedStructureError, match="6 rows say the same meter"):
        unique([MeterRow(line, "A", "water") for line in range(6)])
