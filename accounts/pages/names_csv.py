"""A list of names as a file that spreadsheets open: number, name and, where a number means several things, kind."""

import csv
import io
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.own_names import Named, cleaned_name
from cdsc_portal.lib.text.csv_cells import plain_cell

HEADER = ("number", "name", "kind")
MOST_LINES = 20_000
_SEPARATORS = ",;\t"


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why a line of the file cannot be used; the first is line 1."""

    line: int
    message: str


class NamesFileRefused(ValueError):
    """The file names nothing; `problems` say why, line by line."""

    def __init__(self, problems: Collection[LineProblem]) -> None:
        super().__init__(f"{len(problems)} lines cannot be used")
        self.problems = tuple(problems)


def render_csv(things: Collection[Named]) -> str:
    """The current names as CSV, to be edited and uploaded."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows((plain_cell(thing.number), plain_cell(thing.name), thing.kind.value) for thing in things)
    return text.getvalue()


def parse_csv(content: bytes, things: Collection[Named]) -> dict[Named, str]:
    """The names that the file gives to some of `things`.

    A number that is an account's and also a service's names both, unless the third column says which. Raises
    NamesFileRefused with all that is wrong: a file is used whole or not at all.
    """
    by_number: dict[str, list[Named]] = defaultdict(list)
    for thing in things:
        by_number[thing.number.casefold()].append(thing)
    names: dict[Named, str] = {}
    first: dict[Named, int] = {}
    problems = []
    for line, (number, name, kind) in _read_lines(content):
        try:
            if not number:
                raise ValueError(_("There is no number."))
            chosen = [thing for thing in by_number.get(number.casefold(), []) if kind in ("", thing.kind)]
            if not chosen:
                words = _("You have nothing with the number %(number)s to name.")
                raise ValueError(words % {"number": number})
            for thing in chosen:
                if thing in first:
                    raise ValueError(_("This number is on line %(line)s already.") % {"line": first[thing]})
                first[thing], names[thing] = line, cleaned_name(name)
        except ValueError as error:
            problems.append(LineProblem(line, str(error)))
    if not first and not problems:
        problems = [LineProblem(1, _("The file has no line with a number and a name."))]
    if problems:
        raise NamesFileRefused(problems)
    return names


def _read_lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Each line with its number, name and kind; without the header and empty lines. Raises NamesFileRefused where the
    file as a whole cannot be read.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = _("The file is not in UTF-8. In your spreadsheet, save it as “CSV UTF-8”.")
        raise NamesFileRefused([LineProblem(1, message)]) from error
    start = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=start.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for place, row in enumerate(reader):
            line = reader.line_num
            if place >= MOST_LINES:
                message = _("The file has more than %(most)s lines.") % {"most": MOST_LINES}
                raise NamesFileRefused([LineProblem(line, message)])
            cells = [_unmark(cell.strip()) for cell in (*row, "", "", "")[:3]]
            if any(cells) and not (place == 0 and cells[0].casefold() == HEADER[0]):
                yield line, cells
    except csv.Error as error:
        message = _("The file cannot be read as CSV from here on.")
        raise NamesFileRefused([LineProblem(reader.line_num, message)]) from error


def _unmark(cell: str) -> str:
    """Remove the quote that keeps a spreadsheet from running the cell."""
    unmarked = cell.removeprefix("'")
    return unmarked if plain_cell(unmarked) == cell else cell
