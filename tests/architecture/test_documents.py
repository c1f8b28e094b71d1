"""Documents keep up with the code."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from cdsc_portal.env import Environment

ROOT = Path(__file__).resolve().parents[2]


def test_each_setting_has_its_row_in_the_operations_page():
    rows = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/operations.md").read_text(), re.M))

    named = {field.name.upper() for field in fields(Environment)} - {"TIME_ZONE"}
    assert rows == named | {"UTILITY_TIME_ZONE", "SECRET_KEY"}  # a ring of one key has a name of its own


def _change_map_paths() -> list[str]:
    page = (ROOT / "docs/architecture.md").read_text()
    table = page.split("## Change map")[1]
    return sorted(path for path in re.findall(r"`([^`]+)`", table) if "/" in path or path.endswith(".toml"))


@pytest.mark.parametrize("path", _change_map_paths())
def test_each_path_of_the_change_map_exists(path):
    assert (ROOT / path).exists()


def test_each_decision_has_a_number_of_its_own_in_name_and_title():
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))

    numbers = [int(page.name[:4]) for page in pages]

    assert numbers == list(range(1, len(pages) + 1))
    for number, page in zip(numbers, pages, strict=True):
        title = page.read_text(encoding="utf-8").partition("\n")[0]
        assert title.startswith((f"# {number}. ", f"# {number:04}")), page.name


def test_links_between_documents_lead_somewhere():
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#\s]+\.md)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
