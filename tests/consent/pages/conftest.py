import pytest
from django.test import Client as Browser

from consent.models import ConsentRequest
from tests.consent.pages.form import PostedForm
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


@pytest.fixture
def opened():
    """A function that opens a request in a browser and gives its form."""

    def open_form(browser: Browser, request: ConsentRequest) -> PostedForm:
        return PostedForm.on(browser, browser.get(request.page))

    return open_form
