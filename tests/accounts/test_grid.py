"""Where a contract's point is on the grid: now, or at the end of a link that is over."""

from datetime import UTC, datetime

import pytest

from accounts.models import ContractServicePoint
from accounts.queries.grid import with_grid_placement
from accounts.queries.labels import grid_places
from accounts.queries.service_history import service_history
from cdsc_portal.lib.time.ranges import Span
from tests.factories.accounts import EPOCH, household, place

pytestmark = pytest.mark.django_db
MOVED, LEFT = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def home(db):
    home = household()
    place(home.point, "WEST", end=MOVED)
    place(home.point, "EAST", pricing_node="NODE-8", start=MOVED)
    return home


@pytest.mark.parametrize(
    ("at", "end", "region", "node"),
    [
        (NOW, None, "EAST", "NODE-8"),
        (LEFT, None, "WEST", ""),
        (NOW, LEFT, "WEST", ""),
        (NOW, MOVED, "WEST", ""),
    ],
)
def test_the_place_is_that_of_the_moment_or_of_the_link_s_last(home, at, end, region, node):
    home.contract.point_links.update(end=end)

    (link,) = with_grid_placement(ContractServicePoint.objects.all(), at=at)
    ((period,),) = service_history([home.contract], at=at).values()

    assert (link.region, link.pricing_node, period.region) == (region, node, region)


def test_a_point_that_is_nowhere_yet_has_no_region(home):
    home.point.placements.all().delete()

    (link,) = with_grid_placement(ContractServicePoint.objects.all(), at=NOW)

    assert (link.region, link.pricing_node) == ("", "")


def test_a_contract_is_in_each_region_while_its_link_and_the_place_hold(home, django_assert_num_queries):
    with django_assert_num_queries(1):
        places = grid_places([home.contract.pk])

    assert {(place.region, place.span) for place in places} == {
        ("WEST", Span(EPOCH, MOVED)),
        ("EAST", Span(MOVED, None)),
    }
