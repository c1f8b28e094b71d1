"""What has to be said of each resource and each kind of feed is asked for at import."""

import dataclasses
import importlib
import sys
from types import ModuleType

import pytest
from django.core.exceptions import ImproperlyConfigured

from cdsc_portal.lib.runtime.declarations import declared
from consent.scopes.catalogue import SCOPES
from consent.scopes.usage_data import SCOPE as USAGE_DATA
from datahub.feeds.loading.kinds import KINDS
from datahub.models.feeds import KIND_TITLES
from datahub.resources import registry
from datahub.resources.bill_data import RESOURCE as BILL_DATA
from datahub.resources.bill_statements import RESOURCE as BILL_STATEMENTS
from datahub.resources.registry import RESOURCES
from tools.files import ROOT


@pytest.fixture
def reloaded(monkeypatch):
    """Imports a module again; what it was stands afterwards."""
    kept = dict(vars(registry))
    yield importlib.reload
    vars(registry).clear()
    vars(registry).update(kept)


def test_a_scope_that_opens_a_resource_that_nobody_registered_fails_at_import(monkeypatch, reloaded):
    toy = dataclasses.replace(USAGE_DATA, id="toy", opens=("toy_data",))
    monkeypatch.setitem(SCOPES, "toy", toy)

    with pytest.raises(ImproperlyConfigured, match="scopes open toy_data: no such resource is registered"):
        reloaded(registry)


def test_a_resource_that_no_scope_opens_fails_at_import():
    orphan = dataclasses.replace(BILL_DATA, name="toy_data")

    with pytest.raises(ImproperlyConfigured, match="no scope opens the resource toy_data"):
        registry.registered([*registry.RESOURCES.values(), orphan], SCOPES.values())


@pytest.mark.parametrize(
    ("name", "document"), [("bill_data", None), ("bill_copies", BILL_STATEMENTS.document)]
)
def test_two_resources_or_files_of_one_name_fail_at_import(name, document):
    second = dataclasses.replace(BILL_DATA, name=name, document=document)
    taken = document.name if document else name

    with pytest.raises(ImproperlyConfigured, match=f"two addresses have the name {taken}"):
        registry.registered([BILL_DATA, BILL_STATEMENTS, second], SCOPES.values())


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


@pytest.mark.parametrize(
    ("resource", "part", "empty", "named"),
    [
        ("usage_data", "stream", {"name": "usage file"}, "name, small letters and _"),
        ("usage_data", "stream", {"forms": {}}, "forms of its streamed file"),
        ("bill_statements", "document", {"summary": ""}, "summary"),
        ("residual_mix", "open_series", {"summary": ""}, "summary"),
        ("residual_mix", "open_series", {"rows": ()}, "rows of its open series"),
    ],
)
def test_another_address_of_a_resource_without_one_of_its_parts_is_refused(resource, part, empty, named):
    whole = RESOURCES[resource]

    with pytest.raises(ImproperlyConfigured, match=f"resource '{resource}' needs {named}"):
        dataclasses.replace(whole, **{part: dataclasses.replace(getattr(whole, part), **empty)})


def test_what_is_part_of_a_resource_has_the_links_of_the_whole():
    assert RESOURCES["usage_sums"].link_kinds == RESOURCES["usage_data"].link_kinds
    with pytest.raises(ImproperlyConfigured, match="those of what it is part of"):
        dataclasses.replace(RESOURCES["usage_sums"], histories=RESOURCES["usage_data"].histories)


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ({"load": None}, "feeds of bills: either load or chunk_of is needed"),
        ({"chunk_of": KINDS["usage"].chunk_of}, "feeds of bills: either load or chunk_of is needed"),
        ({"title": ""}, "feeds of bills: title is needed"),
    ],
)
def test_a_kind_of_feed_without_one_of_its_parts_is_refused_with_its_name(parts, named):
    with pytest.raises(ImproperlyConfigured, match=named):
        dataclasses.replace(KINDS["bills"], **parts)


@pytest.mark.parametrize(
    ("folder", "constant", "declaration", "name_of"),
    [
        ("consent.scopes", "SCOPE", USAGE_DATA, lambda scope: scope.id),
        ("datahub.resources", "RESOURCE", BILL_DATA, lambda resource: resource.name),
        ("datahub.feeds.kinds", "KIND", KINDS["bills"], lambda kind: kind.name),
    ],
)
def test_a_file_that_does_not_declare_what_its_folder_is_for_fails_at_import(
    monkeypatch, folder, constant, declaration, name_of
):
    weather = ModuleType("weather")
    monkeypatch.setitem(sys.modules, f"{folder}.weather", weather)
    named = f"{folder}.weather".replace(".", "/") + f"\\.py: a {constant} named weather is needed"

    for given in (None, "weather", declaration):
        setattr(weather, constant, given)
        with pytest.raises(ImproperlyConfigured, match=named):
            declared(folder, ["weather"], constant, type(declaration), name_of)


def test_each_file_among_the_kinds_of_feed_is_a_kind_that_staff_have_a_word_for():
    files = {path.stem for path in (ROOT / "datahub/feeds/kinds").glob("*.py")} - {"__init__"}

    assert set(KINDS) == set(KIND_TITLES) == files
