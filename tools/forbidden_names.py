"""Names that the project gave up do not come back: in Python, in templates and in code that documents show.

`tools/retired_names.toml` lists each with what to use in its place, and the few places that may still use it. Beside
those, no name in Python is made of a word that says nothing of what it names (`UNTELLING`).
"""

import ast
import fnmatch
import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.files import ROOT, project_files

LIST = Path(__file__).with_name("retired_names.toml")
TEMPLATE_CODE = re.compile(r"{{(.*?)}}|{%(.*?)%}", re.S)
TEXT = re.compile(r"\"[^\"]*\"|'[^']*'")
WORD = re.compile(r"[A-Za-z_]\w*")
# strings and comments of Python, one from another by where the first begins
PROSE = re.compile(r"\"\"\".*?\"\"\"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|#[^\n]*", re.S)
MARKDOWN_CODE = re.compile(r"`([^`\n]+)`")
# what changed is said there, so that both names stand in it
HISTORY = ("CHANGELOG.md",)
# words that say nothing of what a name is for: alone, at its beginning, or anywhere in it
UNTELLING = {
    "one": "alone", "found": "first", "told": "anywhere", "asked": "anywhere", "said": "anywhere",
    "stretch": "anywhere", "stretches": "anywhere", "lane": "anywhere",
}  # fmt: skip
PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@dataclass(frozen=True, slots=True)
class RetiredName:
    """A name that is gone. `defined` names count only where they are defined, since a library uses them too."""

    name: str
    replacement: str
    defined: bool = False
    allowed: tuple[str, ...] = ()  # patterns of paths

    def is_allowed(self, path: str) -> bool:
        return any(fnmatch.fnmatch(path, pattern) for pattern in self.allowed)


def retired_names(content: str) -> dict[str, RetiredName]:
    """The list by name. Raises TypeError for a member that it does not know, ValueError for a name listed twice."""
    listed = [
        RetiredName(**{**entry, "allowed": tuple(entry.get("allowed", ()))})
        for entry in tomllib.loads(content)["name"]
    ]
    names = {entry.name: entry for entry in listed}
    if len(names) < len(listed):
        raise ValueError("a name is listed twice")
    return names


def untelling_exceptions(content: str) -> dict[str, tuple[str, ...]]:
    """Names of untelling words that may be defined, with the patterns of the paths where."""
    listed = tomllib.loads(content).get("untelling", ())
    return {entry["name"]: tuple(entry["allowed"]) for entry in listed if entry["reason"]}


def problems(path: str, text: str, names: Mapping[str, RetiredName]) -> Iterator[str]:
    """Where `text`, the file at `path`, uses a retired name: a line each."""
    if names.keys().isdisjoint(WORD.findall(f"{path} {text}")):
        return  # to look for a word is cheaper than to read the file as code
    uses = {".py": _python, ".pyi": _python, ".html": _template, ".txt": _template, ".md": _markdown}
    in_path = ((0, part, True) for part in Path(path).with_suffix("").parts)
    for line, word, is_definition in (*in_path, *uses[Path(path).suffix](text)):
        entry = names.get(word)
        if entry is None or entry.is_allowed(path) or (entry.defined and not is_definition):
            continue
        yield f"{path}:{line}: {word} is retired: {entry.replacement}"


Use = tuple[int, str, bool]  # line, name, whether it is defined there


def _python(text: str) -> Iterator[Use]:
    before = ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME:
            yield token.start[0], token.string, before in ("def", "class")
        before = token.string


def _template(text: str) -> Iterator[Use]:
    for match in TEMPLATE_CODE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        code = TEXT.sub("", match[1] or match[2] or "")
        yield from ((line, word, False) for word in WORD.findall(code))


def _markdown(text: str) -> Iterator[Use]:
    for number, line in enumerate(text.splitlines(), 1):
        for code in MARKDOWN_CODE.findall(line):
            yield from ((number, word, False) for word in WORD.findall(code))


def untelling(path: str, text: str, exceptions: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Where Python defines a name of a word that says nothing of what it names: a line each.

    `exceptions` are names with the patterns of the paths that may define them. Names of tests are sentences.
    """
    if not any(_untelling_words(name) for name in set(WORD.findall(PROSE.sub("", text)))):
        return  # as in `problems`
    for node in ast.walk(ast.parse(text)):
        name = _defined_name(node)
        words = _untelling_words(name)
        if not words or name.startswith("test_"):
            continue
        if not any(fnmatch.fnmatch(path, pattern) for pattern in exceptions.get(name, ())):
            yield f"{path}:{getattr(node, 'lineno', 1)}: {name}: {words[0]!r} says nothing; name what it is"


@cache
def _untelling_words(name: str) -> list[str]:
    parts = [part.lower() for part in PARTS.findall(name)]
    places = {"alone": parts if len(parts) == 1 else [], "first": parts[:1], "anywhere": parts}
    return [word for word, place in UNTELLING.items() if word in places[place]]


def _defined_name(node: ast.AST) -> str:
    match node:
        case (
            ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name)
        ):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.alias(asname=str(name)):
            return name
    return ""


def scanned(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Name and text of the files that are looked at. Migrations keep the names of their time."""
    for path in paths:
        name = str(path.relative_to(ROOT))
        is_template = path.suffix in (".html", ".txt") and name.startswith("templates/")
        if path.suffix in (".py", ".pyi", ".md") or is_template:
            if "migrations" not in path.parts and name not in HISTORY:
                yield name, path.read_text(encoding="utf-8")


def main() -> int:
    content = LIST.read_text(encoding="utf-8")
    names, exceptions = retired_names(content), untelling_exceptions(content)
    lines: list[str] = []
    for path, text in scanned(project_files()):
        lines += problems(path, text, names)
        if path.endswith(".py"):
            lines += untelling(path, text, exceptions)
    print(*lines, sep="\n")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
