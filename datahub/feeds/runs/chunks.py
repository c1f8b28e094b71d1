"""A run's file into the store, chunk after chunk, each with its progress in one transaction."""

import gc
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import BinaryIO, cast

from django.db import connection, transaction
from django.db.models import F

from cdsc_portal.lib.runtime.prefetch import prefetch
from cdsc_portal.lib.time import clock
from datahub.feeds.loading.kind import Chunk, Step
from datahub.feeds.loading.lines import MOST_BYTES, FileLines
from datahub.feeds.loading.plan import chunks_of
from datahub.feeds.runs.chunk_pipeline import ChunkPipeline
from datahub.models import FeedRun, RejectedRow, RunStatus
from datahub.rows.base import Rejection
from datahub.store.partitions import ensure_months, missing_months
from datahub.store.tally import Origin

_MOST_SKIPPED = 100  # names of files that a run remembers
_LAST = 5  # chunks that the rate is taken from
_HOLD_CHUNK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
Chunks = Generator[tuple[Chunk, Step], None, None]


class RunTakenOverError(Exception):
    """Another worker holds the run now; this one writes nothing more."""


def load_file(run: FeedRun) -> None:
    """Load what `run` has not loaded yet.

    Raises FeedStructureError, LoadHeldError and OSError as the format and the loaders do, RunTakenOverError.
    """
    with _collecting_little():
        while not _load_rest(run):
            _start_over(run)


@contextmanager
def _collecting_little() -> Iterator[None]:
    """Keep the garbage collector from going through all that was there before, time and again, for a load's names."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _load_rest(run: FeedRun) -> bool:
    """False where the file is cut otherwise than when the run stopped; then nothing was loaded."""
    with (
        stored_file(run) as file,
        closing(lines_of(run)) as lines,
        closing(prefetch(_looked_up(run, file))) as chunks,
        ChunkPipeline(partial(_load_chunk, run, lines, pace := _Pace())) as loading,
    ):
        through = 0
        for chunk, step in _faults_in_turn(chunks, loading):
            through += 1
            if through > run.chunks_done:
                if chunk.months and missing_months(chunk.months):
                    loading.finish()  # a partition is made beside no chunk: it locks the whole table for a moment
                    ensure_months(months=chunk.months)
                loading.load(through, chunk, step)
            elif through == run.chunks_done and chunk.offset != run.bytes_done:
                return False
            else:
                pace.start()
        loading.finish()
        return through >= run.chunks_done


def _faults_in_turn(chunks: Chunks, loading: ChunkPipeline) -> Chunks:
    """The same; where the next cannot be made, all before it are loaded before this is said."""
    try:
        yield from chunks
    except Exception:
        loading.finish()
        raise


def _looked_up(run: FeedRun, file: BinaryIO) -> Chunks:
    """Each chunk with what loads it, which has looked up what it needs in a session that is this thread's own."""
    done = run.chunks_done
    try:
        with closing(prefetch(chunks_of(feed=run.feed, file=file, confirmed=run.confirmed))) as chunks:
            for number, chunk in enumerate(chunks, 1):
                yield chunk, chunk.load if chunk.look_up is None or number <= done else chunk.look_up()
    finally:
        connection.close()


def stored_file(run: FeedRun) -> BinaryIO:
    """The run's file from its beginning; raises FileNotFoundError where the storage has lost it."""
    return cast(BinaryIO, run.file.storage.open(str(run.file.name), "rb"))


def lines_of(run: FeedRun) -> FileLines:
    """The lines of the run's stored file."""
    return FileLines(partial(stored_file, run))


def store_rejections(run: FeedRun, rejections: Iterable[Rejection], lines: FileLines) -> int:
    """Keep them with the text of their lines, one row for each line and reason; answers how many they stand for."""
    counted: Counter[tuple[int, str]] = Counter()
    texts: dict[tuple[int, str], str] = {}
    for rejection in rejections:
        key = (rejection.line, _kept(rejection.reason)[:500])
        counted[key] += 1
        texts.setdefault(key, rejection.text)
    made = (
        RejectedRow(
            run=run, line=line, reason=reason, text=_kept(text or lines.text(line)), rows=counted[key]
        )
        for key, text in sorted(texts.items())
        for line, reason in [key]
    )
    RejectedRow.objects.bulk_create(made, batch_size=2_000)
    return counted.total()


class _Pace:
    """Rows a second over the last chunks."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque(maxlen=_LAST + 1)
        self.start()

    def start(self) -> None:
        self._marks.clear()
        self._marks.append((time.monotonic(), 0))

    def rate_with(self, rows: int) -> float:
        """The rate, now that `rows` more are through."""
        self._marks.append((time.monotonic(), rows))
        passed = self._marks[-1][0] - self._marks[0][0]
        return sum(rows for _, rows in list(self._marks)[1:]) / max(passed, 1e-6)


@transaction.atomic
def _load_chunk(
    run: FeedRun, lines: FileLines, pace: _Pace, number: int, chunk: Chunk, step: Step, turn: Callable[[], None]
) -> None:  # fmt: skip
    """Carry out `step` for chunk `number`, counted from 1, and record it as done, both or neither.

    What chunks share, from the run's row to the lines of its file, is touched after `turn` only.
    """
    with connection.cursor() as cursor:
        # a crash may then undo the last chunks, each with its progress; the run's end is on disk after all of them
        cursor.execute("SET LOCAL synchronous_commit = off")
        # a worker that lost its hold on the feed may be at the same chunk
        cursor.execute(_HOLD_CHUNK, [f"{run.public_id} {number}"])
    mine = FeedRun.objects.filter(pk=run.pk, status=RunStatus.RUNNING)
    if not mine.filter(chunks_done__lt=number).exists():
        raise RunTakenOverError(run.public_id)
    at = clock.now()
    outcome = step(
        Origin.of(run_id=run.pk, version_at=run.version_at or run.created, at=at, zone=run.feed.time_zone)
    )
    turn()
    loaded = outcome.loaded
    rejected = store_rejections(run, [*chunk.rejected, *loaded.rejected], lines)
    counted = mine.filter(chunks_done=number - 1).update(
        chunks_done=number,
        bytes_done=chunk.offset,
        rate=pace.rate_with(chunk.rows_read),
        attempts=0,
        heartbeat=at,
        rows_read=F("rows_read") + chunk.rows_read,
        accepted=F("accepted") + loaded.accepted,
        unchanged=F("unchanged") + loaded.unchanged,
        superseded=F("superseded") + loaded.superseded,
        rejected=F("rejected") + rejected,
        parked=F("parked") + outcome.parked,
    )
    if not counted:
        raise RunTakenOverError(run.public_id)
    if chunk.skipped:
        mine.update(skipped_files=[name[:255] for name in chunk.skipped[:_MOST_SKIPPED]])


@transaction.atomic
def _start_over(run: FeedRun) -> None:
    """A newer release cuts the file otherwise: what is counted so far says nothing of its chunks any more."""
    row = FeedRun.objects.select_for_update().get(pk=run.pk)
    if row.chunks_done != run.chunks_done or row.status != RunStatus.RUNNING:
        raise RunTakenOverError(run.public_id)
    run.rejected_rows.all().delete()
    run.parked_readings.all().delete()
    nothing = {"rows_read": 0, "accepted": 0, "unchanged": 0, "superseded": 0, "rejected": 0, "parked": 0}
    FeedRun.objects.filter(pk=run.pk).update(chunks_done=0, bytes_done=0, **nothing)
    run.chunks_done = run.bytes_done = 0


def _kept(text: str) -> str:
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:MOST_BYTES]
