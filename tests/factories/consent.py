"""Clients and grants. All names and addresses are invented."""

from datetime import timedelta

import factory
from factory.django import DjangoModelFactory

from cdsc_portal.lib import clock
from consent.models import Client, Grant
from consent.scopes.catalogue import SCOPES
from consent.transitions import GrantStatus
from tests.factories.accounts import UserFactory

SECRET = "not-a-secret-of-anyone"


class ClientFactory(DjangoModelFactory):
    """A confidential client with SECRET that may ask for everything."""

    class Meta:
        model = Client

    name = factory.Sequence(lambda n: f"Sunny Savings {n}")
    client_type = Client.CLIENT_CONFIDENTIAL
    authorization_grant_type = Client.GRANT_AUTHORIZATION_CODE
    client_secret = SECRET
    redirect_uris = "https://app.example.com/callback"
    allowed_scopes = factory.LazyFunction(lambda: list(SCOPES))


class GrantFactory(DjangoModelFactory):
    """An active grant of a year that can be refreshed; without parts, so it opens nothing."""

    class Meta:
        model = Grant

    client = factory.SubFactory(ClientFactory)
    user = factory.SubFactory(UserFactory)
    status = GrantStatus.ACTIVE
    scope = "usage_data"
    authorization_details = factory.LazyAttribute(
        lambda grant: [{"type": name, "services": ["1234567-1"]} for name in grant.scope.split()]
    )
    access_ends = factory.LazyFunction(lambda: clock.now() + timedelta(days=365))
    refreshable = True
