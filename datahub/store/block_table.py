"""Blocks into the table: new ones by COPY, those that differ merged under a lock and written back by way of staging."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg.errors import UniqueViolation

from cdsc_portal.lib.db.prepared import array
from datahub.rows.usage import Quality
from datahub.store.codec import (
    DAY_SECONDS,
    NEVER,
    QUALITY_RUN,
    VERSION_RUN,
    Blocks,
    Flags,
    Integers,
    Rows,
    filled,
    unpacked,
)
from datahub.store.grids import LoadedBlocks
from datahub.store.merge import CONTRADICTS, merged_blocks
from datahub.store.packing import COPY_END, COPY_HEAD, FIELDS, STAGE, Lead, PackedBlocks, copy_tuples
from datahub.store.planning import by_index
from datahub.store.tally import Origin, Tally
from datahub.store.unchanged_blocks import unchanged_blocks

_EPOCH = date(1970, 1, 1)
_DATABASE_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_BLOCKS_A_PIECE = 4_096  # packed and merged at a time: what numpy works on stays in the processor's cache
TOO_LONG = "the value has more digits than 64 bits hold beside its day's other values"
_CHANGED, _REPLACED = 1, 2  # flags of a staged row: other content; the old content goes to history

_SAMPLED, _GOLDEN = 64, (5**0.5 - 1) / 2

# no part of these statements is input
_STAGE = f"DROP TABLE IF EXISTS staged_block; CREATE TEMPORARY TABLE staged_block ({STAGE}) ON COMMIT DROP"
_CONTENT = "scale, vals, quality, exceptions, version, versions, known, sums"
_COLUMNS = f"channel_id, day, step, phase, {_CONTENT}"
# Each staged block finds its stored one by key. OFFSET 0 keeps it so: a day that the statistics do not know yet seems
# empty to the planner, which would then compare every stored block with every staged one.
_PAIRED = """
    staged_block AS staged CROSS JOIN LATERAL (
        SELECT {columns} FROM interval_block AS block
        WHERE block.channel_id = staged.channel_id AND block.day = staged.day AND block.step = staged.step
          AND block.phase = staged.phase AND block.day BETWEEN %s AND %s {which}
        OFFSET 0
    ) AS stored
"""
# What is stored as it is loaded, by a file that is no older, stands: then nothing can win.
_DIFFERS = """
    ((block.scale, block.vals, block.quality, coalesce(block.exceptions, ''))
        IS DISTINCT FROM (staged.scale, staged.vals, staged.quality, staged.exceptions)
     OR block.version < staged.version OR coalesce(block.versions, '') <> '')
"""
_WHICH_DIFFER = f"AND {_DIFFERS} FOR UPDATE"
_SAMPLE_STORED = """
    SELECT count(*) > 0, coalesce(bool_or(stored.version >= %s), false)
    FROM unnest(%s::bigint[], %s::integer[], %s::smallint[]) AS sample (channel_id, day, phase)
    CROSS JOIN LATERAL (
        SELECT block.version FROM interval_block AS block
        WHERE block.channel_id = sample.channel_id AND block.day = date '1970-01-01' + sample.day
          AND block.step = %s AND block.phase = sample.phase AND block.day BETWEEN %s AND %s
        OFFSET 0
    ) AS stored
"""
_STORED = f"""
    SELECT coalesce(string_agg(int4send(staged.place), ''), ''), coalesce(bool_or(stored.differs), false)
    FROM {_PAIRED.format(columns=f"{_DIFFERS} AS differs", which="")}
"""  # noqa: S608
_DIFFERING = f"""
    WITH differing AS MATERIALIZED (
        SELECT staged.place, stored.* FROM {_PAIRED.format(columns="block.*", which=_WHICH_DIFFER)}
        ORDER BY staged.place
    )
    SELECT string_agg(int4send(place), ''), string_agg(int2send(scale), ''), string_agg(vals, ''),
        string_agg(int2send(quality), ''), string_agg(int4send(octet_length(coalesce(exceptions, ''))), ''),
        string_agg(coalesce(exceptions, ''), ''), string_agg(int8send(version), ''),
        string_agg(int4send(octet_length(coalesce(versions, ''))), ''), string_agg(coalesce(versions, ''), ''),
        string_agg(boolsend(feed_run_id = %s), '')
    FROM differing GROUP BY octet_length(vals)
"""  # noqa: S608
_KEEP = f"""
    INSERT INTO interval_block_history ({_COLUMNS}, modified, feed_run_id, replaced, replaced_by_id)
    SELECT {", ".join(f"stored.{name.strip()}" for name in _COLUMNS.split(","))},
        stored.modified, stored.feed_run_id, %s, %s
    FROM {_PAIRED.format(columns="block.*", which="")} WHERE staged.flags & {_REPLACED} <> 0
"""  # noqa: S608
_UPDATE = f"""
    UPDATE interval_block AS stored
    SET {", ".join(f"{name.strip()} = staged.{name.strip()}" for name in _CONTENT.split(","))},
        modified = CASE WHEN staged.flags & {_CHANGED} <> 0 THEN %s ELSE stored.modified END,
        feed_run_id = CASE WHEN staged.flags & {_CHANGED} <> 0 THEN %s ELSE stored.feed_run_id END
    FROM (
        SELECT staged.*, stored.place_in, stored.part
        FROM {_PAIRED.format(columns="block.ctid AS place_in, block.tableoid AS part", which="")}
    ) AS staged
    WHERE stored.ctid = staged.place_in AND stored.tableoid = staged.part AND stored.day BETWEEN %s AND %s
"""  # noqa: S608


@dataclass(frozen=True, slots=True, eq=False)
class _Stored:
    """Blocks as they are stored that a load would change: the load's row of each, and whether this run wrote it."""

    rows: Rows
    blocks: Blocks
    mine: Flags


def store_blocks(*, loaded: LoadedBlocks, origin: Origin, tally: Tally) -> None:
    """Insert or merge blocks of one step; rejects what their digits or an earlier line of the file do not allow.

    New blocks are a COPY into the table; where some of a sample are stored, all are looked up first: those of which
    nothing changes by reading them, the others by staging them. A block that another load stores meanwhile is a
    violation of the key: then the look-up finds it.
    """
    if not len(loaded):
        return
    with connection.cursor() as cursor, by_index():
        any_stored, any_as_new = _sampled(cursor, loaded, _sample(len(loaded)), origin)
        if any_as_new:
            loaded = loaded.take(np.flatnonzero(~unchanged_blocks(loaded, origin.version)))
            if not len(loaded):
                return
        stored, differs = np.zeros(len(loaded), dtype=np.bool_), False
        if any_stored:
            stored, differs = _look_up(cursor, loaded, origin)
        while not _inserted(cursor, loaded, ~stored, origin):
            stored, differs = _look_up(cursor, loaded, origin)
        new = loaded.take(np.flatnonzero(~stored)) if stored.any() else loaded
        tally.accepted += int(np.count_nonzero(new.known))
        tally.block_changed(new.channel, new.day, new.phase)
        if differs:
            _merge(cursor, loaded, origin, tally)
        cursor.execute("DROP TABLE IF EXISTS staged_block")


def _sample(count: int) -> Rows:
    """Places spread over `count` blocks in no rhythm that days or channels could share."""
    spread = (np.arange(_SAMPLED) * _GOLDEN % 1 * count).astype(np.intp)
    return np.unique(np.append(spread, count - 1))


def _sampled(cursor: CursorWrapper, loaded: LoadedBlocks, rows: Rows, origin: Origin) -> tuple[bool, bool]:
    """Whether any of these blocks is stored, and any by a file no older than the load's."""
    columns = (array(column[rows].tolist()) for column in (loaded.channel, loaded.day, loaded.phase))
    cursor.execute(_SAMPLE_STORED, [origin.version, *columns, loaded.step, *_days(loaded)])
    any_stored, any_as_new = cursor.fetchone()
    return any_stored, any_as_new


def _look_up(cursor: CursorWrapper, loaded: LoadedBlocks, origin: Origin) -> tuple[Flags, bool]:
    """Stage the blocks: which of them are stored, and whether any of those may have other content."""
    cursor.execute(_STAGE)
    _copy(cursor, f"staged_block (place, flags, {FIELDS})", _packed_load(loaded, origin, new=False))
    cursor.execute(_STORED, [*_days(loaded)])
    places, differs = cursor.fetchone()
    stored = np.zeros(len(loaded), dtype=np.bool_)
    stored[np.frombuffer(places, dtype=">i4")] = True
    return stored, differs


def _inserted(cursor: CursorWrapper, loaded: LoadedBlocks, new: Flags, origin: Origin) -> bool:
    """Insert the blocks that are `new`, all or none; False where one is there already."""
    if not new.any():
        return True
    fresh = loaded if new.all() else loaded.take(np.flatnonzero(new))
    try:
        with transaction.atomic(), connection.wrap_database_errors:
            into = f"interval_block (modified, feed_run_id, {FIELDS})"
            _copy(cursor, into, _packed_load(fresh, origin, new=True))
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            return False
        raise
    return True


def _merge(cursor: CursorWrapper, loaded: LoadedBlocks, origin: Origin, tally: Tally) -> None:
    days = _days(loaded)
    cursor.execute(_DIFFERING, [*days, origin.run_id])
    pieces = [_merged(stored, loaded, origin) for row in cursor.fetchall() for stored in _stored(row, loaded)]
    if any(len(piece.rows) for piece in pieces):
        cursor.execute("TRUNCATE staged_block")
        written = [piece for piece in pieces if len(piece.rows)]
        _copy(cursor, f"staged_block (place, flags, {FIELDS})", (piece.tuples for piece in written))
        if any(piece.replaced for piece in written):
            cursor.execute(_KEEP, [origin.at, origin.run_id, *days])
        cursor.execute(_UPDATE, [origin.at, origin.run_id, *days, *days])
    for piece in pieces:
        tally.accepted += piece.accepted
        tally.superseded += piece.superseded
        tally.block_changed(*piece.changed)
        tally.written.append(piece.written)
    if any(piece.unfit.any() or piece.contradicting.any() for piece in pieces):
        lines = loaded.lines()
        for piece in pieces:
            tally.reject(lines[piece.looked_at][piece.unfit], TOO_LONG)
            tally.reject(lines[piece.looked_at][piece.contradicting], CONTRADICTS)


@dataclass(frozen=True, slots=True, eq=False)
class _Merged:
    """What became of some blocks; `rows` are those to write, of all that were looked at (`looked_at`)."""

    looked_at: Rows
    rows: Rows
    tuples: bytes
    replaced: bool
    accepted: int
    superseded: int
    changed: tuple[Integers, Integers, Integers]  # channel, day, phase
    written: Integers
    unfit: Flags
    contradicting: Flags


def _merged(stored: _Stored, loaded: LoadedBlocks, origin: Origin) -> _Merged:
    now, outcome, unfit = merged_blocks(
        stored.blocks, loaded.as_blocks(stored.rows, origin.version), mine=stored.mine
    )
    changed: Flags = np.any(outcome.changed, axis=1)
    touched = np.flatnonzero(changed | outcome.restated.any(axis=1))
    replaced = (outcome.changed & stored.blocks.stated).any(axis=1)  # a withdrawal is content too
    flags = changed * _CHANGED + replaced * _REPLACED
    written = now.take(touched)
    tuples = b"".join(
        copy_tuples(
            PackedBlocks.of(
                step=now.step, channel=written.channel, day=written.day, phase=written.phase, scale=written.scale,
                values=written.values, known=written.known, stated=written.stated, quality=written.quality,
                version=written.version, zone=settings.TIME_ZONE,
            ),
            {"place": stored.rows[touched], "flags": flags[touched]},
        )
    ) if len(touched) else b""  # fmt: skip
    return _Merged(
        stored.rows, touched, tuples, bool(replaced.any()), int(outcome.changed.sum()),
        int(outcome.superseded.sum()), (now.channel[changed], now.day[changed], now.phase[changed]),
        now.channel[touched], unfit, outcome.contradicts,
    )  # fmt: skip


def _stored(row: tuple[Any, ...], loaded: LoadedBlocks) -> Iterator[_Stored]:
    """The blocks of one row of `_DIFFERING`, which are all of one width, a piece at a time."""
    place, scale, vals, quality, exception_sizes, exceptions, version, version_sizes, versions, mine = row
    rows = np.frombuffer(place, dtype=">i4").astype(np.intp)
    slots = DAY_SECONDS // loaded.step
    size = len(vals) // len(rows)
    scales, usual, its_usual = _longs(scale, ">i2"), _longs(quality, ">i2"), _longs(version, ">i8")
    of_quality, of_version = _longs(exception_sizes, ">i4"), _longs(version_sizes, ">i4")
    by_this_run = np.frombuffer(mine, dtype=np.bool_)
    quality_ends, version_ends = (np.append(0, np.cumsum(each)).tolist() for each in (of_quality, of_version))
    for first in range(0, len(rows), _BLOCKS_A_PIECE):
        past = min(first + _BLOCKS_A_PIECE, len(rows))
        here = slice(first, past)
        values, known = unpacked(vals[first * size : past * size], size // slots, slots)
        runs = exceptions[quality_ends[first] : quality_ends[past]]
        qualities = filled(usual[here].astype(np.uint8), of_quality[here], runs, slots, QUALITY_RUN)
        runs = versions[version_ends[first] : version_ends[past]]
        its_version = filled(its_usual[here], of_version[here], runs, slots, VERSION_RUN)
        its_version[~known & (qualities != Quality.WITHDRAWN)] = NEVER
        at = rows[here]
        blocks = Blocks(
            loaded.step, loaded.channel[at], loaded.day[at], loaded.phase[at], scales[here], values, known, qualities,
            its_version,
        )  # fmt: skip
        yield _Stored(at, blocks, by_this_run[here])


def _packed_load(loaded: LoadedBlocks, origin: Origin, *, new: bool) -> Iterator[bytes]:
    """Tuples for the table, or for staging where it is not known that they are `new`."""
    at = (origin.at - _DATABASE_EPOCH) // timedelta(microseconds=1)
    for first in range(0, len(loaded), _BLOCKS_A_PIECE):
        rows = slice(first, first + _BLOCKS_A_PIECE)
        packed = PackedBlocks.of(
            step=loaded.step, channel=loaded.channel[rows], day=loaded.day[rows], phase=loaded.phase[rows],
            scale=loaded.scale[rows], values=loaded.values[rows], known=loaded.known[rows], stated=loaded.stated[rows],
            quality=loaded.quality[rows], version=origin.version, zone=settings.TIME_ZONE,
        )  # fmt: skip
        place = np.arange(first, first + len(packed.day))
        lead: Lead = {"modified": at, "feed_run_id": origin.run_id} if new else {"place": place, "flags": 0}
        yield from copy_tuples(packed, lead)


def _copy(cursor: CursorWrapper, into: str, tuples: Iterable[bytes]) -> None:
    with cursor.copy(f"COPY {into} FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(COPY_HEAD)
        for piece in tuples:
            copy.write(piece)
        copy.write(COPY_END)


def _longs(column: bytes, kind: str) -> npt.NDArray[np.int64]:
    return np.frombuffer(column, dtype=kind).astype(np.int64)


def _days(loaded: LoadedBlocks) -> tuple[date, date]:
    """The first and the last."""
    first, last = (_EPOCH + timedelta(days=int(day)) for day in (loaded.day.min(), loaded.day.max()))
    return first, last
