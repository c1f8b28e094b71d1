"""What has to be said of each resource and each kind of feed is asked for at import."""

import dataclasses
import importlib

import pytest
from django.core.exceptions import ImproperlyConfigured

from consent.scopes.catalogue import SCOPES
from consent.scopes.usage_data import USAGE_DATA
from datahub.feeds.loading import plan
from datahub.resources import registry
from datahub.resources.bill_data import BILL_DATA
from datahub.resources.registry import RESOURCES
from datahub.rows import base


@pytest.fixture
def reloaded(monkeypatch):
    """Imports a module again; what it was stands afterwards."""
    kept = {module: dict(vars(module)) for module in (registry, plan)}
    yield importlib.reload
    for module, names in kept.items():
        vars(module).clear()
        vars(module).update(names)


def test_a_scope_that_opens_a_resource_that_nobody_registered_fails_at_import(monkeypatch, reloaded):
    toy = dataclasses.replace(USAGE_DATA, id="toy", opens=("toy_data",))
    monkeypatch.setitem(SCOPES, "toy", toy)

    with pytest.raises(ImproperlyConfigured, match="scopes open toy_data: no such resource is registered"):
        reloaded(registry)


def test_a_resource_that_no_scope_opens_fails_at_import():
    orphan = dataclasses.replace(BILL_DATA, name="toy_data")

    with pytest.raises(ImproperlyConfigured, match="no scope opens the resource toy_data"):
        registry.registered([*registry.RESOURCES.values(), orphan], SCOPES.values())


def test_two_resources_of_one_name_fail_at_import():
    with pytest.raises(ImproperlyConfigured, match="two resources have the name bill_data"):
        registry.registered([BILL_DATA, BILL_DATA], SCOPES.values())


@pytest.mark.parametrize(
    ("part", "empty", "named"),
    [
        ("name", "Bill data", "name, small letters and _"),
        ("summary", "", "summary"),
        ("examples", {}, "examples"),
        ("rows", (), "rows"),
        ("histories", (), "histories"),
    ],
)
def test_a_resource_without_one_of_its_parts_is_refused_with_its_name(part, empty, named):
    with pytest.raises(ImproperlyConfigured, match=f"needs {named}") as refusal:
        dataclasses.replace(BILL_DATA, **{part: empty})
    assert part == "name" or "bill_data" in str(refusal.value)


def test_what_is_part_of_a_resource_has_the_links_of_the_whole():
    assert RESOURCES["usage_sums"].link_kinds == RESOURCES["usage_data"].link_kinds
    with pytest.raises(ImproperlyConfigured, match="those of what it is part of"):
        dataclasses.replace(RESOURCES["usage_sums"], histories=RESOURCES["usage_data"].histories)


def test_a_kind_of_feed_without_a_loader_fails_at_import(monkeypatch, reloaded):
    monkeypatch.setattr(base, "KINDS", (*base.KINDS, "weather"))

    with pytest.raises(ImproperlyConfigured, match="feeds of weather: a kind has a loader here"):
        reloaded(plan)
