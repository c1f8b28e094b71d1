"""Where points are on the grid, with dates: what a hierarchy file says of now, and of since when."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.feed_rows import Hierarchy, PointRow
from accounts.models import EVER, GridPlacement, LinkChange, LinkKind, ServicePoint
from tests.accounts.rows import AS_OF, AT, load

pytestmark = pytest.mark.django_db
MARCH, MAY = datetime(2026, 3, 10, 8, tzinfo=UTC), datetime(2026, 5, 1, 7, tzinfo=UTC)
LATER = AS_OF + timedelta(days=90)


def tell(region, since=None, *, node="", as_of=AS_OF):
    row = PointRow(7, "SP-1", "", "electricity", 240, region, node, since)
    return load(Hierarchy("changes", as_of, points=(row,)), at=max(AT, as_of))


def placements():
    return list(GridPlacement.objects.order_by("start").values_list("region", "start", "end"))


def test_a_region_without_a_date_holds_since_ever():
    assert tell("WEST").accepted == 1

    assert placements() == [("WEST", EVER, None)]


def test_a_region_that_a_later_file_tells_otherwise_changes_as_of_that_file():
    tell("WEST")

    assert tell("EAST", as_of=LATER).accepted == 1

    assert placements() == [("WEST", EVER, LATER), ("EAST", LATER, None)]


def test_a_date_says_from_when_and_the_region_before_lasts_until_then():
    tell("WEST")
    was = ServicePoint.objects.get().cds_modified

    assert tell("EAST", MARCH, as_of=LATER).accepted == 1

    assert placements() == [("WEST", EVER, MARCH), ("EAST", MARCH, None)]
    assert ServicePoint.objects.get().cds_modified > was
    change = LinkChange.objects.get()
    assert (change.kind, change.region) == (LinkKind.GRID_PLACEMENT, "WEST")
    assert (change.old_start, change.old_end, change.lost_from) == (EVER, None, MARCH)


@pytest.mark.parametrize("since", [None, MARCH])
def test_what_is_told_again_changes_nothing(since):
    tell("WEST")
    tell("EAST", MARCH, as_of=LATER)
    before = set(GridPlacement.objects.values_list("pk", "start", "end"))

    assert tell("EAST", since, as_of=LATER + timedelta(days=1)).unchanged == 1

    assert set(GridPlacement.objects.values_list("pk", "start", "end")) == before


@pytest.mark.parametrize(("wrong", "corrected"), [(MARCH, MAY), (MAY, MARCH)])
def test_a_corrected_date_moves_the_end_of_the_region_before(wrong, corrected):
    tell("WEST")
    tell("EAST", wrong, as_of=LATER)

    assert tell("EAST", corrected, as_of=LATER + timedelta(days=1)).accepted == 1

    assert placements() == [("WEST", EVER, corrected), ("EAST", corrected, None)]


def test_a_date_before_what_was_told_takes_the_place_of_what_came_after():
    tell("WEST")
    tell("EAST", MARCH, as_of=LATER)
    tell("NORTH", MAY, as_of=LATER)

    tell("SOUTH", EVER + timedelta(days=1), as_of=LATER)

    assert [region for region, _start, _end in placements()] == ["WEST", "SOUTH"]
    assert LinkChange.objects.filter(new_start=None, region="EAST").exists()


def test_a_date_to_come_is_kept_by_files_that_tell_of_now():
    tell("WEST")
    tell("EAST", LATER + timedelta(days=30), as_of=AS_OF + timedelta(days=1))

    assert (
        tell("WEST", as_of=AS_OF + timedelta(days=2)).accepted == 1
    )  # the newest word of the point, not of its times

    assert [region for region, _start, _end in placements()] == ["WEST", "EAST"]


def test_a_region_that_is_not_told_any_more_ends():
    tell("WEST", node="NODE-7")

    tell("", as_of=LATER)

    assert placements() == [("WEST", EVER, LATER)]


def test_an_older_file_undoes_no_newer_one():
    tell("WEST", as_of=LATER)

    (refusal,) = tell("EAST", MARCH).rejected

    assert "a newer file" in refusal.reason
    assert placements() == [("WEST", EVER, None)]


def test_a_node_alone_is_a_place_of_its_own():
    tell("WEST", node="NODE-7")

    tell("WEST", MARCH, node="NODE-8", as_of=LATER)

    nodes = GridPlacement.objects.order_by("start").values_list("pricing_node", "start")
    assert list(nodes) == [("NODE-7", EVER), ("NODE-8", MARCH)]


def test_many_points_cost_as_many_queries_as_one(django_assert_max_num_queries):
    def rows(region, count):
        return tuple(PointRow(n, f"SP-{n}", "", "electricity", 240, region, "", MARCH) for n in range(count))

    load(Hierarchy("changes", AS_OF, points=rows("WEST", 30)))

    with django_assert_max_num_queries(45):
        load(Hierarchy("changes", LATER, points=rows("EAST", 30)), at=LATER)

    assert GridPlacement.objects.count() == 30


def test_a_file_does_not_undo_what_was_placed_after_it_by_hand():
    tell("WEST")
    GridPlacement.objects.update(region="EAST", version_at=LATER)

    result = tell("WEST", MARCH, as_of=LATER - timedelta(days=1))

    assert (result.accepted, [refusal.line for refusal in result.rejected]) == (0, [7])
    assert "a newer file" in result.rejected[0].reason
    assert placements() == [("EAST", EVER, None)]
