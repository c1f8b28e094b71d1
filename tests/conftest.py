"""What every test stands on."""

import hypothesis
import pytest
from django.conf import settings
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker
from whitenoise.middleware import WhiteNoiseMiddleware

from tests.emptying import empty_tables, take_note
from tests.static_files import add_what_was_found

# the same examples each time, however slow the machine; --hypothesis-profile=default looks for new ones
_THE_SAME = {"deadline": None, "derandomize": True, "database": None}
hypothesis.settings.register_profile(
    "the same", **_THE_SAME, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("the same")


def pytest_configure(config: pytest.Config) -> None:
    """What each test does again is made quick: hashes of passwords, tables emptied, static files found."""
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    TransactionTestCase._fixture_teardown = empty_tables
    WhiteNoiseMiddleware.add_files_from_finders = add_what_was_found


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():
        take_note()
