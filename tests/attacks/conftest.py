import pytest
from django.test import Client as Browser

from consent.models import Client, Grant
from tests.consent.api.reader import Reader
from tests.consent.oauth.third_party import ThirdParty
from tests.factories.accounts import Household, household
from tests.factories.consent import ClientFactory, GrantFactory, GrantPartFactory


@pytest.fixture
def home(db) -> Household:
    return household()


@pytest.fixture
def browser(home) -> Browser:
    """The owner's, logged in."""
    browser = Browser()
    browser.force_login(home.owner)
    return browser


@pytest.fixture
def reader(db) -> Reader:
    return Reader()


@pytest.fixture
def third_party(db) -> ThirdParty:
    return ThirdParty(ClientFactory())


@pytest.fixture
def public(db) -> ThirdParty:
    """A client that can keep no secret."""
    return ThirdParty(ClientFactory(client_type=Client.CLIENT_PUBLIC))


@pytest.fixture
def rival(db) -> ThirdParty:
    """Another third party, just as well registered."""
    return ThirdParty(ClientFactory())


@pytest.fixture
def shared(third_party, home) -> Grant:
    """A grant of the third party that opens the readings of `home`."""
    grant = GrantFactory(client=third_party.client, user=home.owner)
    GrantPartFactory(grant=grant, contracts=[home.contract])
    return grant


@pytest.fixture
def reads():
    """A function that says with which status a token reads."""

    def status(token: str, path: str = "/usage_data") -> int:
        return Browser().get(path, headers={"Authorization": f"Bearer {token}"}).status_code

    return status
