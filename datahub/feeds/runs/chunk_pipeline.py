"""Two chunks of a file are loaded at once, each in a database session of its own, and committed in their order.

`ChunkPipeline` is all that the rest of the code knows of this module (decision 26):

1. A load keeps one core of the database busy while the reader has the other; with one session, a core is often idle.
2. The pipeline therefore loads a chunk while the chunk before is still loading, in one of two sessions of its own.
3. Two chunks load together only if they share no meter: then neither waits for a row that the other writes.
4. A chunk calls `turn` before it counts itself, which waits until the chunk before is committed: commits are in order.
5. What a killed run has loaded is therefore a beginning of its file, and the run resumes by counting chunks.
6. If a chunk fails, the chunk behind it fails in its turn, and both are rolled back.
7. PostgreSQL does not see that one session waits for another inside the worker, so it cannot detect such a deadlock.
8. A chunk that waits for its turn asks each second whether another session waits for one of its locks; if so, it rolls
   back (`LockConflictError`) and is loaded again alone, and a false alarm costs one chunk's work.
9. The first chunk of a file, and all chunks within a transaction of the caller, are loaded in the caller's session.
10. Workers and `load_feed --here` execute runs and use the pipeline; web processes only start runs.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from types import TracebackType
from typing import NamedTuple

from django.db import IntegrityError, connection
from psycopg.errors import ForeignKeyViolation

from datahub.feeds.loading.kind import Chunk, Step

_AT_ONCE = 2  # what two cores have time for beside reading the file
_CONFLICT_CHECK = (
    1.0  # seconds between two questions of a waiting chunk whether a session waits for its locks
)

Turn = Callable[[], None]
Load = Callable[[int, Chunk, Step, Turn], None]  # carries out the step of chunk `number` in one transaction

_SESSION_WAITS_FOR_US = """
    SELECT EXISTS (
        SELECT FROM pg_locks AS waiting
        WHERE NOT waiting.granted AND pg_backend_pid() = ANY(pg_blocking_pids(waiting.pid))
    )
"""


class LockConflictError(Exception):
    """A session waits for a lock of a chunk that waits for the chunk before it."""


class _Job(NamedTuple):
    number: int
    chunk: Chunk
    step: Step


class ChunkPipeline:
    """Loads chunks by `load`, each counted after those before it, of which one may still be loading.

    The first chunk of a file is loaded alone, since most files have no other.
    """

    def __init__(self, load: Load) -> None:
        self._load = load
        self._in_transaction = connection.in_atomic_block
        self._sessions = [ThreadPoolExecutor(max_workers=1) for _ in range(_AT_ONCE)]
        self._loading: deque[tuple[_Job, Future[None]]] = deque()

    def __enter__(self) -> "ChunkPipeline":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the chunks that are loading, whatever becomes of them; the sessions end."""
        for session in self._sessions:
            session.submit(lambda: connection.close())  # the connection of the session's own thread
        for session in self._sessions:
            session.shutdown()

    def load(self, number: int, chunk: Chunk, step: Step) -> None:
        """Load the chunk by `step`; the caller may go on before it is done.

        Raises what loading it or a chunk before it raises.
        """
        job = _Job(number, chunk, step)
        if number == 1 or self._in_transaction or chunk.meters is None:
            self.finish()
            self._load_here(job)
            return
        while len(self._loading) == _AT_ONCE or any(
            chunk.meters & (other.chunk.meters or frozenset()) for other, _ in self._loading
        ):
            self._await_first()
        turn = partial(_wait_for_turn, self._loading[-1][1]) if self._loading else _no_wait
        future = self._sessions[number % _AT_ONCE].submit(self._load, *job, turn)
        self._loading.append((job, future))

    def finish(self) -> None:
        """Wait until every chunk is loaded. Raises what loading raises."""
        while self._loading:
            self._await_first()

    def _await_first(self) -> None:
        """A chunk that gave way, or whose keys have gone, is loaded again when no other is loading."""
        job, future = self._loading.popleft()
        try:
            future.result()
        except (LockConflictError, IntegrityError) as error:
            wait([behind for _, behind in self._loading])  # they fail with this one, in their turn
            if isinstance(error, IntegrityError):
                self._load_again(job, error)
            else:
                self._load_here(job)

    def _load_here(self, job: _Job) -> None:
        """In the session of the caller."""
        try:
            self._load(*job, _no_wait)
        except IntegrityError as error:
            self._load_again(job, error)

    def _load_again(self, job: _Job, error: IntegrityError) -> None:
        """Without the keys that were looked up, if a foreign key shows that one of them has gone since."""
        if job.step is job.chunk.load or not isinstance(error.__cause__, ForeignKeyViolation):
            raise error
        self._load(job.number, job.chunk, job.chunk.load, _no_wait)


def _wait_for_turn(before: "Future[None]") -> None:
    """Wait until the chunk before is committed. Raises what loading it raised, and LockConflictError.

    A deadlock through this wait has a session that waits for a lock of this one; the database cannot see it.
    """
    while not wait([before], timeout=_CONFLICT_CHECK).done:
        with connection.cursor() as cursor:
            cursor.execute(_SESSION_WAITS_FOR_US)
            (is_waited_for,) = cursor.fetchone()
        if is_waited_for:
            raise LockConflictError
    before.result()


def _no_wait() -> None:
    """The turn of a chunk with none loading before it."""
