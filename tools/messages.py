"""`make messages`: brings the catalogue up to the code and compiles it; with --check it only looks.

New texts are added untranslated, texts that are gone are dropped, and the run fails until a person has translated
what is new. Needs no gettext tools.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import polib

from tools.files import ROOT
from tools.message_sources import Marked, NotLiteral, marked_texts

CATALOGUE = ROOT / "locale" / "es" / "LC_MESSAGES" / "django.po"
COMPILED = CATALOGUE.with_suffix(".mo")

# Right in both languages: names, codes, numbers, formats.
SAME_IN_SPANISH = {
    "$84.17", "%(commodity)s, %(number)s", "12 Orchard Lane", "240 V", "312 kWh x $0.21 = $65.52", "55-1042", "Error:",
    "River Valley Wires", "SP 2040", "Total", "Valley Energy", "gas", "nuclear", "solar", "%(value)s E",
    "%(finding)s, %(change)s %(when)s", "%(what)s: %(amount)s %(when)s",
}  # fmt: skip


def main() -> int:
    try:
        marked = marked_texts()
    except NotLiteral as error:
        print(error)
        return 1
    catalogue = polib.pofile(str(CATALOGUE), wrapwidth=110)
    if "--check" in sys.argv:
        problems = [*differences(catalogue, marked), *untranslated(catalogue), *_stale(catalogue)]
    else:
        _bring_up(catalogue, marked)
        catalogue.save(str(CATALOGUE))
        catalogue.save_as_mofile(str(COMPILED))
        problems = list(untranslated(catalogue))
    print(*problems, f"messages: {len(catalogue)} texts, {len(problems)} problems", sep="\n")
    return bool(problems)


def _key(entry: polib.POEntry) -> Marked:
    return Marked(entry.msgid, entry.msgid_plural or "", entry.msgctxt)


def differences(catalogue: polib.POFile, marked: set[Marked]) -> Iterator[str]:
    known = {_key(entry) for entry in catalogue}
    yield from (f"not in the catalogue: {text.msgid!r}" for text in marked - known)
    yield from (f"in the catalogue, but nowhere in the code: {text.msgid!r}" for text in known - marked)


def _bring_up(catalogue: polib.POFile, marked: set[Marked]) -> None:
    """Keep what is translated, add what is new, in the order of the texts."""
    kept = {_key(entry): entry for entry in catalogue}
    catalogue[:] = [kept.get(text) or _empty(text) for text in sorted(marked, key=_order)]


def _order(text: Marked) -> tuple[str, str, str]:
    return text.msgid.casefold(), text.msgid, text.context or ""


def _empty(text: Marked) -> polib.POEntry:
    if text.plural:
        plurals = {0: "", 1: ""}
        return polib.POEntry(
            msgid=text.msgid, msgid_plural=text.plural, msgctxt=text.context, msgstr_plural=plurals
        )
    return polib.POEntry(msgid=text.msgid, msgctxt=text.context)


def untranslated(catalogue: polib.POFile) -> Iterator[str]:
    for entry in catalogue:
        texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if entry.fuzzy:
            yield f"fuzzy: {entry.msgid!r}"
        if not all(texts):
            yield f"not translated: {entry.msgid!r}"
        elif entry.msgid in texts and entry.msgid not in SAME_IN_SPANISH:
            yield f"the same as in English: {entry.msgid!r}"
        elif any(_placeholders(text) != _placeholders(entry.msgid_plural or entry.msgid) for text in texts):
            yield f"other placeholders than in English: {entry.msgid!r}"


def _placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)\w|%[ds]|\{\w+\}", text))


def _stale(catalogue: polib.POFile) -> Iterator[str]:
    """Whether the compiled file says what the catalogue says; the bytes may differ."""
    if not COMPILED.is_file():
        yield f"{_name(COMPILED)} is missing: run make messages"
    elif _contents(polib.mofile(str(COMPILED))) != _contents(catalogue):
        yield f"{_name(COMPILED)} is older than the catalogue: run make messages"


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _contents(catalogue: polib.POFile | polib.MOFile) -> dict[Marked, tuple[str, ...]]:
    return {_key(entry): (entry.msgstr, *entry.msgstr_plural.values()) for entry in catalogue if entry.msgid}


if __name__ == "__main__":
    sys.exit(main())
