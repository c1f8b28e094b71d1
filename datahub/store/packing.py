"""Blocks as the bytes of a binary COPY: exact integers in the fewest bytes, without a Python object a block.

A numpy structured type has the layout of a COPY tuple: big-endian lengths and fields, and the slots of a block as one
little-endian field. Rows of one width without exceptions are one piece of memory.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from datahub.store.codec import (
    DAY_SECONDS,
    QUALITY_RUN,
    VERSION_RUN,
    WIDTHS,
    AnyIntegers,
    Codes,
    Flags,
    Integers,
    Rows,
    shared_code,
)
from datahub.store.sums import PackedSums, packed_sums

COPY_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
COPY_END = b"\xff\xff"
# the first columns of a tuple, which depend on the table, then those of a block; with the bytes of their fields
_LEADING = {"place": 4, "flags": 2, "modified": 8, "feed_run_id": 8}
_FIXED = {
    "channel_id": 8, "day": 4, "step": 2, "phase": 2, "scale": 2, "quality": 2, "version": 8, "known": 2,
}  # fmt: skip
_OPEN = ("sums", "vals", "exceptions", "versions")
FIELDS = ", ".join((*_FIXED, *_OPEN))
STAGE = """place integer, flags smallint, channel_id bigint, day date, step smallint, phase smallint, scale smallint,
    quality smallint, version bigint, known smallint, sums bytea, vals bytea, exceptions bytea, versions bytea"""
_DAYS_TO_2000 = 10_957  # the database counts days from there
_EMPTY_FIELD = bytes(4)  # its length
_Texts = npt.NDArray[np.object_]
Lead = Mapping[str, Integers | int]  # columns of `_LEADING`; a number holds for all rows


@dataclass(frozen=True, slots=True, eq=False)
class PackedBlocks:
    """Blocks of one step with every column of the table; equal content is packed equally.

    `usual_*` is what most slots have; `exceptions` and `versions` are the runs that differ, None: no block has any.
    """

    step: int
    channel: Integers
    day: Integers
    phase: Integers
    scale: Integers
    values: AnyIntegers
    known: Flags
    usual_quality: Integers
    exceptions: _Texts | None
    usual_version: Integers
    versions: _Texts | None
    sums: PackedSums

    @classmethod
    def of(
        cls, *, step: int, channel: Integers, day: Integers, phase: Integers, scale: Integers, values: AnyIntegers,
        known: Flags, stated: Flags, quality: Codes, version: Integers | int, zone: str,
    ) -> "PackedBlocks":  # fmt: skip
        """A row a block, a column a slot; a `version` that is a number is that of all slots."""
        usual_quality, exceptions = coded(quality, stated, known, QUALITY_RUN)
        if isinstance(version, int):
            usual_version, versions = np.full(len(day), version, dtype=np.int64), None
        else:
            usual_version, versions = coded(version, stated, stated, VERSION_RUN)
        sums = packed_sums(day=day, phase=phase, step=step, values=values, known=known, zone=zone)
        return cls(
            step, channel, day, phase, scale, values, known, usual_quality, exceptions, usual_version, versions, sums
        )  # fmt: skip


def coded(
    codes: npt.NDArray[Any], stated: Flags, usual_of: Flags, run: np.dtype[np.void]
) -> tuple[Integers, _Texts | None]:
    """The code that most slots of `usual_of` have in each row (0 without any), and the runs of `stated` that differ."""
    only = shared_code(codes)
    if only is not None and (usual_of is stated or np.array_equal(usual_of, stated)):
        return np.where(stated.any(axis=1), only, 0), None
    usual = _most_frequent(codes, usual_of)
    differs = np.where(stated, codes, usual[:, None]).astype(np.int64)
    rows = np.flatnonzero((differs != usual[:, None]).any(axis=1))
    if not len(rows):
        return usual, None
    return usual, _runs(differs[rows], usual[rows], rows, len(codes), run)


def _most_frequent(codes: npt.NDArray[Any], among: Flags) -> Integers:
    """Of each row the code that most of these slots have, the least of several such; 0 without any."""
    least = np.iinfo(np.int64).min
    order = np.sort(np.where(among, codes, least), axis=1)
    starts = np.ones(order.shape, dtype=np.bool_)
    starts[:, 1:] = order[:, 1:] != order[:, :-1]
    place = np.arange(order.shape[1])
    length = place - np.maximum.accumulate(np.where(starts, place, 0), axis=1)  # of the run so far
    longest = np.where(order == least, -1, length).argmax(axis=1)
    frequent = order[np.arange(len(order)), longest]
    return np.where(among.any(axis=1), frequent, 0).astype(np.int64)


def _runs(differs: Integers, usual: Integers, rows: Rows, count: int, run: np.dtype[np.void]) -> _Texts:
    slots = differs.shape[1]
    edge = np.ones(differs.shape, dtype=np.bool_)
    edge[:, 1:] = differs[:, 1:] != differs[:, :-1]
    first = np.flatnonzero(edge)
    code = differs.ravel()[first]
    kept = code != usual[first // slots]
    each = np.empty(int(kept.sum()), dtype=run)
    each["start"], each["code"] = (first % slots)[kept], code[kept]
    each["length"] = np.diff(np.append(first, differs.size))[kept]
    packed = each.tobytes()
    ends = np.cumsum(np.bincount((first // slots)[kept], minlength=len(rows))) * run.itemsize
    texts = np.full(count, b"", dtype=object)
    starts = np.concatenate([[0], ends[:-1]])
    texts[rows] = [packed[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    return texts


def widths(values: AnyIntegers, known: Flags) -> Integers:
    """Bytes a slot of each row: the narrowest whose range without its minimum holds all its known values."""
    if values.itemsize == 1 or not values.size:
        highest = np.abs(values.astype(np.int16)).max(axis=1, initial=0).astype(np.int64)
    else:
        highest = np.maximum(values.max(axis=1), -values.min(axis=1).astype(np.int64))
    limits = [2 ** (8 * width - 1) - 1 for width in WIDTHS]
    widths: Integers = np.array(WIDTHS, dtype=np.int64)[np.searchsorted(limits, highest)]
    return widths


def copy_tuples(packed: PackedBlocks, lead: Lead) -> Iterator[bytes]:
    """The rows as tuples of a binary COPY, in their order: the columns of `lead`, then `FIELDS`."""
    width, sums_size = widths(packed.values, packed.known), packed.sums.size
    kinds = np.unique(width * 256 + sums_size).tolist()
    has_tails = packed.exceptions is not None or packed.versions is not None
    if len(kinds) == 1 and not has_tails:
        yield _table(packed, slice(None), kinds[0] // 256, kinds[0] % 256, lead, bare=False).tobytes()
        return
    pieces = np.empty((len(packed.day), 2), dtype=object)
    for kind in kinds:
        rows = np.flatnonzero((width == kind // 256) & (sums_size == kind % 256))
        table = _table(packed, rows, kind // 256, kind % 256, lead, bare=True)
        pieces[rows, 0] = table.view(f"V{table.itemsize}").tolist()
    pieces[:, 1] = 2 * _EMPTY_FIELD
    if has_tails:  # the last two fields of each row
        none = np.full(len(packed.day), b"", dtype=object)
        exceptions = none if packed.exceptions is None else packed.exceptions
        versions = none if packed.versions is None else packed.versions
        pieces[:, 1] = [
            len(first).to_bytes(4, "big") + first + len(second).to_bytes(4, "big") + second
            for first, second in zip(exceptions.tolist(), versions.tolist(), strict=True)
        ]
    yield b"".join(pieces.ravel().tolist())


def _table(
    packed: PackedBlocks, rows: Rows | slice, width: int, sums_size: int, lead: Lead, *, bare: bool
) -> npt.NDArray[np.void]:  # fmt: skip
    slots = DAY_SECONDS // packed.step
    layout = [("fields", ">i2")]
    fixed = {name: _LEADING[name] for name in lead} | _FIXED
    for name, size in fixed.items():
        layout += [(f"{name}_size", ">i4"), (name, f">i{size}")]
    layout += [("sums_size", ">i4"), ("sums", f"V{sums_size}"), ("vals_size", ">i4")]
    kind = np.dtype([*layout, ("vals", f"<i{width}", (slots,)), *([] if bare else [("tail", "V8")])])
    day = packed.day[rows]
    table = np.zeros(len(day), dtype=kind)
    table["fields"] = len(fixed) + len(_OPEN)
    for name, size in fixed.items():
        table[f"{name}_size"] = size
    for name, column in lead.items():
        table[name] = column if isinstance(column, int) else column[rows]
    table["channel_id"], table["day"] = packed.channel[rows], day - _DAYS_TO_2000
    table["step"], table["phase"], table["scale"] = packed.step, packed.phase[rows], packed.scale[rows]
    table["quality"], table["version"] = packed.usual_quality[rows], packed.usual_version[rows]
    known, values = packed.known[rows], packed.values[rows]
    filled = np.count_nonzero(known, axis=1)
    table["known"] = filled
    table["sums_size"] = sums_size or -1  # null
    if sums_size:
        table["sums"] = packed.sums.of_size(sums_size)[rows].view(f"V{sums_size}")
    table["vals_size"] = width * slots
    table["vals"] = values
    gaps = np.flatnonzero(filled < slots)
    if len(gaps):
        table["vals"][gaps] = np.where(known[gaps], values[gaps], -(2 ** (8 * width - 1)))
    return table
