"""Quality words to ours."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from datahub.feeds.formats.base import Quality, Settings
from datahub.feeds.formats.csv_cells import Cells
from datahub.feeds.formats.csv_file import CsvFile
from datahub.feeds.formats.csv_mapping import ANY_OTHER, QUALITIES
from datahub.feeds.formats.csv_times import Faults
from datahub.feeds.formats.usage_rows import Codes

_SHORT: Mapping[str, Quality] = MappingProxyType({
    "": Quality.UNSTATED, "a": Quality.ACTUAL, "e": Quality.ESTIMATED, "s": Quality.SUBSTITUTED,
    "c": Quality.CORRECTED, "p": Quality.PROVISIONAL, "w": Quality.WITHDRAWN,
})  # fmt: skip


class Qualities:
    """Reads the quality of each line; a word that nobody explains rejects its lines."""

    def __init__(self, file: CsvFile, settings: Settings) -> None:
        self._words = {**QUALITIES, **_SHORT, **file.mapping.qualities}
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
            raise ValueError(f"quality {word!r} is not known")
        return found
