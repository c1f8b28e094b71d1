"""Third parties that registered themselves."""

import pytest

from tests.consent.api.cds.third_party import third_party


@pytest.fixture
def party(client, db):
    return third_party(client)


@pytest.fixture
def stranger(client, db):
    """Another third party of the same server."""
    return third_party(client, client_name="Stranger")
