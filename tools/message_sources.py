"""Which texts the code marks for translation: templates by Django's own reading of them, Python by its syntax tree."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

from tools.files import APPS, ROOT, project_files

# what the arguments of each function are, in order
_PARTS = {
    "gettext": ("msgid",),
    "ngettext": ("msgid", "plural"),
    "pgettext": ("context", "msgid"),
    "npgettext": ("context", "msgid", "plural"),
}
_FUNCTIONS = {**_PARTS, **{f"{name}_lazy": parts for name, parts in _PARTS.items()}}
_STRING = r"u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_CALL = re.compile(rf"(?<!\w)(n?p?gettext|_)\(\s*({_STRING}(?:\s*,\s*{_STRING})*)")


@dataclass(frozen=True, slots=True)
class Marked:
    """A text as it stands in the source."""

    msgid: str
    plural: str = ""
    context: str | None = None


class NotLiteral(ValueError):
    """A translation is asked for something that is worked out, so nobody can translate it beforehand."""


EVERYTHING = ("templates/*", *(f"{app}/*.py" for app in APPS))


def marked_texts(*patterns: str) -> set[Marked]:
    """Everything the pages, the mail, the admin and the answers can say, or what files of `patterns` can, as git reads
    them. Raises NotLiteral."""
    found: set[Marked] = set()
    for path in project_files(*(patterns or EVERYTHING)):
        found.update(_of_python(path) if path.suffix == ".py" else _of_template(path))
    return found


def _of_template(path: Path) -> Iterator[Marked]:
    if path.suffix not in {".html", ".txt"}:
        return
    for function, arguments in _CALL.findall(templatize(path.read_text(encoding="utf-8"))):
        texts = [ast.literal_eval(text) for text in re.findall(_STRING, arguments)]
        yield _marked(_PARTS["gettext" if function == "_" else function], texts)


def _of_python(path: Path) -> Iterator[Marked]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = dict(_imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            parts = _FUNCTIONS[names[node.func.id]]
            yield _marked(parts, [_literal(argument, path) for argument in node.args[: len(parts)]])


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Under which names a module knows Django's functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            for alias in node.names:
                if alias.name in _FUNCTIONS:
                    yield alias.asname or alias.name, alias.name


def _literal(node: ast.expr, path: Path) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise NotLiteral(f"{path.relative_to(ROOT)}:{node.lineno}: only a literal text can be translated")


def _marked(parts: tuple[str, ...], texts: list[str]) -> Marked:
    return Marked(**dict(zip(parts, texts, strict=True)))
