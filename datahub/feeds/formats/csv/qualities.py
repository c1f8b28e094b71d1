"""Quality words to ours."""

import numpy as np

from datahub.feeds.formats.csv.mapped_file import CsvFile
from datahub.feeds.formats.csv.mapping import ANY_OTHER, QUALITIES
from datahub.feeds.formats.csv.times import Faults
from datahub.feeds.formats.csv.tokenizer import Cells
from datahub.rows.base import Settings
from datahub.rows.usage import Codes, Quality


class Qualities:
    """Reads the quality of each line. An empty cell says nothing; a word that nobody explains rejects its lines.

    Only our own words explain themselves: a letter means one thing to one vendor and its contrary to the next (W is
    "true value" in German meter data), so that letters stand in a mapping or the lines are rejected.
    """

    def __init__(self, file: CsvFile, settings: Settings) -> None:
        self._words = {"": Quality.UNSTATED, **QUALITIES, **file.mapping.qualities}
        self._place = file.places("quality").get("quality")
        self._default = settings.get("quality") or file.fixed("quality")

    def of(self, cells: Cells, faults: Faults) -> Codes:
        if self._place is None:
            return np.full(len(cells), self._read(self._default), np.uint8)
        groups, firsts = cells.groups([self._place])
        found = np.zeros(len(firsts), np.uint8)
        for group, row in enumerate(firsts.tolist()):
            try:
                found[group] = self._read(cells.text(row, self._place) or self._default)
            except ValueError as error:
                for one in np.flatnonzero(groups == group).tolist():
                    faults.setdefault(one, str(error))
        return found[groups]

    def _read(self, word: str) -> Quality:
        found = self._words.get(word.casefold(), self._words.get(ANY_OTHER))
        if found is None:
            raise ValueError(f"quality {word!r} is not known: say in the mapping what it means")
        return found
