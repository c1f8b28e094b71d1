"""What the day blocks of some channels say without being decoded: their sums, counts and qualities."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cdsc_portal.lib.prepared import prepared_cursor
from datahub.rows.usage import Quality
from datahub.store.codec import DAY_SECONDS, QUALITY_RUN, Flags, Integers
from datahub.store.sums import LAYOUTS

QUALITIES = max(Quality) + 1
WANTED = "unnest(%s::bigint[], %s::bigint[], %s::bigint[]) WITH ORDINALITY AS wanted (channel_id, first, past, place)"
# One row for all blocks of a channel that differ only in their sums; `vals` stay where they are. A column each: to put
# them together block by block costs as much as all the rest.
_SUMMED = f"""
    SELECT wanted.place - 1, block.step, block.phase, block.scale, block.quality, block.exceptions,
        coalesce(octet_length(block.sums), 0),
        string_agg(int4send(block.day - DATE '1970-01-01'), ''::bytea), string_agg(int2send(block.known), ''::bytea),
        string_agg(coalesce(block.sums, ''), ''::bytea)
    FROM {WANTED} JOIN interval_block AS block
      ON block.channel_id = wanted.channel_id
      AND block.day BETWEEN (to_timestamp(first) AT TIME ZONE 'UTC')::date
                        AND (to_timestamp(past) AT TIME ZONE 'UTC')::date
    WHERE block.known > 0 AND block.day BETWEEN %s AND %s
    GROUP BY 1, 2, 3, 4, 5, 6, 7
"""  # noqa: S608 - no part of it is input


class Wanted(NamedTuple):
    """A channel during [first, past), in epoch seconds."""

    channel: int
    first: int
    past: int


@dataclass(frozen=True, slots=True, eq=False)
class SummedBlocks:
    """An element a block and a wanted stretch it may touch (`place` in the list of those).

    `head` sums the `head_known` known slots that start before `cut` seconds of the UTC day, `tail` the others; integers
    at `scale`. `cut` is -1 where the block states no sums.
    """

    place: Integers
    day: Integers  # since 1970-01-01
    step: Integers
    phase: Integers
    scale: Integers
    known: Integers
    cut: Integers
    head: Integers
    tail: Integers
    head_known: Integers
    quality: Integers  # of most slots
    exceptions: npt.NDArray[np.object_]  # bytes or None: runs of slots of another quality

    @property
    def starts(self) -> Integers:
        """When the first slot begins, in epoch seconds; the last one ends a day later."""
        return self.day * DAY_SECONDS + self.phase

    @property
    def split(self) -> Integers:
        """How many slots start before the cut."""
        slots: Integers = -((self.phase - self.cut) // self.step)
        return np.minimum(np.maximum(slots, 0), DAY_SECONDS // self.step)

    def where(self, keep: Flags | npt.NDArray[np.intp]) -> "SummedBlocks":
        return SummedBlocks(*(getattr(self, column.name)[keep] for column in fields(self)))


@dataclass(frozen=True, slots=True, eq=False)
class Halves:
    """The slots of a block before its cut, or from it on: together known / sum / qualities during [starts, ends).

    An element a half; `block` is the row of its block. `qualities` counts known slots by code: (halves, QUALITIES).
    """

    block: Integers
    starts: Integers
    ends: Integers
    known: Integers
    total: Integers
    qualities: Integers

    def where(self, keep: Flags) -> "Halves":
        return Halves(*(getattr(self, column.name)[keep] for column in fields(self)))


def halves_of(blocks: SummedBlocks) -> Halves:
    """Heads, then tails; those of a block that states no sums mean nothing."""
    row = np.arange(len(blocks.day))
    middle = blocks.starts + blocks.split * blocks.step
    heads, tails = _quality_counts(blocks)
    pairs = (
        (row, row),
        (blocks.starts, middle),
        (middle, blocks.starts + DAY_SECONDS),
        (blocks.head_known, blocks.known - blocks.head_known),
        (blocks.head, blocks.tail),
        (heads, tails),
    )
    return Halves(*(np.concatenate(pair) for pair in pairs))


def _quality_counts(blocks: SummedBlocks) -> tuple[Integers, Integers]:
    """How many known slots before and from the cut have each quality: shape (blocks, QUALITIES), twice.

    Runs name known slots or withdrawn ones, so that no value has to be looked at.
    """
    row = np.arange(len(blocks.day))
    head = np.zeros((len(row), QUALITIES), dtype=np.int64)
    tail = np.zeros((len(row), QUALITIES), dtype=np.int64)
    head[row, blocks.quality], tail[row, blocks.quality] = blocks.head_known, blocks.known - blocks.head_known
    other = np.flatnonzero(blocks.exceptions != None)  # noqa: E711 - element by element
    said = blocks.exceptions[other].tolist()
    runs = np.frombuffer(b"".join(said), dtype=QUALITY_RUN)
    owner = np.repeat(other, [len(one) // QUALITY_RUN.itemsize for one in said])
    kept = runs["code"] != Quality.WITHDRAWN
    owner, code, length = owner[kept], runs["code"][kept], runs["length"][kept].astype(np.int64)
    before = np.clip(blocks.split[owner] - runs["start"][kept], 0, length)
    for counts, share in ((head, before), (tail, length - before)):
        np.add.at(counts, (owner, code), share)
        np.subtract.at(counts, (owner, blocks.quality[owner]), share)
    return head, tail


def arrays(rows: Sequence[tuple[int, ...]]) -> list[str]:
    """The columns of `rows` as the database writes arrays: a list would be taken apart number by number."""
    return [f"{{{','.join(map(str, column))}}}" for column in zip(*rows, strict=True)]


def summed_blocks(wanted: Sequence[Wanted]) -> SummedBlocks:
    """Blocks with a value that the stretches may touch. One statement, which reads no value."""
    first, past = min(one.first for one in wanted), max(one.past for one in wanted)
    days = [np.datetime64(side, "s").astype("datetime64[D]").item() for side in (first, past)]
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_SUMMED, [*arrays(wanted), *days])
        groups = cursor.fetchall()
    return _joined([_table(size, [row for row in groups if row[6] == size]) for size in (0, *LAYOUTS)])


def _table(size: int, groups: Sequence[tuple[Any, ...]]) -> SummedBlocks:
    """Of groups whose sums all have this many bytes."""
    days, known = (
        np.frombuffer(b"".join(group[at] for group in groups), dtype=number).astype(np.int64)
        for at, number in ((7, ">i4"), (8, ">i2"))
    )
    sizes = [len(group[7]) // 4 for group in groups]
    stated = [np.repeat(np.array([group[at] for group in groups], dtype=np.int64), sizes) for at in range(5)]
    exceptions = np.empty(len(groups), dtype=np.object_)
    exceptions[:] = [group[5] or None for group in groups]
    place, step, phase, scale, quality = stated
    nothing, said = np.zeros(len(days), dtype=np.int64), {}
    if size:
        sums = np.frombuffer(b"".join(group[9] for group in groups), dtype=LAYOUTS[size])
        said = {name: sums[name].astype(np.int64) for name in LAYOUTS[size].names or ()}
    return SummedBlocks(
        place, days, step, phase, scale, known,
        said["cut"] * 900 if size else nothing - 1, said.get("head", nothing), said.get("tail", nothing),
        said.get("head_known", nothing), quality, np.repeat(exceptions, sizes),
    )  # fmt: skip


def _joined(tables: Sequence[SummedBlocks]) -> SummedBlocks:
    return SummedBlocks(
        *(
            np.concatenate([getattr(table, column.name) for table in tables])
            for column in fields(SummedBlocks)
        )
    )
