"""Day blocks between numpy and the database: exact integers in the fewest bytes, and nothing invented."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from datahub.feeds.formats.base import Quality

DAY_SECONDS = 86_400
MOST = 2**63 - 1  # the least 64-bit integer marks the unknown
NEVER = -(2**63)  # the version of a slot that no file has spoken of
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]
Code = TypeVar("Code", np.uint8, np.int64)

_WIDTHS = (1, 2, 4, 8)
_EPOCH = date(1970, 1, 1).toordinal()
QUALITY_RUN = np.dtype([("start", "<u2"), ("length", "<u2"), ("code", "u1")])
_VERSION_RUN = np.dtype([("start", "<u2"), ("length", "<u2"), ("code", "<i8")])


class BlockRow(NamedTuple):
    """A block as the table holds it, in the order of its columns."""

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
    either withdrawn (quality WITHDRAWN) or never spoken of (version NEVER).
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
    def said(self) -> Flags:
        """Slots of which some file has spoken."""
        return self.version != NEVER

    @property
    def keys(self) -> list[tuple[int, int, int]]:
        return list(zip(self.channel.tolist(), self.day.tolist(), self.phase.tolist(), strict=True))

    def take(self, rows: npt.NDArray[np.intp]) -> "Blocks":
        """These rows in this order."""
        return Blocks(
            self.step, self.channel[rows], self.day[rows], self.phase[rows], self.scale[rows],
            self.values[rows], self.known[rows], self.quality[rows], self.version[rows],
        )  # fmt: skip


def scaled_up(values: Integers, by: Integers) -> tuple[Integers, Flags]:
    """`values` times 10**`by`, and where that fits 64 bits; where it does not, the value is 0."""
    limits = np.array([MOST // 10**power for power in range(19)] + [0], dtype=np.int64)
    power = np.minimum(by, 19)
    limit = limits[power]
    fits = (values <= limit) & (values >= -limit)
    factor = np.array([10**power for power in range(19)] + [0], dtype=np.int64)[power]
    return np.where(fits, values, 0) * factor, fits


def encoded(blocks: Blocks) -> Iterable[BlockRow]:
    """The rows of `blocks`; equal content gives equal bytes."""
    vals = _packed(blocks.values, blocks.known)
    counts = blocks.known.sum(axis=1).tolist()
    heads = zip(blocks.keys, blocks.scale.tolist(), strict=True)
    for row, ((channel, day, phase), scale) in enumerate(heads):
        said, known = blocks.said[row], blocks.known[row]
        quality, exceptions = _with_exceptions(blocks.quality[row], said, known, QUALITY_RUN)
        version, versions = _with_exceptions(blocks.version[row], said, said, _VERSION_RUN)
        yield BlockRow(
            channel, date.fromordinal(_EPOCH + day), blocks.step, phase, scale,
            vals[row], quality, exceptions, version, versions, counts[row],
        )  # fmt: skip


def decoded(rows: Sequence[BlockRow], *, step: int) -> Blocks:
    """The arrays of `rows`, which all have this step."""
    slots = DAY_SECONDS // step
    values, known = _unpacked([row.vals for row in rows], slots)
    quality = _filled([(row.quality, row.exceptions) for row in rows], slots, QUALITY_RUN, np.uint8)
    version = _filled([(row.version, row.versions) for row in rows], slots, _VERSION_RUN, np.int64)
    version[~known & (quality != Quality.WITHDRAWN)] = NEVER
    return Blocks(
        step,
        np.array([row.channel_id for row in rows], dtype=np.int64),
        np.array([row.day.toordinal() - _EPOCH for row in rows], dtype=np.int64),
        np.array([row.phase for row in rows], dtype=np.int64),
        np.array([row.scale for row in rows], dtype=np.int64),
        values, known, quality, version,
    )  # fmt: skip


def _packed(values: Integers, known: Flags) -> list[bytes]:
    """Each row in the narrowest width whose range without its minimum holds all."""
    highest = np.abs(np.where(known, values, 0)).max(axis=1)
    packed: list[bytes] = [b""] * len(values)
    width_of = np.searchsorted([2 ** (8 * width - 1) - 1 for width in _WIDTHS], highest)
    for place, width in enumerate(_WIDTHS):
        rows = np.flatnonzero(width_of == place)
        unknown = -(2 ** (8 * width - 1))
        table = np.where(known[rows], values[rows], unknown).astype(f"<i{width}")
        for row, line in zip(rows.tolist(), table, strict=True):
            packed[row] = line.tobytes()
    return packed


def _unpacked(packed: Sequence[bytes], slots: int) -> tuple[Integers, Flags]:
    values = np.zeros((len(packed), slots), dtype=np.int64)
    known = np.zeros((len(packed), slots), dtype=np.bool_)
    width_of = np.array([len(line) // slots for line in packed])
    for width in _WIDTHS:
        rows = np.flatnonzero(width_of == width)
        raw = np.frombuffer(b"".join(packed[row] for row in rows.tolist()), dtype=f"<i{width}")
        table = raw.reshape(len(rows), slots).astype(np.int64)
        known[rows] = table != -(2 ** (8 * width - 1))
        values[rows] = np.where(known[rows], table, 0)
    return values, known


def _with_exceptions(
    codes: npt.NDArray[np.generic], said: Flags, usual_of: Flags, run: np.dtype[np.void]
) -> tuple[int, bytes | None]:
    """The code that most slots of `usual_of` have, and the runs of `said` that have another."""
    present, counts = np.unique(codes[usual_of], return_counts=True)
    usual = int(present[counts.argmax()]) if len(present) else 0
    differs = np.where(said, codes, usual)
    if (differs == usual).all():
        return usual, None
    edges = np.flatnonzero(np.diff(differs, prepend=usual) != 0)
    runs = np.empty(len(edges), dtype=run)
    runs["start"], runs["code"] = edges, differs[edges]
    runs["length"] = np.diff(np.append(edges, len(differs)))
    return usual, runs[runs["code"] != usual].tobytes()


def _filled(
    usual: Sequence[tuple[int, bytes | None]], slots: int, run: np.dtype[np.void], kind: type[Code]
) -> npt.NDArray[Code]:
    table = np.repeat(np.array([code for code, _ in usual], dtype=kind)[:, None], slots, axis=1)
    for row, (_, exceptions) in enumerate(usual):
        for start, length, code in np.frombuffer(exceptions or b"", dtype=run).tolist():
            table[row, start : start + length] = code
    return table
