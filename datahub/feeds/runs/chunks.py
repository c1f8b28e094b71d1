"""A run's file into the store, chunk after chunk, each with its progress in one transaction."""

import gc
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from functools import partial
from typing import BinaryIO

from django.db import connection, transaction
from django.db.models import F

from cdsc_portal.lib.runtime.prefetch import prefetch
from cdsc_portal.lib.time import clock
from datahub.feeds.loading.kind import Chunk, Step
from datahub.feeds.loading.lines import MOST_BYTES, FileLines
from datahub.feeds.loading.plan import chunks_of
from datahub.feeds.runs.chunk_pipeline import ChunkPipeline
from datahub.feeds.runs.stored_files import stored_file
from datahub.models import FeedRun, RejectedRow, RunStatus
from datahub.rows.base import Rejection
from datahub.store.partitions import ensure_months, missing_months
from datahub.store.tally import Origin

_MOST_SKIPPED = 100  # names of files that a run remembers
_RATE_CHUNKS = 5  # the rate is that of the last ones
_LOCK_CHUNK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
Chunks = Generator[tuple[Chunk, Step], None, None]


class RunTakenOverError(Exception):
    """Another worker has the run now; this one writes nothing more."""


def load_file(run: FeedRun) -> None:
    """Load what `run` has not loaded yet.

    Raises FeedStructureError, LoadHeldError and OSError as the format and the loaders do, RunTakenOverError.
    """
    gc.freeze()  # a load makes millions of objects; the collector need not go through the older ones each time
    try:
        while not _load_rest(run):
            _start_over(run)
    finally:
        gc.unfreeze()


def _load_rest(run: FeedRun) -> bool:
    """False where the chunks are not those that the run counted before it stopped; then nothing was loaded."""
    with (
        stored_file(run) as file,
        closing(lines_of(run)) as lines,
        closing(prefetch(_looked_up(run, file))) as chunks,
        ChunkPipeline(partial(_load_chunk, run, lines, pace := _Pace())) as loading,
    ):
        number = 0
        for chunk, step in _errors_in_turn(chunks, loading):
            number += 1
            if number > run.chunks_done:
                if chunk.months and missing_months(chunk.months):
                    loading.finish()  # a new partition locks the whole table for a moment
                    ensure_months(months=chunk.months)
                loading.load(number, chunk, step)
            elif number == run.chunks_done and chunk.offset != run.bytes_done:
                return False
            else:
                pace.start()
        loading.finish()
        return number >= run.chunks_done


def _errors_in_turn(chunks: Chunks, loading: ChunkPipeline) -> Chunks:
    """The same chunks; an error of the reader is raised when all chunks before it are loaded."""
    try:
        yield from chunks
    except Exception:
        loading.finish()
        raise


def _looked_up(run: FeedRun, file: BinaryIO) -> Chunks:
    """Each chunk with the step that loads it, which has looked up its keys in a session of this thread."""
    done = run.chunks_done
    try:
        with closing(prefetch(chunks_of(feed=run.feed, file=file, confirmed=run.confirmed))) as chunks:
            for number, chunk in enumerate(chunks, 1):
                yield chunk, chunk.load if chunk.look_up is None or number <= done else chunk.look_up()
    finally:
        connection.close()


def lines_of(run: FeedRun) -> FileLines:
    """The lines of the run's stored file."""
    return FileLines(partial(stored_file, run))


def store_rejections(run: FeedRun, rejections: Iterable[Rejection], lines: FileLines) -> int:
    """Store them with the text of their lines, one row for each line and reason; returns how many there were."""
    counted: Counter[tuple[int, str]] = Counter()
    texts: dict[tuple[int, str], str] = {}
    for rejection in rejections:
        key = (rejection.line, _storable(rejection.reason)[:500])
        counted[key] += 1
        texts.setdefault(key, rejection.text)
    rows = (
        RejectedRow(
            run=run, line=line, reason=reason, text=_storable(text or lines.text(line)),
            rows=counted[line, reason],
        )
        for (line, reason), text in sorted(texts.items())
    )  # fmt: skip
    RejectedRow.objects.bulk_create(rows, batch_size=2_000)
    return counted.total()


class _Pace:
    """Rows a second over the last chunks."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque(maxlen=_RATE_CHUNKS + 1)
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
    """Carry out `step` for chunk `number`, counted from 1, and count the chunk as done, both or neither.

    What chunks share, such as the run's row and the lines of its file, is used after `turn` only.
    """
    with connection.cursor() as cursor:
        # a crash may undo the last chunks, each with its progress; the end of the run is written to disk after them
        cursor.execute("SET LOCAL synchronous_commit = off")
        # a worker that lost its lock of the feed may load the same chunk
        cursor.execute(_LOCK_CHUNK, [f"{run.public_id} {number}"])
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
    """A newer release makes other chunks of the file: the counts of the run do not fit them."""
    row = FeedRun.objects.select_for_update().get(pk=run.pk)
    if row.chunks_done != run.chunks_done or row.status != RunStatus.RUNNING:
        raise RunTakenOverError(run.public_id)
    run.rejected_rows.all().delete()
    run.parked_readings.all().delete()
    nothing = {"rows_read": 0, "accepted": 0, "unchanged": 0, "superseded": 0, "rejected": 0, "parked": 0}
    FeedRun.objects.filter(pk=run.pk).update(chunks_done=0, bytes_done=0, **nothing)
    run.chunks_done = run.bytes_done = 0


def _storable(text: str) -> str:
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:MOST_BYTES]
