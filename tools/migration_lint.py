"""Migrations only expand: the previous release still serves while they run, so nothing it needs may vanish."""

import ast
import re
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
# up to these, migrations belong to the first release, which none stands before: what is asked of later ones only
FIRST_RELEASE = {"accounts": 36, "consent": 32, "datahub": 37}
INDEXED = {"UniqueConstraint", "ExclusionConstraint"}
_INDEX = re.compile(
    r"create\s+(?:unique\s+)?index\s+(?!concurrently)[^;]*?\son\s+(?:only\s+)?([\w.\"]+)", re.IGNORECASE
)
_TABLE = re.compile(r"create\s+table\s+(?:if\s+not\s+exists\s+)?([\w.\"]+)", re.IGNORECASE)
DEFAULT_NAMES = ("_auto_", "_and_more")


def problems(path: Path) -> Iterator[str]:
    """What is wrong with one migration, in words."""
    if any(part in path.stem for part in DEFAULT_NAMES):
        yield "is not named for what it does"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if _is_later(path):
        yield from _under_the_release_before(tree)
    for node in _calls(tree):
        name = _name(node)
        if name in CONTRACTING and not path.as_posix().endswith(tuple(BEFORE_THE_FIRST_RELEASE)):
            yield f"line {node.lineno}: {name} breaks the release that still runs"
        if name in {"RunPython", "RunSQL"} and len(node.args) + len(node.keywords) < 2:
            yield f"line {node.lineno}: {name} says nothing of the way back"
        if name == "AddField" and _required_without_default(node):
            yield f"line {node.lineno}: a new column must be null or have a database default"


def _is_later(path: Path) -> bool:
    app, number = path.parent.parent.name, int(path.stem.partition("_")[0])
    return number > FIRST_RELEASE.get(app, 0)


def _under_the_release_before(tree: ast.Module) -> Iterator[str]:
    """What the release before cannot live with while it serves: columns that only new code fills, and tables locked.

    A table that the same migration makes is nobody's yet.
    """
    made = {_text(node, "name").lower() for node in _calls(tree) if _name(node) == "CreateModel"}
    for node in _calls(tree):
        name, field = _name(node), _word(node, "field")
        if name == "AddField" and isinstance(field, ast.Call):
            words = {word.arg for word in field.keywords}
            if "default" in words and "db_default" not in words:
                yield f"line {node.lineno}: rows that the release before writes have no `default`: say db_default"
        if _text(node, "model_name").lower() in made:
            continue
        indexed = name == "AddConstraint" and _name(_word(node, "constraint")) in INDEXED
        if name == "AddIndex" or indexed:
            yield f"line {node.lineno}: {name} locks the table against writers: make the index CONCURRENTLY"
        if name == "RunSQL" and any(map(_makes_index_under_lock, _strings(node))):
            yield f"line {node.lineno}: CREATE INDEX locks the table against writers: make it CONCURRENTLY"


def _makes_index_under_lock(sql: str) -> bool:
    """Unless the same statements make the table."""
    indexes = _INDEX.findall(sql)
    tables = _TABLE.findall(sql)
    return bool(set(indexes) - set(tables))


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _strings(node: ast.Call) -> Iterator[str]:
    """The literals of its arguments; a name's value is looked at where it is given."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def _name(node: ast.expr | None) -> str:
    function = node.func if isinstance(node, ast.Call) else None
    return getattr(function, "attr", getattr(function, "id", ""))


def _word(node: ast.Call, name: str) -> ast.expr | None:
    return next((word.value for word in node.keywords if word.arg == name), None)


def _text(node: ast.Call, name: str) -> str:
    value = _word(node, name)
    return str(value.value) if isinstance(value, ast.Constant) else ""


def _required_without_default(node: ast.Call) -> bool:
    field = _word(node, "field")
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
