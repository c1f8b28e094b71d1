"""Which rows of a CSV cannot be taken, and why."""

from collections.abc import Callable, Sequence

import numpy as np

from datahub.feeds.formats.csv.tokenizer import Cells
from datahub.feeds.formats.order import Rows
from datahub.rows.base import Integers, Rejection


class Faults(dict[int, str]):
    """The reason by row; of several reasons the first counts."""

    def add(self, rows: Integers, reason: str) -> None:
        for row in rows.tolist():
            self.setdefault(row, reason)

    def good_rows(self, count: int) -> Rows:
        """Of `count` rows those without a fault; the slice of all, which copies nothing, where none has one."""
        if not self:
            return slice(None)
        good = np.ones(count, np.bool_)
        good[list(self)] = False
        return np.flatnonzero(good)

    def rejections(self, cells: Cells) -> list[Rejection]:
        """The lines of these rows with their text; a reason that rows of one line share is given once."""
        rows = {(int(cells.lines[row]), reason): row for row, reason in self.items()}
        return [Rejection(line, reason, cells.line_text(row)) for (line, reason), row in rows.items()]


def read_distinct(
    cells: Cells, columns: Sequence[int], read: Callable[[int], int], faults: Faults
) -> Integers:
    """What `read` makes of each row, called once for all rows that are alike in `columns`.

    A ValueError or OverflowError that it raises is a fault of all of them; their value is 0.
    """
    groups, firsts = cells.groups(columns)
    values = np.zeros(len(firsts), np.int64)
    for group, row in enumerate(firsts.tolist()):
        try:
            values[group] = read(row)
        except (ValueError, OverflowError) as error:
            faults.add(np.flatnonzero(groups == group), str(error))
    return values[groups]
