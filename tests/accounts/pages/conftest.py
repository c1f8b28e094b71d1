import pytest
from django.test import Client as Browser

from tests.factories.accounts import household


@pytest.fixture
def home(db):
    return household()


@pytest.fixture
def browser(home) -> Browser:
    """The owner's, logged in."""
    browser = Browser()
    browser.force_login(home.owner)
    return browser
