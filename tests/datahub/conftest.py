from datetime import date

import pytest

from datahub.store.partitions import ensure_partitions
from tests.consent.api.reader import Reader
from tests.factories.accounts import Household, household


@pytest.fixture
def reader(db) -> Reader:
    return Reader()


@pytest.fixture
def home(db) -> Household:
    return household()


@pytest.fixture
def spring_of_2026(db) -> None:
    """The partitions of its readings, made once for all examples of a test."""
    ensure_partitions(first_day=date(2026, 2, 1), last_day=date(2026, 5, 31))
