"""Third parties that registered themselves."""

import pytest

from tests.consent.api.cds.grant_steps import BILLS, USAGE
from tests.consent.api.cds.third_party import third_party
from tests.factories.accounts import household
from tests.factories.consent import ClientFactory, approve, ask


@pytest.fixture
def party(client, db):
    return third_party(client)


@pytest.fixture
def stranger(client, db):
    """Another third party of the same server."""
    return third_party(client, client_name="Stranger")


@pytest.fixture
def home(db):
    return household()


@pytest.fixture
def production(party):
    """The third party's object that asks real customers."""
    return ClientFactory(registration=party.registration, allowed_scopes=["usage_data", "bill_data"])


@pytest.fixture
def grant(home, production):
    """Usage and bills of a household for a year."""
    return approve(ask(USAGE, BILLS, user=home.owner, client=production))
