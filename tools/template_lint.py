"""Templates hold words and structure: nothing inline, nothing from another host, no computing."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.files import ROOT, project_files

RULES = (
    (re.compile(r"<style\b|\sstyle=", re.I), "a style inline"),
    (re.compile(r"<script(?![^>]*\bsrc=)", re.I), "a script inline"),
    (re.compile(r"\son[a-z]+=[\"']", re.I), "an event handler inline"),
    (
        re.compile(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"'](?:https?:)?//", re.I),
        "loads from another host",
    ),
    (
        re.compile(r"\{%\s*(?:widthratio|regroup|now|debug|autoescape off)\b|(?<!help_text)\|safe\b"),
        "computes in a template",
    ),
    (re.compile(r"target=[\"']_blank[\"'](?![^>]*noopener)", re.I), "a new tab without noopener"),
)


def problems(path: Path) -> Iterator[str]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for pattern, what in RULES:
            if pattern.search(line):
                yield f"line {number}: {what}"


def main() -> int:
    # mail has to bring its styles with it
    pages = [path for path in project_files("templates/*.html") if "emails" not in path.parts]
    lines = [f"{path.relative_to(ROOT)}: {problem}" for path in pages for problem in problems(path)]
    print(*lines, sep="\n")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
