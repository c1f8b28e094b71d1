"""The hour that comes twice in autumn: its two passes told apart by the order of the file."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from datahub.rows.base import Integers
from datahub.rows.usage import ChannelKey, ChannelKeys

_DAY = 86_400
_LOOKED_AT = 1 << 16
_State = tuple[
    int, bool
]  # the doubtful time that a channel said last, and whether it stood in the second pass


class FoldResolver:
    """Tells the two passes of a repeated hour apart by the order of the file, also where a stretch ends in it."""

    def __init__(self) -> None:
        self._states: dict[ChannelKey, _State] = {}
        self._falling = False

    def resolve(
        self, first: Integers, shift: Integers, channel: Integers, names: ChannelKeys, *, more: bool
    ) -> Integers:
        """Epoch seconds of readings in the order of the file.

        `names[channel]` is what a channel is called in any stretch; `more`: the file goes on after this one.
        """
        self._look(first, shift, channel)
        epochs = first.copy()
        doubtful = np.flatnonzero(shift)
        if not len(doubtful):
            return epochs
        order = np.argsort(channel, kind="stable")
        edges = np.searchsorted(channel[order], np.arange(len(names) + 1))
        for place in np.unique(channel[doubtful]).tolist():
            rows = order[edges[place] : edges[place + 1]]
            unsure = rows[shift[rows] != 0]
            walls, state = first[unsure].tolist(), self._states.get(names[place])
            if self._falling:
                second, state = _falling(walls, state, more and bool(shift[rows[-1]]))
            else:
                second, state = _rising(walls, state)
            self._states[names[place]] = state
            epochs[unsure] += np.where(second, shift[unsure], 0)
        return epochs

    def _look(self, first: Integers, shift: Integers, channel: Integers) -> None:
        """Whether times rise or fall, by what is certain; a stretch that says nothing goes on as those before it."""
        if len(first) > _LOOKED_AT:  # enough to tell, and the same each time
            first, shift, channel = first[:_LOOKED_AT], shift[:_LOOKED_AT], channel[:_LOOKED_AT]
        steps = np.diff(first)
        certain = (steps != 0) & ((shift[1:] == 0) | (shift[:-1] == 0))
        within = certain & (channel[1:] == channel[:-1])
        steps = steps[within if within.any() else certain]
        if len(steps):
            self._falling = bool(np.count_nonzero(steps < 0) > np.count_nonzero(steps > 0))


def _rising(walls: Sequence[int], state: _State | None) -> tuple[list[bool], _State]:
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


def _falling(walls: Sequence[int], state: _State | None, goes_on: bool) -> tuple[list[bool], _State]:
    """The same for newest first: the second pass until the file steps up.

    A night without such a step has one pass, the first; unless the stretch ends in it, so that the step may come.
    """
    before, second = state or (walls[0] + 2 * _DAY, False)
    found: list[bool] = []
    for night in _nights(walls):
        if abs(night[0] - before) > _DAY:
            steps = any(later >= earlier for earlier, later in pairwise(night))
            second = steps or (goes_on and len(found) + len(night) == len(walls))
            before = night[0] + 1
        for wall in night:
            second = second and wall <= before
            found.append(second and wall != before)
            before = wall
    return found, (before, second)


def _nights(walls: Sequence[int]) -> Iterator[Sequence[int]]:
    edges = [place for place, (one, other) in enumerate(pairwise(walls), 1) if abs(one - other) > _DAY]
    for first, past in pairwise([0, *edges, len(walls)]):
        yield walls[first:past]
