"""Cells of CSV files that people open in spreadsheets."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain_cell(text: str) -> str:
    """Text that a spreadsheet would run as a formula, marked as text."""
    return f"'{text}" if text.startswith(_FORMULA) else text
