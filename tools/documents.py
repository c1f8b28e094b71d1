"""What pages say of the project: decisions have numbers of their own, and make has the targets that pages name."""

import re
import sys
from collections.abc import Iterator, Mapping

from tools.files import ROOT, project_files

DECISIONS = "docs/decisions/"
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.M | re.S)
TARGET = re.compile(r"\bmake ([a-z][a-z-]*)")


def decision_problems(pages: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the numbers of `pages`, text by name: taken twice, or another one in the title."""
    names: dict[int, str] = {}
    for name, text in sorted(pages.items()):
        if not re.match(r"\d{4}-", name):
            yield f"{name}: begins with no number of four digits"
            continue
        number = int(name[:4])
        if number in names:
            yield f"{name}: {names[number]} has number {number} already"
        names.setdefault(number, name)
        if not text.startswith((f"# {number}. ", f"# {number:04}")):
            yield f"{name}: its title has another number"


def target_problems(makefile: str, pages: Mapping[str, str]) -> Iterator[str]:
    """Targets that `pages`, text by path, name and `makefile` does not have, and public ones that no page names."""
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.M)
    public = set(phony[1].split()) if phony else set()
    named: set[str] = set()
    for path, text in pages.items():
        in_code = {name for code in CODE.findall(text) for name in TARGET.findall(code)}
        yield from (f"{path}: `make {name}` is no target" for name in sorted(in_code - public))
        named |= in_code
    yield from (f"Makefile: no page names `make {name}`" for name in sorted(public - named))


def main() -> int:
    pages = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in project_files("*.md")}
    decisions = {
        path.removeprefix(DECISIONS): text for path, text in pages.items() if path.startswith(DECISIONS)
    }
    today = {path: text for path, text in pages.items() if path.removeprefix(DECISIONS) not in decisions}
    lines = [
        *decision_problems(decisions),
        *target_problems((ROOT / "Makefile").read_text(encoding="utf-8"), today),
    ]
    print(*lines, sep="\n")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
