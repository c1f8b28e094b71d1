"""Two chunks of a file at work at once, each in a database session of its own, and committed in their order.

`ChunkPipeline` is all that the rest of the code knows of this module:

1. A chunk takes the database one core for as long as the reader takes the other, so with one session a core is idle.
2. The pipeline therefore loads a chunk while the one before is still being loaded, in one of two sessions of its own.
3. Two chunks run together only if they name no meter in common: neither then waits for a row that the other writes.
4. A chunk calls `turn` before it counts itself, and so waits until the chunk before is committed: commits are in order.
5. What a killed run has done is therefore always the beginning of its file, and the run resumes by counting chunks.
6. If a chunk fails, the one behind it fails in its turn, and both are rolled back.
7. PostgreSQL cannot see that one session waits for another inside the worker, so it cannot find such a deadlock.
8. A chunk that waits for its turn therefore asks each second whether another session waits for a lock of its own.
9. If so, it rolls back (`LockConflictError`) and is loaded again alone; a false alarm costs one chunk's work.
10. The first chunk of a file, and all within a transaction of the caller, are loaded in the session of the caller.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Protocol

from django.db import IntegrityError, connection
from psycopg.errors import ForeignKeyViolation

from datahub.feeds.loading.kind import Chunk, Step

_AT_ONCE = 2  # what two cores have time for beside reading the file
_PATIENCE = 1.0  # seconds until a chunk that waits for its turn asks whether it stands in somebody's way

Turn = Callable[[], None]


class Load(Protocol):
    """Carry out `step` for chunk `number` and count it, in one transaction that calls `turn` before it counts."""

    def __call__(self, number: int, chunk: Chunk, step: Step, turn: Turn) -> None: ...


_SOMEBODY_WAITS = """
    SELECT EXISTS (
        SELECT FROM pg_locks AS waiting
        WHERE NOT waiting.granted AND pg_backend_pid() = ANY(pg_blocking_pids(waiting.pid))
    )
"""


class LockConflictError(Exception):
    """Somebody waits for a lock of a chunk that waits for the one before it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """A chunk on its way."""

    number: int
    chunk: Chunk
    step: Step
    meters: frozenset[str]


class ChunkPipeline:
    """Loads chunks by `load`, each counted after those before it, of which one may be at work still.

    The first chunk of a file is loaded alone, since most files have no other.
    """

    def __init__(self, load: Load) -> None:
        self._load = load
        self._alone = connection.in_atomic_block
        self._sessions = [ThreadPoolExecutor(max_workers=1) for _ in range(_AT_ONCE)]
        self._at_work: deque[tuple[_Job, Future[None]]] = deque()

    def __enter__(self) -> "ChunkPipeline":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for what is at work, whatever becomes of it; the sessions end."""
        for session in self._sessions:
            session.submit(_end_session)
        for session in self._sessions:
            session.shutdown()

    def load(self, number: int, chunk: Chunk, step: Step) -> None:
        """Load it by `step`, maybe while the caller goes on. Raises what loading it or a chunk before it raises."""
        job = _Job(number, chunk, step, chunk.meters or frozenset())
        if number == 1 or self._alone or chunk.meters is None:
            self.finish()
            self._now(job)
            return
        while len(self._at_work) == _AT_ONCE or not all(
            job.meters.isdisjoint(other.meters) for other, _ in self._at_work
        ):
            self._await_first()
        turn = partial(_turn, self._at_work[-1][1]) if self._at_work else _at_once
        loading = self._sessions[number % _AT_ONCE].submit(self._load, number, chunk, step, turn)
        self._at_work.append((job, loading))

    def finish(self) -> None:
        """Wait until all that was to be loaded is. Raises what loading it raises."""
        while self._at_work:
            self._await_first()

    def _await_first(self) -> None:
        """A chunk that gave way, or whose keys have gone, is loaded anew when none is at work any more."""
        job, loading = self._at_work.popleft()
        try:
            loading.result()
        except LockConflictError:
            self._let_end()
            self._now(job)
        except IntegrityError as error:
            self._let_end()
            self._anew(job, error)

    def _let_end(self) -> None:
        """Those behind a chunk that failed fail with it, in their turn."""
        wait([loading for _, loading in self._at_work])

    def _now(self, job: _Job) -> None:
        try:
            self._load(job.number, job.chunk, job.step, _at_once)
        except IntegrityError as error:
            self._anew(job, error)

    def _anew(self, job: _Job, error: IntegrityError) -> None:
        """Load it without what was looked up, where a key shows that this has gone since."""
        if job.step is job.chunk.load or not isinstance(error.__cause__, ForeignKeyViolation):
            raise error
        self._load(job.number, job.chunk, job.chunk.load, _at_once)


def _turn(before: "Future[None]") -> None:
    """Wait until the chunk before is committed. Raises what loading it raised, LockConflictError.

    The database cannot see that this session waits for another, so it finds no deadlock that goes through here. But
    each goes on to somebody who waits for a lock of this session.
    """
    while not wait([before], timeout=_PATIENCE).done:
        with connection.cursor() as cursor:
            cursor.execute(_SOMEBODY_WAITS)
            (in_the_way,) = cursor.fetchone()
        if in_the_way:
            raise LockConflictError
    before.result()


def _at_once() -> None:
    """The turn of a chunk with none at work before it."""


def _end_session() -> None:
    """Of the thread that this is called in."""
    connection.close()
