"""The project names no package host and no path of one machine, and leaves nothing half-said."""

import re
import sys

from tools.files import ROOT, project_files

TEXT = {".py", ".md", ".toml", ".txt", ".html", ".css", ".js", ".json", ".yml", ".cfg", ".in", ".po", ""}
RULES = (
    # written in pieces, so that this file does not find itself
    (re.compile("py" + r"pi\.org|files\.python" + r"hosted|registry\." + r"npmjs", re.I), "a package host"),
    (re.compile(r"--(?:extra-)?index-" + "url"), "where packages come from"),
    (re.compile(r"(?<![\w.])/(?:work|home|root|Users)/[a-z]", re.I), "a path of one machine"),
    (re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"), "something left to do"),
    (re.compile(r"pytest\.mark\.(?:sk" + r"ip|xf" + r"ail)\b"), "a test that does not run"),
    (re.compile(r"^(?:<{7}|>{7})(?: |$)"), "a merge that was not finished"),
)
EXEMPT = {"Makefile": {"where packages come from"}}  # the option that leaves hosts out is named there


def main() -> int:
    lines = []
    for path in project_files():
        if path.suffix not in TEXT:
            continue
        exempt = EXEMPT.get(path.name, set())
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            lines += [
                f"{path.relative_to(ROOT)}:{number}: {what}"
                for pattern, what in RULES
                if what not in exempt and pattern.search(line)
            ]
    print(*lines, sep="\n")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
