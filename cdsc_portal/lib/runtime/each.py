"""Run a job row by row: a row that fails does not stop the others."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

import structlog

log = structlog.get_logger(__name__)


class _Named(Protocol):
    @property
    def public_id(self) -> str: ...


_Row = TypeVar("_Row", bound=_Named)


class SomeFailed(Exception):
    """Some rows failed, all others are done; the task fails, so that it is retried."""


def for_each(event: str, rows: Iterable[_Row], do: Callable[[_Row], bool]) -> int:
    """Call `do` for each of `rows`, each in its own transaction; returns how often it returned true.

    Logs a failure as `event` with the row's public id and the traceback. Raises SomeFailed at the end.
    """
    done = failed = 0
    for row in rows:
        try:
            done += do(row)
        except Exception:  # no failure of one row may stop the others
            log.exception(event, row=row.public_id)
            failed += 1
    if failed:
        raise SomeFailed(f"{event}: {failed} failed, {done} done")
    return done
