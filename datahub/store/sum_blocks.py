"""What the day blocks of some channels say without being decoded: their sums, counts and qualities."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cdsc_portal.lib.db.prepared import array
from datahub.rows.usage import Quality
from datahub.store.codec import DAY_SECONDS, QUALITY_RUN, Flags, Integers
from datahub.store.store_reads import rows_of_store
from datahub.store.sums import LAYOUTS

QUALITIES = max(Quality) + 1
WANTED = "unnest(%s::bigint[], %s::bigint[], %s::bigint[]) WITH ORDINALITY AS wanted (channel_id, first, past, place)"
# One row for all blocks of an interval; `vals` stay where they are. What has a fixed width comes as two numbers of
# eight bytes a block, read by _WHEN and _WHAT: more keys of the groups, or a computed key, cost half of it again.
_SUMMED = """
    SELECT wanted.place,
        string_agg(int8send(
            ((block.day - DATE '1970-01-01')::bigint << 32) + (block.step::bigint << 16) + block.phase
        ), ''::bytea),
        string_agg(int8send(
            (block.scale::bigint << 48) + (block.quality::bigint << 32) + (block.known::bigint << 16)
            + CASE WHEN octet_length(block.exceptions) > 0 THEN 256 ELSE 0 END + coalesce(octet_length(block.sums), 0)
        ), ''::bytea),
        string_agg(block.sums, ''::bytea),
        string_agg(int4send(octet_length(block.exceptions)) || block.exceptions, ''::bytea)
            FILTER (WHERE octet_length(block.exceptions) > 0)
    FROM unnest(%s::bigint[], %s::date[], %s::date[]) WITH ORDINALITY AS wanted (channel_id, first, last, place)
    JOIN interval_block AS block ON block.channel_id = wanted.channel_id AND block.day BETWEEN first AND last
    WHERE block.known > 0 AND block.day BETWEEN %s AND %s
    GROUP BY wanted.place
"""
_WHEN = np.dtype([("day", ">i4"), ("step", ">i2"), ("phase", ">i2")])
_WHAT = np.dtype(
    [("scale", ">i2"), ("quality", ">i2"), ("known", ">i2"), ("has_exceptions", "u1"), ("size", "u1")]
)


class Wanted(NamedTuple):
    """A channel during [first, past), in epoch seconds."""

    channel: int
    first: int
    past: int


@dataclass(frozen=True, slots=True, eq=False)
class SummedBlocks:
    """An element a block and a wanted interval that it may touch (`place` in the list of those).

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
    exceptions: Integers  # which of `runs`, -1 = none
    runs: Sequence[bytes]  # slots of another quality

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
        kept = {name: getattr(self, name)[keep] for name in self.__slots__ if name != "runs"}
        return replace(self, **kept)


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

    def added(self, alike: Integers) -> "Halves":
        """Neighbours with the same number in `alike` as one, from the first start on; all where a sum may not fit."""
        edges = np.flatnonzero(np.diff(alike, prepend=alike[:1] - 1))
        most = max(int(self.total.max(initial=0)), -int(self.total.min(initial=0)))
        if not len(edges) or most * int(np.diff(edges, append=len(alike)).max()) >= 2**63:
            return self
        known, total, qualities = (
            np.add.reduceat(column, edges) for column in (self.known, self.total, self.qualities)
        )
        return Halves(self.block[edges], self.starts[edges], self.ends[edges], known, total, qualities)


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
    other = np.flatnonzero(blocks.exceptions >= 0)
    runs_of = [blocks.runs[number] for number in blocks.exceptions[other].tolist()]
    runs = np.frombuffer(b"".join(runs_of), dtype=QUALITY_RUN)
    owner = np.repeat(other, [len(packed) // QUALITY_RUN.itemsize for packed in runs_of])
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
    """Blocks with a value that the intervals may touch. One statement, which reads no value; none without intervals."""
    groups = _groups(wanted) if wanted else []
    counts = np.array([len(group[1]) // _WHEN.itemsize for group in groups], dtype=np.int64)
    place = np.repeat(np.array([group[0] - 1 for group in groups], dtype=np.int64), counts)
    when, what = (
        np.frombuffer(b"".join(group[at] for group in groups), dtype=layout)
        for at, layout in ((1, _WHEN), (2, _WHAT))
    )
    stated = _stated_sums(b"".join(group[3] or b"" for group in groups), what["size"].astype(np.int64))
    exceptions = np.where(
        what["has_exceptions"] > 0, np.cumsum(what["has_exceptions"], dtype=np.int64) - 1, -1
    )
    runs = [runs for group in groups for runs in _runs(group[4] or b"")]
    days, step, phase = (when[name].astype(np.int64) for name in _WHEN.names or ())
    scale, quality, known = (what[name].astype(np.int64) for name in ("scale", "quality", "known"))
    return SummedBlocks(
        place, days, step, phase, scale, known, stated["cut"], stated["head"], stated["tail"],
        stated["head_known"], quality, exceptions, runs,
    )  # fmt: skip


def _groups(wanted: Sequence[Wanted]) -> list[tuple[Any, ...]]:
    """Rows of _SUMMED."""
    seconds = np.array([interval[1:] for interval in wanted], dtype=np.int64)
    first, last = seconds.astype("datetime64[s]").astype("datetime64[D]").T
    channels = [interval.channel for interval in wanted]
    columns = arrays(list(zip(channels, first.astype(str).tolist(), last.astype(str).tolist(), strict=True)))
    return rows_of_store(
        _SUMMED, [*columns, first.min().item(), last.max().item()], channels=array(set(channels))
    )


def _stated_sums(packed: bytes, size: Integers) -> dict[str, Integers]:
    """By name, an element a block, of which `packed` holds `size` bytes; the cut in seconds, -1 where it holds none."""
    columns = {name: np.zeros(len(size), dtype=np.int64) for name in ("cut", "head_known", "head", "tail")}
    columns["cut"] -= 1
    table, ends = np.frombuffer(packed, dtype=np.uint8), np.cumsum(size)
    for width, layout in LAYOUTS.items():
        rows = np.flatnonzero(size == width)
        if not len(rows):
            continue
        together = len(rows) * width == len(packed)  # mostly all
        own = table if together else table[(ends[rows] - width)[:, None] + np.arange(width)].reshape(-1)
        sums = own.view(layout)
        for name, column in columns.items():
            column[rows] = sums[name]
        columns["cut"][rows] *= 900
    return columns


def _runs(packed: bytes) -> Iterator[bytes]:
    """Each with its length before it."""
    at = 0
    while at < len(packed):
        length = int.from_bytes(packed[at : at + 4], "big")
        yield packed[at + 4 : at + 4 + length]
        at += 4 + length
