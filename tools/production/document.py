"""The commands of docs/operations.md: fenced blocks whose language is followed by a name, which no reader is shown.

Whoever writes a block gives it a name, and a step that runs it; or leaves it without one, and says in NOT_RUN why.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tools.files import ROOT

PAGES = ("docs/operations.md", "docs/upgrade.md")
# by first line: blocks that production-test does not run, and why
NOT_RUN = {
    "cdsc-portal web --bind 127.0.0.1:8000": "the units of deploy/systemd start the same processes",
    r"\set person 'x2k9vb4tmw7qzr3hpd8c'": "tests/attacks/test_x20_append_only.py runs the functions",
    "SELECT delete_disclosures(now() - interval '10 years');": "tests/accounts/test_retention.py",
    "DATABASE_URL=postgresql://portal@127.0.0.1:5432/portal REDIS_URL=redis://127.0.0.1:6379/0 make demo": "a demo",
}
_BLOCK = re.compile(r"^```(?P<language>\w*)(?: (?P<name>[a-z-]+))?\n(?P<text>.*?)^```$", re.M | re.S)


@dataclass(frozen=True, slots=True)
class Block:
    name: str  # "" for one that is not run
    text: str

    @property
    def first_line(self) -> str:
        return self.text.partition("\n")[0]


def blocks(page: str) -> Iterator[Block]:
    for match in _BLOCK.finditer(page):
        yield Block(match["name"] or "", match["text"])


def named_blocks() -> dict[str, str]:
    """The commands to run, by the name of their block. Raises ValueError where two have one name."""
    commands: dict[str, str] = {}
    for path in PAGES:
        for block in blocks((ROOT / path).read_text(encoding="utf-8")):
            if block.name in commands:
                raise ValueError(f"{path}: two blocks are named {block.name}")
            if block.name:
                commands[block.name] = block.text
    return commands


def pieces(commands: str) -> Iterator[tuple[bool, str]]:
    """`commands` cut where systemd is told something: (whether it is, the line or the lines of shell)."""
    shell: list[str] = []
    for line in commands.splitlines(keepends=True):
        if line.startswith("systemctl "):
            if shell:
                yield False, "".join(shell)
            shell = []
            yield True, line.strip()
        else:
            shell.append(line)
    if shell:
        yield False, "".join(shell)
