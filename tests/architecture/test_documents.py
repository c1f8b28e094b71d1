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
