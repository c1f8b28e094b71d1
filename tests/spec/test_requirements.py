"""The requirements of the specifications, as files, and the marks of tests that name them."""

import re
import tomllib
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
FILES = {
    "M": TESTS / "spec" / "requirements" / "server_metadata.toml",
    "R": TESTS / "spec" / "requirements" / "client_registration.toml",
}
MARK = re.compile(r"mark\.spec\(([^)]*)\)")
ID = re.compile(r"\"([A-Z])-(\d+s?)(?::\w+|\.\d+)?\"")


@pytest.mark.parametrize(("letter", "count", "for_server"), [("M", 40, 33), ("R", 203, 179)])
def test_each_requirement_stands_once_in_order(letter, count, for_server):
    requirements = tomllib.loads(FILES[letter].read_text())

    numbers = [int(name.removeprefix(f"{letter}-").rstrip("s")) for name in requirements]
    assert numbers == list(range(1, count + 1))
    assert sum("kind" not in requirement for requirement in requirements.values()) == for_server
    assert {requirement.get("kind") for requirement in requirements.values()} <= {None, "client", "paper"}
    assert all(requirement["clause"] and requirement["text"] for requirement in requirements.values())


def test_tests_mark_only_requirements_that_exist():
    known = {name for file in FILES.values() for name in tomllib.loads(file.read_text())}
    marked = {
        (f"{letter}-{number}", path.relative_to(TESTS).as_posix())
        for path in TESTS.rglob("test_*.py")
        for marks in MARK.findall(path.read_text())
        for letter, number in ID.findall(marks)
        if letter in FILES
    }

    assert {mark for mark in marked if mark[0] not in known} == set()
