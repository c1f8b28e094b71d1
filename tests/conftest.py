"""What every test stands on."""

import pytest
from django.conf import settings
from django.test import TransactionTestCase

from tests.emptying import empty_tables


def pytest_configure(config: pytest.Config) -> None:
    """Passwords and client secrets are hashed in each test; a production hash would be most of the suite's time."""
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    TransactionTestCase._fixture_teardown = empty_tables
