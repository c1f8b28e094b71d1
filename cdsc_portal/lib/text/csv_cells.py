"""Cells of CSV files that people open in spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain_cell(text: str) -> str:
    """Text that a spreadsheet would run as a formula, marked as text."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_cells(values: Sequence[str]) -> str:
    """Quoted where needed; text that a spreadsheet would run as a formula is kept text."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(map(plain_cell, values))
    return line.getvalue()


def lines_as_csv(lines: Iterable[str]) -> bytes:
    """A file of lines that are CSV already (RFC 4180, but LF)."""
    return "".join(f"{line}\n" for line in lines).encode()
