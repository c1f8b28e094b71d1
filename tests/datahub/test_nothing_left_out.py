"""What has to be said of each resource and each kind of feed is asked for at import."""

import dataclasses
import importlib

import pytest
from django.core.exceptions import ImproperlyConfigured

from consent.scopes.catalogue import SCOPES
from consent.scopes.usage_data import USAGE_DATA
from datahub.feeds.loading import plan
from datahub.resources import backdating
from datahub.rows import base


@pytest.fixture
def reloaded(monkeypatch):
    """Imports a module again; what it was stands afterwards."""
    kept = {module: dict(vars(module)) for module in (backdating, plan)}
    yield importlib.reload
    for module, names in kept.items():
        vars(module).clear()
        vars(module).update(names)


def test_a_resource_that_is_left_out_of_the_check_of_late_moves_fails_at_import(monkeypatch, reloaded):
    toy = dataclasses.replace(USAGE_DATA, id="toy", opens=("toy_data",))
    monkeypatch.setitem(SCOPES, "toy", toy)

    with pytest.raises(ImproperlyConfigured, match="which dated links toy_data goes by is not said"):
        reloaded(backdating)


def test_each_history_says_the_links_it_is_made_of():
    assert all(known.kinds for known in backdating.BACKDATING.values())


def test_a_kind_of_feed_without_a_loader_fails_at_import(monkeypatch, reloaded):
    monkeypatch.setattr(base, "KINDS", (*base.KINDS, "weather"))

    with pytest.raises(ImproperlyConfigured, match="feeds of weather: a kind has a loader here"):
        reloaded(plan)
