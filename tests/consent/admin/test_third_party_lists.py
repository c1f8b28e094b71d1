"""Lists of third parties and of what belongs to them cost the same however many rows there are."""

import pytest

from tests.factories.accounts import StaffFactory
from tests.factories.third_parties import a_whole_third_party
from tests.support.queries import count_queries

pytestmark = pytest.mark.django_db
LISTS = (
    "client", "coverageentry", "message", "providedfile", "registration", "registrationfield", "registrationfile",
    "registrationstep", "review", "scopeoffer",
)  # fmt: skip


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_with_more_rows(client, name):
    client.force_login(StaffFactory())
    a_whole_third_party()

    def read():
        return client.get(f"/admin/consent/{name}/")

    read()  # what is looked up once a process
    few = count_queries(read)
    for number in range(3):
        a_whole_third_party(f"Other {number}")

    assert count_queries(read) == few
