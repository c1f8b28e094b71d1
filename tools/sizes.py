"""Sizes of modules, functions, pages, styles and folders against the aims: a median to watch, a limit that fails."""

import ast
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.files import APPS, ROOT, project_files

FILE_LIMIT, FUNCTION_LIMIT = 400, 60  # lines
FOLDER_LIMIT = 25  # files
# what grows with every test, decision and migration, and is found by its name or number
GROWING = ("tests", "docs/decisions", "accounts/migrations", "consent/migrations", "datahub/migrations")


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length in lines of each function of a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            yield node.name, node.end_lineno - node.lineno + 1


def full_folders(paths: Iterable[Path]) -> Iterator[str]:
    """Folders with more files than may lie in one: a line each. `paths` are relative to the project."""
    for folder, files in sorted(Counter(path.parent for path in paths).items()):
        if files > FOLDER_LIMIT and not any(folder.is_relative_to(growing) for growing in GROWING):
            yield f"{folder}: {files} files, limit {FOLDER_LIMIT}"


def main() -> int:
    modules = [path for path in project_files("*.py") if "migrations" not in path.parts]
    shipped = [path for path in modules if path.relative_to(ROOT).parts[0] in APPS and path.stat().st_size]
    pages = project_files("templates/*.html", "templates/*.txt", "static/css/*.css")
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in [*modules, *pages]}
    sizes = [(size, name, path) for path in modules for name, size in functions(path)]
    _report("modules", [lengths[path] for path in shipped], "90, p90 250, limit 400")
    _report("functions", [size for size, _name, path in sizes if path in set(shipped)], "9, p90 25, limit 60")
    _report("templates and styles", [lengths[path] for path in pages], "limit 400")
    too_long = [f"{path.relative_to(ROOT)}: {n} lines" for path, n in lengths.items() if n > FILE_LIMIT]
    too_long += [f"{p.relative_to(ROOT)}: {name} has {n} lines" for n, name, p in sizes if n > FUNCTION_LIMIT]
    too_long += full_folders(path.relative_to(ROOT) for path in project_files())
    print(*too_long, sep="\n")
    return bool(too_long)


def _report(what: str, sizes: list[int], aim: str) -> None:
    sizes.sort()
    p90 = sizes[int(len(sizes) * 0.9)]
    print(
        f"{what}: {len(sizes)}, median {statistics.median(sizes):.0f}, p90 {p90}, longest {sizes[-1]} (aim {aim})"
    )


if __name__ == "__main__":
    sys.exit(main())
