"""What a run does with its file: read whole, then loaded in parts that each stand alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from datahub.feeds.formats.base import Rejection
from datahub.feeds.store.load import Loaded
from datahub.feeds.store.tally import Origin

Step = Callable[[Origin], Loaded]


class LoadHeldError(Exception):
    """The load would change so much that a person must confirm it; the message says what."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`rows_read` rows: those of `rejected`, which no step sees, and those the steps load.

    The same file gives the same steps, so that a run can go on at the step where it stopped. `make_room` is called
    once before the steps, outside their transactions. `texts` are the file's lines, where it has lines.
    """

    rows_read: int
    rejected: Sequence[Rejection]
    steps: Sequence[Step]
    texts: Sequence[str] = ()
    make_room: Callable[[], None] = lambda: None

    def text(self, rejection: Rejection) -> str:
        """The line as it stood in the file, as far as it can be shown."""
        if rejection.text or not 0 < rejection.line <= len(self.texts):
            return rejection.text
        return self.texts[rejection.line - 1]
