"""What every test stands on."""

import gc
import uuid
from collections.abc import Iterator

import hypothesis
import pytest
from django.conf import settings
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker
from whitenoise.middleware import WhiteNoiseMiddleware

from tests.support.database import use_test_database
from tests.support.fast_flush import empty_tables, snapshot
from tests.support.static_files import add_cached_files

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
    WhiteNoiseMiddleware.add_files_from_finders = add_cached_files


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests begin first: last, a worker would be at one of them when the others have nothing left."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What is there by now stays: the collector need not walk through libraries and tests again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """A copy of the migrated template, made when a test first needs it; --create-db builds the template anew."""
    worker = getattr(request.config, "workerinput", {"workerid": "", "testrunuid": uuid.uuid4().hex})
    with django_db_blocker.unblock():
        lock = use_test_database(
            worker=worker["workerid"],
            run=worker["testrunuid"],
            create=request.config.getvalue("create_db"),
        )
        snapshot()
    with lock:
        yield
