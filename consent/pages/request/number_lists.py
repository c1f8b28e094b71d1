"""Numbers that a customer with many services pastes or uploads instead of ticking box by box. Pure."""

import csv
import io
import re

MAX_BYTES = 1_000_000


class UnreadableList(ValueError):
    """The file is no list of numbers."""


def pasted_numbers(text: str) -> tuple[str, ...]:
    """One number a line, or apart by commas, semicolons or tabs; each once, as typed."""
    return _distinct_numbers(re.split(r"[\n,;\t]", text))


def uploaded_numbers(content: bytes) -> tuple[str, ...]:
    """The first column of a CSV file in UTF-8, a heading without a digit left out. Raises UnreadableList."""
    if len(content) > MAX_BYTES:
        raise UnreadableList("too large")
    try:
        text = content.decode("utf-8-sig")
        delimiter = max(",;\t", key=text.partition("\n")[0].count)  # the most frequent one in the first line
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableList("not UTF-8 text in columns") from error
    column = [row[0] for row in rows]
    if column and not any(letter.isdigit() for letter in column[0]):
        del column[0]
    return _distinct_numbers(column)


def _distinct_numbers(cells: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(number for cell in cells if (number := cell.strip().strip('"').strip())))
