"""What a run does with its file: chunks that each stand alone, one after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from datahub.rows.base import Rejection
from datahub.store.load import Loaded
from datahub.store.tally import Origin


class LoadHeldError(Exception):
    """The load would change so much that a person must confirm it; the message says what."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a chunk's rows; `parked` ones wait for their meter and count apart."""

    loaded: Loaded
    parked: int = 0


Step = Callable[[Origin], Outcome]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of the file: `rejected` by its format, the rest loaded by `load` in the caller's transaction.

    `rows_read` counts both, `offset` the bytes that are through afterwards. The same file gives the same chunks, so
    that a run can go on where it stopped. The partitions of `months` are there before. `look_up`, asked for
    in another session while a chunk before is loaded, gives a step that does the same as `load` and knows some of
    what it needs; where the keys show that this has changed since, `load` is to do it. A chunk that writes to `meters`
    only can be loaded while another is that writes to none of them; without them it stands alone.
    """

    rows_read: int
    offset: int
    rejected: Sequence[Rejection]
    load: Step
    skipped: Sequence[str] = ()  # files of a ZIP that are no data
    months: frozenset[date] = frozenset()
    look_up: Callable[[], Step] | None = None
    meters: frozenset[str] | None = None
