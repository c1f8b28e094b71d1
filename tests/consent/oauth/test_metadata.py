"""GET /.well-known/oauth-authorization-server"""

import pytest
from django.urls import resolve

from consent.models import ScopeOffer
from consent.scopes.catalogue import SCOPES

pytestmark = pytest.mark.django_db  # staff may have switched a scope off

ADDRESS = "/.well-known/oauth-authorization-server"


@pytest.mark.spec("X-06")
def test_the_issuer_is_the_origin_it_was_fetched_from(client, settings):
    metadata = client.get(ADDRESS).json()

    assert metadata["issuer"] == settings.PUBLIC_URL
    assert not metadata["issuer"].endswith("/")
    assert metadata["authorization_response_iss_parameter_supported"] is True


def test_every_endpoint_is_there(client, settings):
    metadata = client.get(ADDRESS).json()

    endpoints = [value for name, value in metadata.items() if name.endswith("_endpoint")]

    assert len(endpoints) == 6
    for address in endpoints:
        assert address.startswith(
            (f"{settings.PUBLIC_URL}/oauth/", f"{settings.PUBLIC_URL}/cds/registration")
        )
        assert resolve(address.removeprefix(settings.PUBLIC_URL))


@pytest.mark.spec("X-05", "X-02")
def test_nothing_is_announced_that_is_refused(client):
    metadata = client.get(ADDRESS).json()

    assert metadata["response_types_supported"] == ["code"]
    assert set(metadata["grant_types_supported"]) == {
        "authorization_code",
        "refresh_token",
        "client_credentials",
    }
    assert metadata["code_challenge_methods_supported"] == ["S256"]


def test_every_name_of_a_scope_is_listed(client):
    metadata = client.get(ADDRESS).json()

    assert set(SCOPES) <= set(metadata["scopes_supported"])
    assert {"supply_details", "customer_usage_data"} <= set(metadata["scopes_supported"])
    details = metadata["authorization_details_types_supported"]
    assert set(details) == set(metadata["scopes_supported"]) - {"cds_client_admin"}


def test_a_utility_that_only_distributes_offers_no_supply_scopes(client, settings):
    settings.UTILITY_ROLE = "distribution"

    offered = client.get(ADDRESS).json()["scopes_supported"]

    assert "customer_distribution_details" in offered
    assert not [name for name in offered if "supply" in name]


def test_who_has_it_gets_304_for_one_statement_until_staff_change_an_offer(client, django_assert_num_queries):
    known = client.get(ADDRESS)["ETag"]

    with django_assert_num_queries(1):  # counts the call and reads the version
        unchanged = client.get(ADDRESS, headers={"If-None-Match": known})
    ScopeOffer.objects.filter(offer_id="usage_data").update(label="Readings")
    changed = client.get(ADDRESS, headers={"If-None-Match": known})

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (changed.status_code, changed["ETag"] == known) == (200, False)
