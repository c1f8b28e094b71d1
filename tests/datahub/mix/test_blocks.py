"""Blocks of the mix hold what the rows hold: whatever is written, corrected or taken away, by day or all at once."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdsc_portal.lib.time.ranges import Span
from datahub.mix.series_places import MixName, MixPlace
from datahub.mix.steps import page_of_steps
from datahub.models import MixBlock, MixLoad, MixSeries, MixShare
from datahub.store.mix_blocks import note_written
from tests.datahub.mix.region import amount, customer, mark, work_out
from tests.support.examples import rolled_back

pytestmark = pytest.mark.django_db
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
NAME = MixName(str(MixSeries.RESIDUAL), "WEST")
OTHER = MixName(str(MixSeries.RESIDUAL), "EAST")
COLUMNS = (
    "starts", "ends", "shares", "named", "known", "method", "provisional", "computed", "modified",
)  # fmt: skip
moments = st.integers(0, 71)  # hours of three days
numbers = st.none() | st.decimals(0, 1, places=10)
facts = st.tuples(
    st.sampled_from([900, 3600, 7200, 90_000]), numbers, st.sampled_from(["published", "issuance"]), st.booleans()
)  # fmt: skip
tables = st.dictionaries(st.tuples(moments, st.sampled_from(["wind", "gas", "unknown"])), facts, max_size=20)
bounds = st.none() | st.integers(-3, 75)


def write(table, name=NAME, *, at):
    """The table becomes all that is told of the series; only the days that differ are noted."""
    rows = {(row.start, row.source): row for row in MixShare.objects.filter(key=name.key)}
    wanted = {(FIRST + timedelta(hours=hour), source): values for (hour, source), values in table.items()}
    days = set()
    for place in rows.keys() - wanted.keys():
        rows[place].delete()
        days.add(place[0].date())
    for (start, source), (seconds, share, method, provisional) in wanted.items():
        row = rows.get((start, source)) or MixShare(
            series=name.series, key=name.key, start=start, source=source
        )
        values = {
            "seconds": seconds, "share": share, "method": method, "provisional": provisional,
            "computed": method == "issuance",
        }  # fmt: skip
        if row.pk is None or any(getattr(row, field) != value for field, value in values.items()):
            for field, value in values.items():
                setattr(row, field, value)
            row.modified = at
            row.save()
            days.add(start.date())
    note_written([name], days=days or {FIRST.date()}, at=at)


def pages(first, past, rows):
    """All pages of both series as plain values, and where each begins."""
    span = Span(*(None if side is None else FIRST + timedelta(hours=side) for side in (first, past)))
    plain, after = [], None
    while True:
        steps, after = page_of_steps(
            {name: [MixPlace(0, span)] for name in (NAME, OTHER)}, after=after, rows=rows
        )
        for name, each in steps.items():
            for place in range(each.size):
                shares = {
                    source: (int(share), bool(named), bool(known))
                    for source, share, named, known in zip(
                        each.sources, each.shares[place], each.named[place], each.known[place], strict=True
                    )
                    if named or share
                }
                facts = [
                    np.asarray(getattr(each, name))[place]
                    for name in COLUMNS
                    if name not in "shares named known"
                ]
                plain.append((name, shares, [str(fact) for fact in facts]))
        if after is None:
            return plain
        plain.append(after)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=tables, then=tables, east=tables, first=bounds, past=bounds, rows=st.integers(1, 25))
@rolled_back
def test_packed_steps_are_those_of_the_rows_page_by_page(db, before, then, east, first, past, rows):
    if first is not None and past is not None and first >= past:
        first, past = past - 1, first
    for minute, (table, name) in enumerate([(before, NAME), (east, OTHER), (then, NAME)]):
        write(table, name, at=FIRST + timedelta(days=9, minutes=minute))

    packed = pages(first, past, rows)
    MixLoad.objects.update(packed=None)

    assert packed == pages(first, past, rows)


def test_a_writer_that_knows_no_blocks_leaves_the_rows_to_be_read_and_the_next_packs_all(db):
    write({(0, "wind"): (3600, Decimal("0.5"), "published", False)}, at=FIRST)
    MixShare.objects.create(
        series=NAME.series, key="WEST", start=FIRST, source="gas", seconds=3600, share=Decimal("0.25")
    )
    MixLoad.objects.update(at=FIRST + timedelta(minutes=1))

    assert {source for _name, shares, _facts in pages(None, None, 9) for source in shares} == {
        "gas",
        "unknown",
        "wind",
    }

    note_written([NAME], days={date(2026, 4, 1)}, at=FIRST + timedelta(minutes=2))

    assert sorted(MixBlock.objects.values_list("source", "count")) == [("gas", 1), ("wind", 1)]
    assert {source for _name, shares, _facts in pages(None, None, 9) for source in shares} == {
        "gas",
        "unknown",
        "wind",
    }


def test_what_is_worked_out_is_packed_with_it(db):
    for hour in range(4):
        amount("generated", "wind", 3000, hour=hour)
        amount("consumed", "", 8000, hour=hour)
    customer(2000, 2000, 2000, 2000)
    mark()
    work_out()

    rows = MixShare.objects.count()
    assert rows
    assert sum(MixBlock.objects.values_list("count", flat=True)) == rows
    assert not MixLoad.objects.filter(packed=None).exists()
