"""`make messages`: brings the catalogue up to the code and compiles it, by Babel; with --check it only looks.

New texts are added untranslated, texts that are gone are dropped, and the run fails until a person has translated
what is new. Needs no gettext tools. With --compile it does what every set-up does: it makes the file that Django
reads, which is not committed.
"""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from tools.files import APPS, ROOT, project_files

CATALOGUE = ROOT / "locale" / "es" / "LC_MESSAGES" / "django.po"
COMPILED = CATALOGUE.with_suffix(".mo")
EVERYTHING = ("templates/*", *(f"{app}/*.py" for app in APPS))

# what the arguments of Django's functions are; `_now` is gettext where `_` is the lazy one
_PARTS: dict[str, Any] = {
    "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
FUNCTIONS = {**_PARTS, **{f"{name}_lazy": parts for name, parts in _PARTS.items()}, "_": None, "_now": None}
_IN_AN_F_STRING = re.compile(rb"\{(_|_now|n?p?gettext(_lazy)?)\(")

# Right in both languages: names, codes, numbers, formats.
SAME_IN_SPANISH = {
    "$84.17", "%(commodity)s, %(number)s", "12 Orchard Lane", "240 V", "312 kWh x $0.21 = $65.52", "55-1042", "Error:",
    "River Valley Wires", "SP 2040", "Total", "Valley Energy", "gas", "nuclear", "solar", "%(value)s E",
    "%(finding)s, %(change)s %(when)s", "%(what)s: %(amount)s %(when)s",
}  # fmt: skip


class NotLiteral(ValueError):
    """A translation is asked for something that is computed, so nobody can translate it beforehand."""


def main() -> int:
    if "--compile" in sys.argv:
        compile_if_stale()
        return 0
    try:
        marked = marked_texts()
    except NotLiteral as error:
        print(error)
        return 1
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="es", abort_invalid=True)
    if "--check" in sys.argv:
        problems = [*differences(catalogue, marked), *untranslated(catalogue)]
    else:
        catalogue.update(marked, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        catalogue.project, catalogue.version, catalogue.revision_date = (
            "cdsc-portal",
            "0",
            catalogue.creation_date,
        )
        catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = ""
        with CATALOGUE.open("wb") as file:
            write_po(file, catalogue, width=110, sort_output=True)
        compile_if_stale()
        problems = list(untranslated(catalogue))
    print(*problems, f"messages: {len(catalogue)} texts, {len(problems)} problems", sep="\n")
    return bool(problems)


def compile_if_stale() -> None:
    """Writes the compiled file where it is missing or older than the catalogue, whole or not at all."""
    if COMPILED.is_file() and COMPILED.stat().st_mtime > CATALOGUE.stat().st_mtime:
        return
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="es", abort_invalid=True)
    unfinished = COMPILED.with_suffix(f".{os.getpid()}.mo")
    with unfinished.open("wb") as file:
        write_mo(file, catalogue)
    unfinished.replace(COMPILED)


def marked_texts(*patterns: str) -> Catalog:
    """Everything the pages, the mail, the admin and the answers can say, or what files of `patterns` can, as git reads
    them. Raises NotLiteral."""
    marked = Catalog()
    for path in project_files(*(patterns or EVERYTHING)):
        if path.suffix in {".py", ".html", ".txt"}:
            with path.open("rb") as file:
                method = _python if path.suffix == ".py" else _template
                for _line, text, _comments, context in extract(method, file, FUNCTIONS):
                    marked.add(text, context=context)
    return marked


def _python(file: Any, keywords: Any, tags: Any, options: Any) -> Iterator[Any]:  # noqa: ANN401 - as Babel calls it
    """What Babel reads. Raises NotLiteral where it would pass over a text without a word."""
    source = file.read()
    if b"django.utils.translation" not in source:  # what is called `_` there is no text
        return
    place = Path(file.name).relative_to(ROOT)
    if _IN_AN_F_STRING.search(source):
        raise NotLiteral(f"{place}: a text inside an f-string would stay English")
    for line, function, texts, comments in extract_python(BytesIO(source), keywords, tags, options):
        needed = len(FUNCTIONS[str(function)] or (1,))
        if None in (texts if isinstance(texts, tuple) else (texts,))[:needed]:
            raise NotLiteral(f"{place}:{line}: only a literal text can be translated")
        yield line, function, texts, comments


def _template(file: Any, keywords: Any, tags: Any, options: Any) -> Iterator[Any]:  # noqa: ANN401 - as above
    """Django's own reading of a template is a text of Python calls once no line is indented."""
    lines = templatize(file.read().decode()).splitlines()
    return extract_python(
        BytesIO("\n".join(line.strip() for line in lines).encode()), keywords, tags, options
    )


def texts_of(catalogue: Catalog) -> dict[tuple[tuple[str, ...], str | None], tuple[str, ...]]:
    """The translated forms of each text, by its own forms and its context."""
    return {
        (_forms(message.id), message.context): _forms(message.string) for message in catalogue if message.id
    }


def differences(catalogue: Catalog, marked: Catalog) -> Iterator[str]:
    known, wanted = texts_of(catalogue).keys(), texts_of(marked).keys()
    yield from (f"not in the catalogue: {forms[0]!r}" for forms, _context in wanted - known)
    yield from (
        f"in the catalogue, but nowhere in the code: {forms[0]!r}" for forms, _context in known - wanted
    )


def untranslated(catalogue: Catalog) -> Iterator[str]:
    for message in catalogue:
        if not message.id:
            continue
        forms, texts = _forms(message.id), _forms(message.string)
        if message.fuzzy:
            yield f"fuzzy: {forms[0]!r}"
        if not all(texts):
            yield f"not translated: {forms[0]!r}"
        elif forms[0] in texts and forms[0] not in SAME_IN_SPANISH:
            yield f"the same as in English: {forms[0]!r}"
        elif any(_placeholders(text) != _placeholders(forms[-1]) for text in texts):
            yield f"other placeholders than in English: {forms[0]!r}"


def _forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    """One form, or two where a number decides."""
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def _placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)\w|%[ds]|\{\w+\}", text))


if __name__ == "__main__":
    sys.exit(main())
