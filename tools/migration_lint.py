"""Migrations only expand: the previous release still serves while they run, so nothing it needs may vanish."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.files import ROOT, project_files

# what takes something away, or changes its shape, under the release that still runs
CONTRACTING = {"DeleteModel", "RemoveField", "RenameField", "RenameModel", "AlterModelTable"}
# renamed or moved before the first release, when nothing older could serve beside them
BEFORE_THE_FIRST_RELEASE = {
    "accounts/migrations/0022_names_of_the_field.py",
    "accounts/migrations/0025_drop_former_mail.py",
    "consent/migrations/0017_removed_services.py",
    "consent/migrations/0018_drop_former_mail.py",
    "consent/migrations/0030_disclosures_by_month.py",
    "datahub/migrations/0027_superseded_readings.py",
    "datahub/migrations/0030_computed_shares.py",
}
DEFAULT_NAMES = ("_auto_", "_and_more")


def problems(path: Path) -> Iterator[str]:
    """What is wrong with one migration, in words."""
    if any(part in path.stem for part in DEFAULT_NAMES):
        yield "is not named for what it does"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in CONTRACTING and not path.as_posix().endswith(tuple(BEFORE_THE_FIRST_RELEASE)):
            yield f"line {node.lineno}: {name} breaks the release that still runs"
        if name in {"RunPython", "RunSQL"} and len(node.args) + len(node.keywords) < 2:
            yield f"line {node.lineno}: {name} says nothing of the way back"
        if name == "AddField" and _required_without_default(node):
            yield f"line {node.lineno}: a new column must be null or have a database default"


def _required_without_default(node: ast.Call) -> bool:
    field = next((word.value for word in node.keywords if word.arg == "field"), None)
    if not isinstance(field, ast.Call) or getattr(field.func, "attr", "") == "ManyToManyField":
        return False
    words = {word.arg: word.value for word in field.keywords}
    null = words.get("null")
    nullable = isinstance(null, ast.Constant) and bool(null.value)
    return not nullable and "db_default" not in words and "default" not in words


def main() -> int:
    lines = [
        f"{path.relative_to(ROOT)}: {problem}"
        for path in project_files("*/migrations/0*.py")
        for problem in problems(path)
    ]
    print(*lines, sep="\n")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
