"""Day blocks as numpy sees them, and how bytes from the database become them. `packing` goes the other way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from datahub.rows.base import MOST_INT64
from datahub.rows.usage import Quality

DAY_SECONDS = 86_400
MOST = MOST_INT64  # the largest value and, negative, the smallest: the least 64-bit integer marks the unknown
NEVER = -(2**63)  # the version of a slot that no file has stated
WIDTHS = (1, 2, 4, 8)  # bytes a slot
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]
AnyIntegers = npt.NDArray[np.signedinteger[Any]]
Rows = npt.NDArray[np.intp]
Code = TypeVar("Code", np.uint8, np.int64)

_EPOCH = date(1970, 1, 1).toordinal()
QUALITY_RUN = np.dtype([("start", "<u2"), ("length", "<u2"), ("code", "u1")])
VERSION_RUN = np.dtype([("start", "<u2"), ("length", "<u2"), ("code", "<i8")])


class BlockRow(NamedTuple):
    """A block as the table holds it; its sums stand apart (`sums`)."""

    channel_id: int
    day: date
    step: int
    phase: int
    scale: int
    vals: bytes
    quality: int
    exceptions: bytes | None
    version: int
    versions: bytes | None
    known: int


COLUMNS = ", ".join(BlockRow._fields)


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Blocks of one step as arrays: a row a block, a column a slot.

    `day` counts days since 1970-01-01. Where `known` is false, `values` is 0 and means nothing; such a slot was
    either withdrawn (quality WITHDRAWN) or stated by no file (version NEVER).
    """

    step: int
    channel: Integers
    day: Integers
    phase: Integers
    scale: Integers
    values: Integers
    known: Flags
    quality: Codes
    version: Integers

    @property
    def stated(self) -> Flags:
        """Slots that some file has stated, with a value or withdrawn."""
        flags: Flags = self.version != NEVER
        return flags

    def take(self, rows: Rows | slice) -> "Blocks":
        """These rows in this order."""
        return Blocks(
            self.step, self.channel[rows], self.day[rows], self.phase[rows], self.scale[rows],
            self.values[rows], self.known[rows], self.quality[rows], self.version[rows],
        )  # fmt: skip


def scaled_up(values: Integers, by: Integers) -> tuple[Integers, Flags]:
    """`values` times 10**`by`, and where that fits 64 bits; where it does not, the value is 0."""
    if not np.any(by):
        return values, np.ones(values.shape, dtype=np.bool_)
    limits = np.array([MOST // 10**power for power in range(19)] + [0], dtype=np.int64)
    power = np.minimum(by, 19)
    limit = limits[power]
    fits = (values <= limit) & (values >= -limit)
    factor = np.array([10**power for power in range(19)] + [0], dtype=np.int64)[power]
    return np.where(fits, values, 0) * factor, fits


def decoded(rows: Sequence[BlockRow], *, step: int) -> Blocks:
    """The arrays of `rows`, which all have this step."""
    slots = DAY_SECONDS // step
    values = np.zeros((len(rows), slots), dtype=np.int64)
    known: Flags = np.zeros((len(rows), slots), dtype=np.bool_)
    width_of = np.array([len(row.vals) // slots for row in rows])
    for width in WIDTHS:
        places = np.flatnonzero(width_of == width)
        values[places], known[places] = unpacked(
            b"".join(rows[place].vals for place in places.tolist()), width, slots
        )
    quality = _coded([(row.quality, row.exceptions) for row in rows], np.uint8, slots, QUALITY_RUN)
    version = _coded([(row.version, row.versions) for row in rows], np.int64, slots, VERSION_RUN)
    version[~known & (quality != Quality.WITHDRAWN)] = NEVER
    return Blocks(
        step,
        np.array([row.channel_id for row in rows], dtype=np.int64),
        np.array([row.day.toordinal() - _EPOCH for row in rows], dtype=np.int64),
        np.array([row.phase for row in rows], dtype=np.int64),
        np.array([row.scale for row in rows], dtype=np.int64),
        values, known, quality, version,
    )  # fmt: skip


def _coded(
    column: Sequence[tuple[int, bytes | None]], kind: type[Code], slots: int, run: np.dtype[np.void]
) -> npt.NDArray[Code]:
    usual = np.array([code for code, _ in column], dtype=kind)
    sizes = np.array([len(runs or b"") for _, runs in column], dtype=np.int64)
    return filled(usual, sizes, b"".join(runs or b"" for _, runs in column), slots, run)


def unrepeated(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A view without what a broadcast array repeats."""
    return column[tuple(slice(0, 1) if stride == 0 else slice(None) for stride in column.strides)]


def shared_code(codes: npt.NDArray[Any]) -> int | None:
    """The code that all slots have, 0 without a slot; None where they differ."""
    distinct = unrepeated(codes)
    if not distinct.size:
        return 0
    least, most = int(distinct.min()), int(distinct.max())
    return least if least == most else None


def unpacked(packed: bytes, width: int, slots: int) -> tuple[Integers, Flags]:
    """(values, known) of blocks of `width` bytes a slot, one after the other; the minimum of the width is unknown."""
    raw = np.frombuffer(packed, dtype=f"<i{width}").reshape(-1, slots)
    known = raw != -(2 ** (8 * width - 1))
    values = raw.astype(np.int64)
    if not known.all():
        values[~known] = 0
    return values, known


def filled(
    usual: npt.NDArray[Code], sizes: Integers, runs: bytes, slots: int, run: np.dtype[np.void]
) -> npt.NDArray[Code]:
    """Each row its usual code, and where the row's runs (`sizes` bytes of `runs`) say so, theirs."""
    table = np.repeat(usual[:, None], slots, axis=1)
    if not runs:
        return table
    each = np.frombuffer(runs, dtype=run)
    row = np.repeat(np.arange(len(usual)), sizes // run.itemsize)
    lengths = each["length"].astype(np.int64)
    first = row * slots + each["start"] - np.cumsum(lengths) + lengths
    table.ravel()[np.repeat(first, lengths) + np.arange(lengths.sum())] = np.repeat(each["code"], lengths)
    return table
