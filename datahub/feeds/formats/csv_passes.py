"""The hour that comes twice in autumn: its two passes told apart by the order of the file."""

from collections.abc import Sequence

import numpy as np

from datahub.feeds.formats.base import Integers

_DAY = 86_400


class Passes:
    """Tells the two passes of a repeated hour apart by the order of the file, also where a stretch ends in it."""

    def __init__(self) -> None:
        self._before: dict[object, tuple[int, bool]] = {}
        self._falling = False

    def settle(
        self, first: Integers, shift: Integers, channel: Integers, names: Sequence[object], *, more: bool
    ) -> Integers:
        """Epoch seconds of readings in the order of the file; `names[channel]` is what a channel is called in any
        stretch; `more`: the file goes on after this one."""
        epochs = first.copy()
        doubtful = np.flatnonzero(shift)
        if not len(doubtful):
            return epochs
        steps = np.diff(first)
        if steps.any():  # a channel of one reading goes the way of most of the file
            self._falling = bool(np.count_nonzero(steps < 0) > np.count_nonzero(steps > 0))
        order = np.argsort(channel, kind="stable")
        edges = np.searchsorted(channel[order], np.arange(len(names) + 1))
        for place in np.unique(channel[doubtful]).tolist():
            rows = order[edges[place] : edges[place + 1]]
            falling = self._falling if first[rows[0]] == first[rows[-1]] else first[rows[0]] > first[rows[-1]]
            unsure = rows[shift[rows] != 0]
            walls = first[unsure].tolist()
            if falling:
                goes_on = more and bool(shift[rows[-1]])
                second = _passes_falling(walls, goes_on)
            else:
                second, self._before[names[place]] = _passes_rising(walls, self._before.get(names[place]))
            epochs[unsure] += np.where(second, shift[unsure], 0)
        return epochs


def _passes_rising(
    walls: Sequence[int], state: tuple[int, bool] | None
) -> tuple[list[bool], tuple[int, bool]]:
    """(which are of the second pass, the state after them).

    That is the first pass until the file steps back. A time said twice in a row is both passes of that time alone,
    as files write that put the two passes side by side.
    """
    before, second = state or (walls[0] - 2 * _DAY, False)
    found = []
    for wall in walls:
        if abs(wall - before) > _DAY:
            second = False
        elif wall < before:
            second = True
        found.append(second or wall == before)
        before = wall
    return found, (before, second)


def _passes_falling(walls: Sequence[int], goes_on: bool) -> list[bool]:
    """The same for newest first. A night that the stretch cuts off before its second pass steps on is that pass."""
    found, _ = _passes_rising(walls[::-1], None)
    if goes_on:
        for place, wall in enumerate(walls[::-1]):
            if abs(wall - walls[-1]) > _DAY:
                break
            if found[place]:
                return found[::-1]
        else:
            place = len(walls)
        found[:place] = [True] * place
    return found[::-1]
