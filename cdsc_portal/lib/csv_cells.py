"""Cells of CSV files that people open in spreadsheets."""

import csv
import io
from collections.abc import Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain_cell(text: str) -> str:
    """Text that a spreadsheet would run as a formula, marked as text."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_cells(values: Sequence[str]) -> str:
    """Quoted where needed; text that a spreadsheet would run as a formula is kept text."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(map(plain_cell, values))
    return line.getvalue()
