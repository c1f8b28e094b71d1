"""Columns of numbers and instants as text, without a Python object each: a row of bytes a value, padded with NUL.

Rows may be set side by side (a CSV line) or one after the other (a JSON array); `text` drops the padding.
"""

from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Cells = npt.NDArray[np.uint8]

_GROUP = 10_000  # four digits are looked up at a time
_MINUS, _DOT, _ZERO = b"-.0"
_DAY = 86_400


def text(cells: Cells) -> bytes:
    """All rows in order, padding dropped."""
    return cells.tobytes().translate(None, b"\0")


def decimal_cells(
    values: Integers,
    known: Flags,
    scale: int,
    *,
    before: bytes = b"",
    after: bytes = b"",
    unknown: bytes = b"",
    trimmed: bool = False,
) -> Cells:
    """values / 10**`scale` in plain notation with all `scale` decimals, between `before` and `after`.

    Any 64-bit value, any scale (a negative one adds zeros). A row where `known` is false is `unknown` instead.
    `trimmed`: without the zeros that decimals end in.
    """
    if (
        not trimmed and len(values) and int(values.view(np.uint64).max()) < _GROUP
    ):  # below 0 is far above there
        table = _small_number_table(scale, before, after, unknown)
        place = values if known.all() else np.where(known, values, _GROUP)
        return table.take(place, axis=0).view(np.uint8).reshape(len(values), -1)
    return _compose(values, known, scale, before, after, unknown, trimmed=trimmed)


def instant_cells(seconds: Integers) -> Cells:
    """Epoch seconds as RFC 3339 in UTC, `2026-03-01T08:00:00Z`; years 0 to 9999; fast where days repeat."""
    day, second = np.divmod(seconds, _DAY)
    edges = np.flatnonzero(np.diff(day)) + 1
    first = np.concatenate([[0], edges]) if len(day) else edges
    dates = np.datetime_as_string(day[first].astype("datetime64[D]")).astype("S10")
    cells = np.empty((len(seconds), 20), dtype=np.uint8)
    cells[:, :10] = np.repeat(_bytes_of(dates), np.diff(np.append(first, len(day))), axis=0)
    cells[:, 10] = ord("T")
    cells[:, 11:19] = _times_of_day()[second]
    cells[:, 19] = ord("Z")
    return cells


def fixed_cells(words: list[str], codes: npt.NDArray[np.uint8]) -> Cells:
    """The word of each code."""
    return _bytes_of(np.array([word.encode() for word in words]))[codes]


def _compose(
    values: Integers,
    known: Flags,
    scale: int,
    before: bytes,
    after: bytes,
    unknown: bytes,
    *,
    trimmed: bool = False,
) -> Cells:
    zero = before + b"0" + after
    zeros, scale = b"0" * -scale, max(scale, 0)
    after = zeros + after
    sizes = np.abs(values).view(np.uint64)  # the least integer has no positive twin but this one
    digits = _digits(sizes, scale + 1, trimmed=scale if trimmed else 0)
    rows, width = digits.shape
    negative = values < 0
    head = len(before) + int(negative.any())
    dot = head + width - scale
    end = dot + scale + (scale > 0)
    cells = np.zeros((rows, max(end + len(after), len(unknown))), dtype=np.uint8)
    # column by column: rows of a few bytes are slow to fill
    for place, letter in (*enumerate(before), *enumerate(after, end)):
        cells[:, place] = letter
    cells[negative, head - 1] = _MINUS
    for place in range(width - scale):
        cells[:, head + place] = digits[:, place]
    if scale:
        # no point where no decimal is left
        cells[:, dot] = (digits[:, width - scale] != 0) * np.uint8(_DOT) if trimmed else _DOT
        cells[:, dot + 1 : end] = digits[:, width - scale :]
    if zeros:
        cells[values == 0] = _as_cells(zero.ljust(cells.shape[1], b"\0"))
    if not known.all():
        cells[~known] = _as_cells(unknown.ljust(cells.shape[1], b"\0"))
    return cells


def _as_cells(side: bytes) -> Cells:
    return np.frombuffer(side, dtype=np.uint8)


def _digits(sizes: npt.NDArray[np.uint64], shown: int, *, trimmed: int) -> Cells:
    """Four columns a group; zeros in front of a number are NUL, but for the last `shown` digits, and so are those that
    its last `trimmed` digits end in.
    """
    groups = max(-(-shown // 4), -(-len(str(int(sizes.max(initial=0)))) // 4))
    cells = np.empty((len(sizes), groups), dtype=np.uint32)
    rest = sizes
    ending: Flags = np.full(len(sizes), trimmed > 0)
    for place in range(groups):  # from the last group to the first
        left = rest // _GROUP
        group = (rest - left * _GROUP).astype(np.intp)
        table = _four_digit_table(min(max(shown - 4 * place, 0), 4), min(max(trimmed - 4 * place, 0), 4))
        cells[:, groups - 1 - place] = table[group + (left == 0) * _GROUP + ending * (2 * _GROUP)]
        ending &= group == 0
        rest = left
    return cells.view(np.uint8)


@cache
def _four_digit_table(shown: int, trimmed: int) -> npt.NDArray[np.uint32]:
    """0 to 9999 in four digits; then again, for the first group, where only `shown` of the leading zeros stay. Then
    both without the zeros that the last `trimmed` digits end in.
    """
    number, power = np.arange(_GROUP)[:, None], np.array([1000, 100, 10, 1])
    full = (number // power % 10 + _ZERO).astype(np.uint8)
    bare = np.where((number >= power) | (np.arange(4) >= 4 - shown), full, 0).astype(np.uint8)
    ending = (number % (power * 10) == 0) & (np.arange(4) >= 4 - trimmed)
    tables = [full, bare, np.where(ending, 0, full), np.where(ending, 0, bare)]
    return np.concatenate(tables).astype(np.uint8).view(np.uint32).ravel()


@lru_cache(maxsize=64)
def _small_number_table(scale: int, before: bytes, after: bytes, unknown: bytes) -> npt.NDArray[np.uint64]:
    """The cells of 0 to 9999, and last the one of the unknown: one look-up a value."""
    numbers = np.append(np.arange(_GROUP), 0)
    known = np.arange(_GROUP + 1) < _GROUP
    cells = _compose(numbers, known, scale, before, after, unknown)
    return np.pad(cells, ((0, 0), (0, -cells.shape[1] % 8))).view(np.uint64)


@cache
def _times_of_day() -> Cells:
    """`hh:mm:ss` of each second of a day."""
    second = np.arange(_DAY)[:, None]
    digits = (
        np.hstack([part // [10, 1] % 10 for part in (second // 3600, second // 60 % 60, second % 60)]) + _ZERO
    )
    return np.insert(digits, [2, 4], ord(":"), axis=1).astype(np.uint8)


def _bytes_of(words: npt.NDArray[np.bytes_]) -> Cells:
    return words.view(np.uint8).reshape(len(words), words.itemsize)
