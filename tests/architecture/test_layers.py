"""What neither import-linter nor ruff can see."""

import ast
import re
import tomllib
from collections.abc import Iterator

from tools.files import APPS, ROOT, project_files

OF_REQUESTS = ("django.http", "django.views", "django.shortcuts")
KNOW_REQUESTS = {"accounts/current_user.py"}  # reads for the edge who called


def test_no_field_reads_the_time_by_itself():
    offenders = [
        f"{where} says {node.arg}"
        for where, node in nodes("auto_now", *(f"{app}/*.py" for app in APPS))
        if isinstance(node, ast.keyword) and node.arg in ("auto_now", "auto_now_add")
    ]

    assert not offenders, "\n".join(offenders)


def test_below_the_edge_nobody_knows_of_requests():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    contract = next(contract for contract in contracts if contract["type"] == "edge")
    edge = re.compile(rf"/({'|'.join(name.replace('.', '/') for name in contract['edge'])})[/.]")
    offenders = {
        where.partition(":")[0]: node.module
        for where, node in nodes("from django.", *(f"{app}/*.py" for app in contract["within"]))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(OF_REQUESTS)
        if not edge.search(f"/{where}")
    }

    assert set(offenders) == KNOW_REQUESTS, offenders


def test_no_test_is_imported_by_another():
    offenders = [
        f"{where} imports {node.module}"
        for where, node in nodes(".test_", "tests/*.py")
        if isinstance(node, ast.ImportFrom) and re.search(r"^tests\b.*\.test_\w+$", node.module or "")
    ]

    assert not offenders, "shared helpers belong to tests/support:\n" + "\n".join(offenders)


def nodes(holding: str, *patterns: str) -> Iterator[tuple[str, ast.AST]]:
    """Each piece of syntax of the files that match and hold these characters, and where it stands."""
    for path in project_files(*patterns):
        text = path.read_text()
        if "migrations" in path.parts or holding not in text:
            continue
        name = path.relative_to(ROOT)
        for node in ast.walk(ast.parse(text)):
            yield f"{name}:{getattr(node, 'lineno', 0)}", node
