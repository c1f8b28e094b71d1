"""The hour that comes twice in autumn: its two passes told apart by the order of the file."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from datahub.rows.base import Integers
from datahub.rows.usage import ChannelKey, ChannelKeys

_DAY = 86_400
_ROWS_OF_DIRECTION = 1 << 16  # enough rows to see in which direction times run
_State = tuple[int, bool]  # of a channel: its last ambiguous wall time, and whether that was the second pass


class FoldResolver:
    """Remembers, from block to block, the direction of the file and the pass that each channel is in."""

    def __init__(self) -> None:
        self._states: dict[ChannelKey, _State] = {}
        self._newest_first = False

    def resolve(
        self, first: Integers, shift: Integers, channel: Integers, keys: ChannelKeys, *, more: bool
    ) -> Integers:
        """Epoch seconds of readings in the order of the file; `first` and `shift` as in `Clock.utc`.

        `keys[channel]` names a channel in every block; `more`: the file goes on after this block.
        """
        self._see_direction(*(column[:_ROWS_OF_DIRECTION] for column in (first, shift, channel)))
        epochs = first.copy()
        ambiguous = np.flatnonzero(shift)
        if not len(ambiguous):
            return epochs
        order = np.argsort(channel, kind="stable")
        edges = np.searchsorted(channel[order], np.arange(len(keys) + 1))
        for number in np.unique(channel[ambiguous]).tolist():
            rows = order[edges[number] : edges[number + 1]]
            ambiguous = rows[shift[rows] != 0]
            walls, state = first[ambiguous].tolist(), self._states.get(keys[number])
            if self._newest_first:
                second, state = _second_falling(walls, state, more and bool(shift[rows[-1]]))
            else:
                second, state = _second_rising(walls, state)
            self._states[keys[number]] = state
            epochs[ambiguous] += np.where(second, shift[ambiguous], 0)
        return epochs

    def _see_direction(self, first: Integers, shift: Integers, channel: Integers) -> None:
        """By the times that are not ambiguous; a block without any keeps the direction of those before it."""
        steps = np.diff(first)
        certain = (steps != 0) & ((shift[1:] == 0) | (shift[:-1] == 0))
        within_channel = certain & (channel[1:] == channel[:-1])
        steps = steps[within_channel if within_channel.any() else certain]
        if len(steps):
            self._newest_first = bool(np.count_nonzero(steps < 0) > np.count_nonzero(steps > 0))


def _second_rising(walls: Sequence[int], state: _State | None) -> tuple[list[bool], _State]:
    """(which are of the second pass, the state after them).

    The first pass lasts until the file steps back. A time given twice in a row is both passes of that time alone: some
    files write the two passes side by side.
    """
    before, in_second = state or (walls[0] - 2 * _DAY, False)
    second = []
    for wall in walls:
        if abs(wall - before) > _DAY:
            in_second = False
        elif wall < before:
            in_second = True
        second.append(in_second or wall == before)
        before = wall
    return second, (before, in_second)


def _second_falling(walls: Sequence[int], state: _State | None, goes_on: bool) -> tuple[list[bool], _State]:
    """The same for newest first: the second pass lasts until the file steps up.

    A night without such a step has one pass, the first; unless the block ends in it (`goes_on`), where the step may
    still come.
    """
    before, in_second = state or (walls[0] + 2 * _DAY, False)
    second: list[bool] = []
    new_nights = [place for place, (a, b) in enumerate(pairwise(walls), 1) if abs(a - b) > _DAY]
    for begin, end in pairwise([0, *new_nights, len(walls)]):
        night = walls[begin:end]
        if abs(night[0] - before) > _DAY:
            steps_up = any(later >= earlier for earlier, later in pairwise(night))
            in_second = steps_up or (goes_on and end == len(walls))
            before = night[0] + 1
        for wall in night:
            in_second = in_second and wall <= before
            second.append(in_second and wall != before)
            before = wall
    return second, (before, in_second)
