"""`make spec-report`: requirement by requirement which test proves it, by the marks of tests and the last test run.

No test is run. It prints each requirement and writes `docs/conformance.md`, which says the same without the run; with
--check it only compares that page.
"""

import ast
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tools.files import ROOT, project_files

PAGE = ROOT / "docs" / "conformance.md"
REQUIREMENTS = ROOT / "tests" / "spec" / "requirements"
LAST_RUN = ROOT / ".pytest_cache" / "v" / "spec" / "last_run"  # tests/support/spec_run.py
FILES = {
    "Server metadata (CDS-WG1-01)": "server_metadata.toml",
    "Client registration (CDS-WG1-02)": "client_registration.toml",
}
KINDS = {"client": "duty of the client", "paper": "on paper"}
NO_TEST = "no test proves it"
_SHOWN = 2  # tests of an id on the page


@dataclass(frozen=True, slots=True)
class Requirement:
    """One id. `kind` is empty where the server has to show it; `open` says why it does not yet."""

    id: str
    text: str
    kind: str
    open: str


def requirements() -> dict[str, list[Requirement]]:
    """By the title of the specification, in the order of its file."""
    return {
        title: [
            Requirement(name, entry["text"], entry.get("kind", ""), entry.get("open", ""))
            for name, entry in tomllib.loads((REQUIREMENTS / file).read_text(encoding="utf-8")).items()
        ]
        for title, file in FILES.items()
    }


def marked_tests() -> dict[str, list[str]]:
    """By id the tests that carry its mark, as `path::name`; a mark with a clause counts for its id."""
    tests: dict[str, list[str]] = {}
    for path in project_files("tests/**/test_*.py"):
        text = path.read_text(encoding="utf-8")
        if "mark.spec(" not in text:
            continue
        module = ast.parse(text)
        of_module = [name for node in module.body if _is_pytestmark(node) for name in _marks(node)]
        for test, names in _tests(module.body, of_module, path.relative_to(ROOT).as_posix()):
            for name in dict.fromkeys(name.partition(":")[0].partition(".")[0] for name in names):
                tests.setdefault(name, []).append(test)
    return tests


def _is_pytestmark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
    )


def _tests(nodes: Sequence[ast.stmt], around: list[str], place: str) -> Iterator[tuple[str, list[str]]]:
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            names = [name for decorator in node.decorator_list for name in _marks(decorator)]
            yield from _tests(node.body, [*around, *names], f"{place}::{node.name}")
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            names = [name for decorator in node.decorator_list for name in _marks(decorator)]
            yield f"{place}::{node.name}", [*around, *names]


def _marks(node: ast.AST) -> Iterator[str]:
    """The ids of every `mark.spec(...)` in `node`, those of single parameters among them."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "spec":
            yield from (str(argument.value) for argument in call.args if isinstance(argument, ast.Constant))


def page() -> str:
    """docs/conformance.md."""
    tests = marked_tests()
    parts = [
        "# Which requirements are proven\n",
        "Made by `make spec-report` from `tests/spec/requirements/` and the marks of tests (`@pytest.mark.spec`): "
        "proven is what a test carries the mark of. `make spec-report` prints the same with the last run's outcome.\n",
    ]
    for title, listed in requirements().items():
        server = [each for each in listed if not each.kind]
        proven = sum(each.id in tests for each in server)
        parts.append(f"## {title}\n\n{proven} of {len(server)} that the server has to show are proven.\n")
        parts.append("| id | requirement | state |\n|---|---|---|")
        parts += [f"| {each.id} | {each.text} | {_state(each, tests)} |" for each in listed]
        parts.append("")
    return "\n".join(parts)


def _state(requirement: Requirement, tests: Mapping[str, Sequence[str]]) -> str:
    if requirement.kind:
        return KINDS[requirement.kind]
    proofs = sorted(dict.fromkeys(test.partition("::")[0] for test in tests.get(requirement.id, ())))
    if not proofs:
        return f"open: {requirement.open or NO_TEST}"
    more = f" and {len(proofs) - _SHOWN} more" if len(proofs) > _SHOWN else ""
    return ", ".join(f"`{file}`" for file in proofs[:_SHOWN]) + more


def report() -> Iterator[str]:
    """A line an id with the outcome of the last run, then the sums."""
    tests, outcomes = marked_tests(), last_run()
    sums = []
    for title, listed in requirements().items():
        server = [each for each in listed if not each.kind]
        proven = 0
        for each in listed:
            state = KINDS[each.kind] if each.kind else outcome(each, tests.get(each.id, ()), outcomes)
            proven += state.startswith("proven")
            yield f"{each.id:<7} {state}"
        sums.append(f"{title}: {proven} of {len(server)} proven")
    yield from sums


def outcome(requirement: Requirement, proofs: Sequence[str], outcomes: Mapping[str, str]) -> str:
    """Proven where every marked test passed in the last run that had it."""
    if not proofs:
        return f"open: {requirement.open or NO_TEST}"
    for test in proofs:
        if (result := outcomes.get(test, "did not run")) != "passed":
            return f"open: {test} {result}"
    more = f" and {len(proofs) - 1} more" if len(proofs) > 1 else ""
    return f"proven by {proofs[0]}{more}"


def last_run() -> dict[str, str]:
    """By test what became of it in the last run that had it; of one with parameters the worst."""
    if not LAST_RUN.exists():
        return {}
    results: dict[str, str] = json.loads(LAST_RUN.read_text(encoding="utf-8"))  # noqa: TID251 - our own
    return results


def main(arguments: Sequence[str]) -> int:
    current = page()
    if "--check" in arguments:
        is_same = PAGE.read_text(encoding="utf-8") == current
        print(
            "docs/conformance.md is up to date"
            if is_same
            else "docs/conformance.md is stale: make spec-report"
        )
        return 0 if is_same else 1
    PAGE.write_text(current, encoding="utf-8")
    print("\n".join(report()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
