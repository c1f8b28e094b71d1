"""Staff at their desk."""

import pytest
from django.test import Client as Browser

from tests.factories.accounts import StaffFactory


@pytest.fixture
def staff(client: Browser) -> Browser:
    """A browser in which a superuser is logged in."""
    client.force_login(StaffFactory())
    return client
