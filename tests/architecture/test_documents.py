"""Documents keep up with the code."""

import ast
import json
import re
from pathlib import Path

import pytest

from cdsc_portal.env import Environment
from datahub.api.openapi import api_document
from datahub.api.urls import GATED, OPEN_SERIES
from datahub.resources.registry import RESOURCES
from tools import api_tables, documents
from tools.documents import decision_problems, target_problems
from tools.files import ROOT, project_files


def test_each_setting_has_its_row_in_the_operations_page():
    rows = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/operations.md").read_text(), re.M))

    assert rows == {name.upper() for name in Environment.model_fields}


def _change_map_paths() -> list[str]:
    page = (ROOT / "docs/architecture.md").read_text()
    table = page.split("## Change map")[1]
    return sorted(path for path in re.findall(r"`([^`]+)`", table) if "/" in path or path.endswith(".toml"))


@pytest.mark.parametrize("path", _change_map_paths())
def test_each_path_of_the_change_map_exists(path):
    assert (ROOT / path).exists()


def _hops() -> list[str]:
    page = (ROOT / "docs/architecture.md").read_text()
    return re.findall(r"`([\w/]+\.py:[\w.]+)`", page)


@pytest.mark.parametrize("hop", _hops())
def test_each_hop_of_a_walk_is_a_function_of_its_file(hop):
    path, name = hop.split(":")

    scope = ast.parse((ROOT / path).read_text()).body
    for part in name.split("."):
        (node,) = [node for node in scope if getattr(node, "name", None) == part]
        scope = getattr(node, "body", [])
    assert isinstance(node, ast.FunctionDef)


# decisions say what was true on their day, the changelog names what is gone
TODAY = [
    page for page in project_files("*.md") if page.name != "CHANGELOG.md" and page.parent.name != "decisions"
]
OF_THE_PROJECT = re.compile(
    r"`((?:accounts|consent|datahub|cdsc_portal|demo|docs|examples|static|templates|tests|tools)/[^`\s:]+)[`:]"
)


@pytest.mark.parametrize("page", TODAY, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_path_of_the_project_that_a_page_names_exists(page):
    named = OF_THE_PROJECT.findall(page.read_text(encoding="utf-8"))

    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(
    ("pages", "problem"),
    [
        ({"0001-a.md": "# 1. A", "0001-b.md": "# 1. B"}, "0001-b.md: 0001-a.md has number 1 already"),
        ({"0001-a.md": "# 1. A", "0002-b.md": "# 3. B"}, "0002-b.md: its title has another number"),
        ({"0001-a.md": "# 1. A", "b.md": "# 2. B"}, "b.md: begins with no number of four digits"),
    ],
)
def test_the_check_refuses_decisions_that_are_numbered_wrongly(pages, problem):
    assert list(decision_problems(pages)) == [problem]


def test_the_check_refuses_targets_that_are_not_there_and_targets_that_no_page_names():
    makefile = ".PHONY: test lock\n\ntest:\n"

    problems = list(target_problems(makefile, {"a.md": "`make test` and `make tea`; we make lock and key"}))

    assert problems == ["a.md: `make tea` is no target", "Makefile: no page names `make lock`"]


def test_the_projects_pages_pass_the_check():
    assert documents.main() == 0


LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def _headings(page: Path) -> set[str]:
    """The fragments that a forge makes of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", project_files("*.md"), ids=lambda page: str(page.relative_to(ROOT)))
def test_each_relative_link_leads_somewhere(page):
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)

    for link in LINK.findall(prose):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, fragment = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not fragment or fragment in _headings(target), link


def test_the_readme_leads_to_every_page_of_the_front_door():
    links = {link.partition("#")[0].rstrip("/") for link in LINK.findall((ROOT / "README.md").read_text())}

    pages = {str(page.relative_to(ROOT)) for page in project_files("*.md", "docs/*.md", "LICENSE")}
    elsewhere = {page for page in pages if page.startswith("docs/decisions/")} | {"README.md"}
    hidden = {page for page in pages if page.startswith(".")}
    assert pages - elsewhere - hidden - links == set()


def test_hooks_are_local():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")

    assert set(re.findall(r"repo: (\S+)", hooks)) == {"local"}


def test_the_tables_of_addresses_are_what_the_server_serves(db, settings):
    settings.MIX_OPEN_TO_CLIENTS = True
    paths = api_document()["paths"]
    rows = []
    for pattern in GATED:
        path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern))
        operation = paths[path]["get"]
        scopes = ", ".join(f"`{scope}`" for each in operation["security"] for scope in each["grant"])
        csv = "yes " if "text/csv" in operation["responses"]["200"]["content"] else ""
        rows.append(f"| `GET {path}` | {scopes} | {operation['summary']} | {csv}|")

    for pattern in OPEN_SERIES:
        operation = paths[f"/{pattern.pattern}"]["get"]
        assert operation["security"] == [{"client": []}]
        rows.append(f"| `GET /{pattern.pattern}` | {operation['summary']} |")

    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    written = re.findall(r"^\| `GET .*$", page, re.M)
    assert [re.sub(r"(`GET /grid/\w+`) \|[^|]+\|", r"\1 |", row) for row in written] == rows


def test_the_tables_of_the_api_guide_are_what_the_registry_says():
    page = api_tables.PAGE.read_text(encoding="utf-8")

    assert api_tables.with_tables(page) == page


def test_a_table_whose_place_is_not_marked_is_named():
    with pytest.raises(ValueError, match="the table of resources"):
        api_tables.with_tables("# A page without tables")


@pytest.mark.parametrize("shape", sorted({resource.shape for resource in RESOURCES.values()}, key=str))
def test_the_api_page_shows_an_example_of_each_shape_as_it_is_declared(shape):
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    shown = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", page, re.M | re.S)]

    declared = [
        example
        for resource in RESOURCES.values()
        if resource.shape is shape
        for example in resource.examples.values()
    ]
    assert any(example in shown for example in declared)
