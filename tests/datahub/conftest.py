import pytest

from tests.consent.api.reader import Reader
from tests.factories.accounts import Household, household


@pytest.fixture
def reader(db) -> Reader:
    return Reader()


@pytest.fixture
def home(db) -> Household:
    return household()
