"""What import-linter cannot see: single names that a layer must not use."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "consent", "datahub", "cdsc_portal")
BELOW_THE_EDGE = ("services", "queries", "models", "scopes")
TIME = re.compile(r"datetime\.now\(|timezone\.now\(|date\.today\(|datetime\.utcnow\(|auto_now")


def _modules() -> list[Path]:
    return [p for app in APPS for p in (ROOT / app).rglob("*.py") if "migrations" not in p.parts]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", _modules(), ids=_name)
def test_only_the_clock_reads_the_time(path):
    if path == ROOT / "cdsc_portal/lib/clock.py":
        return
    assert not TIME.findall(path.read_text())


@pytest.mark.parametrize(
    "path", [p for p in _modules() if set(p.relative_to(ROOT).parts) & set(BELOW_THE_EDGE)], ids=_name
)
def test_below_the_edge_nobody_knows_of_requests(path):
    imported = {
        node.module
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module
    }

    assert not {
        name for name in imported if name.startswith(("django.http", "django.views", "django.shortcuts"))
    }
