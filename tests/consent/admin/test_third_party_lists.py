"""Lists of third parties and of what belongs to them cost the same however many rows there are."""

import pytest

from consent.models import ClientContact, ScopeOffer, ScopeSetting
from tests.factories.accounts import StaffFactory, UserFactory
from tests.factories.third_parties import a_whole_third_party
from tests.support.queries import count_queries

pytestmark = pytest.mark.django_db
LISTS = (
    "client", "clientcontact", "coverageentry", "message", "providedfile", "registration", "registrationfield",
    "registrationfile", "registrationstep", "review", "scopeoffer", "scopesetting", "serverdescription",
)  # fmt: skip


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_with_more_rows(client, name):
    client.force_login(StaffFactory())
    add_third_party("Sunny Roofs")

    def read():
        return client.get(f"/admin/consent/{name}/")

    read()  # what is looked up once a process
    few = count_queries(read)
    for number in range(3):
        add_third_party(f"Other {number}")

    assert count_queries(read) == few


def test_the_lists_have_the_rows_that_they_are_counted_with(client):
    client.force_login(StaffFactory())
    add_third_party("Sunny Roofs")
    add_third_party("Other")

    for name in set(LISTS) - {"serverdescription"}:  # there is one
        shown = client.get(f"/admin/consent/{name}/").context["cl"].result_count
        assert shown >= 2, name


def add_third_party(name):
    """With a person, and a limit of its own."""
    party = a_whole_third_party(name)
    ClientContact.objects.create(client=party.client, user=UserFactory())
    ScopeSetting.objects.create(scope="usage_data", client=party.client, days_back=30)
    ScopeOffer.objects.create(offer_id=f"usage_data_{party.client.pk}", type="usage_data", label=name)
