import pytest
from django.test import Client as Browser

from tests.consent.oauth.third_party import ThirdParty
from tests.factories.consent import ClientFactory, GrantFactory


@pytest.fixture
def third_party(db) -> ThirdParty:
    return ThirdParty(ClientFactory())


@pytest.fixture
def rival(db) -> ThirdParty:
    """Another third party, just as well registered."""
    return ThirdParty(ClientFactory())


@pytest.fixture
def grant(third_party):
    return GrantFactory(client=third_party.client)


@pytest.fixture
def web() -> Browser:
    """The customer's browser."""
    return Browser()
