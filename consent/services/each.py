"""Work that goes through many rows by itself: what fails for one stops no other."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

import structlog

log = structlog.get_logger(__name__)


class _Named(Protocol):
    @property
    def public_id(self) -> str: ...


_Row = TypeVar("_Row", bound=_Named)


class SomeFailed(Exception):
    """Some rows could not be worked on, all others are done: the task that tried has failed, and tries again."""


def for_each(event: str, rows: Iterable[_Row], do: Callable[[_Row], bool]) -> int:
    """Call `do`, a transaction of its own, for each of `rows`; how often it did something.

    A failure is logged as `event`, with the row's public id and the places it passed. Raises SomeFailed at the end.
    """
    done = failed = 0
    for row in rows:
        try:
            done += do(row)
        except Exception:  # whatever is wrong with one, those behind it are worked on
            log.exception(event, row=row.public_id)
            failed += 1
    if failed:
        raise SomeFailed(f"{event}: {failed} failed, {done} done")
    return done
