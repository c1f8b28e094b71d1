"""The lines of a portfolio are there before they are asked for, and computed again while older ones are shown."""

import hashlib
from datetime import UTC, date, datetime

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from cdsc_portal.lib.time import clock
from datahub.portfolio.rows import NEW, portfolio
from datahub.signals import portfolio_wanted
from datahub.tasks import compute_portfolio
from tests.factories.chain import chain

NOON = datetime(2026, 11, 24, 20, tzinfo=UTC)
OCTOBER = date(2026, 10, 1)
pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-38")]


@pytest.fixture
def shops():
    cache.clear()
    return chain(stores=12)


@pytest.fixture
def wanted(monkeypatch):
    """What was announced to workers."""
    announced = []

    def keep(**news):
        announced.append((news["user_id"], news["month"]))

    portfolio_wanted.connect(keep)
    yield announced
    portfolio_wanted.disconnect(keep)


@pytest.fixture
def at(monkeypatch):
    """Sets the clock."""

    def set_clock(moment):
        monkeypatch.setattr(clock, "now", lambda: moment)

    set_clock(NOON)
    return set_clock


def place(shops):
    """Where the lines are kept."""
    keys = sorted(contract.pk for contract in shops.contracts)
    return f"portfolio:2026-10:{hashlib.sha256(','.join(map(str, keys)).encode()).hexdigest()}"


def test_a_visit_of_home_has_the_lines_computed_once(shops, wanted, at, client):
    client.force_login(shops.owner)

    client.get("/my/")
    client.get("/my/")

    assert wanted == [(shops.owner.pk, "2026-10-01")]


def test_what_a_worker_computed_is_shown(shops, at, django_assert_max_num_queries):
    compute_portfolio(shops.owner.pk, "2026-10-01")
    browser = Browser()
    browser.force_login(shops.owner)

    with django_assert_max_num_queries(9):
        page = browser.get("/my/portfolio/")

    assert page.content.decode().count("STORE-") >= 12


def test_older_lines_are_shown_and_computed_again(shops, wanted, at):
    first = portfolio(user=shops.owner, month=OCTOBER, at=NOON, keeps=True)
    cache.delete(f"{place(shops)}:new")  # as it is after some minutes

    again = portfolio(user=shops.owner, month=OCTOBER, at=NOON + NEW, keeps=True)

    assert again == first
    assert wanted == [(shops.owner.pk, "2026-10-01")]


def test_a_support_session_asks_no_worker(shops, wanted, at):
    portfolio(user=shops.owner, month=OCTOBER, at=NOON, keeps=True)
    cache.delete(f"{place(shops)}:new")  # as it is after some minutes

    portfolio(user=shops.owner, month=OCTOBER, at=NOON + NEW, keeps=False)

    assert wanted == []
