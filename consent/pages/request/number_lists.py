"""Numbers that a customer with many services pastes or uploads instead of ticking box by box. Pure."""

import csv
import io
import re

MAX_BYTES = 1_000_000


class UnreadableList(ValueError):
    """The file is no list of numbers."""


def pasted_numbers(text: str) -> tuple[str, ...]:
    """One number a line, or apart by commas, semicolons or tabs; each once, as typed."""
    return _each_once(re.split(r"[\n,;\t]", text))


def uploaded_numbers(content: bytes) -> tuple[str, ...]:
    """The first column of a CSV file in UTF-8, a heading without a digit left out. Raises UnreadableList."""
    if len(content) > MAX_BYTES:
        raise UnreadableList("too large")
    try:
        text = content.decode("utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=_delimiter(text)) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableList("not UTF-8 text in columns") from error
    column = [row[0] for row in rows]
    if column and not any(letter.isdigit() for letter in column[0]):
        del column[0]
    return _each_once(column)


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _each_once(found: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(number for cell in found if (number := cell.strip().strip('"').strip())))
