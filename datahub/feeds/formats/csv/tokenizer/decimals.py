"""Decimal text to exact integers, many cells at once, and never through a float.

Up to sixteen characters of a cell are two 8-byte words; figures are checked and summed up in both, all cells at once.
What is no plain `-12.345` is left to the caller to look at alone.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from datahub.rows.base import Integers

Buffer = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
PLAIN, EMPTY, ODD = 0, 1, 2
AHEAD = 64  # zero bytes that a buffer has on both sides of its text, so that no word reaches beyond it

_CHUNK = 1 << 16  # cells whose words stay in the processor's cache
_WIDEST = 16
_U = np.uint64
_ONES = _U(0x0101010101010101)
_TOPS = _U(0x8080808080808080)
_ZEROS = _U(0x3030303030303030)
_SIXES = _U(0x0606060606060606)
_HIGHS = _U(0xF0F0F0F0F0F0F0F0)
_EVERY = 0xFFFFFFFFFFFFFFFF
_PAIRS = _U(0x000000FF000000FF)
_MINUS, _PLUS = ord("-"), ord("+")


class Numbers(NamedTuple):
    """Cell i is digits[i] * 10**exponents[i] where state[i] is PLAIN; elsewhere digits and exponent are 0."""

    digits: Integers
    exponents: npt.NDArray[np.int8]
    state: npt.NDArray[np.uint8]


def words_of(buffer: Buffer) -> Words:
    """Eight bytes as one word, at every place: words[p] are the bytes p to p + 7, the first the lowest."""
    return np.ndarray((len(buffer) - 7,), np.dtype("<u8"), buffer=buffer, strides=(1,))


def words_from(buffer: Buffer, starts: Integers, count: int) -> Words:
    """`count` words one after the other from each of `starts` on: (rows, count). At most AHEAD bytes.

    A look-up costs the same for one word as for a few.
    """
    size = 8 * count
    records = np.ndarray((len(buffer) - size + 1,), f"V{size}", buffer=buffer, strides=(1,))
    found: Words = records[starts].view("<u8").reshape(-1, count)
    return found


def last_bytes(words: Words, stops: Integers, lengths: Integers) -> Words:
    """The last `lengths` (0 to 8) bytes ahead of `stops`, at the upper end of a word; zeros below."""
    return _upper_bytes(words, stops, _unused(lengths))


def _unused(lengths: Integers) -> Words:
    """How many bits at the lower end of a word stay free beside `lengths` (0 to 8) bytes."""
    return ((8 - lengths) << 3).view(_U)


def _upper_bytes(words: Words, stops: Integers, unused: Words) -> Words:
    taken: Words = words[stops - 8]
    taken >>= unused  # by 64: nothing is left
    taken <<= unused
    return taken


def numbers(buffer: Buffer, starts: Integers, stops: Integers, mark: str) -> Numbers:
    """What is written in the cells [starts, stops) of `buffer`, with `mark` before decimals. Any shape."""
    digits, exponents = np.empty(starts.shape, np.int64), np.empty(starts.shape, np.int8)
    state = np.empty(starts.shape, np.uint8)
    words = words_of(buffer)
    rows = max(_CHUNK * len(starts) // max(starts.size, 1), 1)
    for begin in range(0, len(starts), rows):
        here = slice(begin, begin + rows)
        _chunk(
            buffer, words, starts[here].reshape(-1), stops[here].reshape(-1), ord(mark),
            digits[here].reshape(-1), exponents[here].reshape(-1), state[here].reshape(-1),
        )  # fmt: skip
    return Numbers(digits, exponents, state)


def _chunk(
    buffer: Buffer,
    words: Words,
    starts: Integers,
    stops: Integers,
    mark: int,
    digits: Integers,
    exponents: npt.NDArray[np.int8],
    state: npt.NDArray[np.uint8],
) -> None:
    lengths = stops - starts
    lead = buffer[starts]
    minus = lead == _MINUS
    signed = minus | (lead == _PLUS)
    if signed.any():
        signed &= lengths > 0
        minus &= signed
        lengths -= signed
    longest = int(lengths.max(initial=0))
    near = lengths if longest <= 8 else np.minimum(lengths, 8)
    low, decimals, bad = _figures(words, stops, near, mark)
    counted = lengths - (decimals >= 0)
    if longest > 8:
        more = np.clip(lengths - 8, 0, 8)
        high, high_decimals, high_bad = _figures(words, stops - 8, more, mark)
        split = high_decimals >= 0  # the mark is in the upper word: all figures of the lower one are decimals
        bad |= high_bad | (split & (decimals >= 0)) | (lengths > _WIDEST)
        power = np.where(decimals >= 0, 10**7, 10**8)
        low = np.where(more > 0, low + high * power, low)
        counted -= split
        decimals = np.where(split, high_decimals + 8, decimals)
    np.copyto(digits, np.where(minus, -low, low) if minus.any() else low)
    np.negative(np.maximum(decimals, 0), out=exponents, casting="unsafe")
    bad |= counted <= 0
    np.multiply(bad, ODD, out=state, casting="unsafe")
    if bad.any():
        state[stops <= starts] = EMPTY
        digits[bad] = 0
        exponents[bad] = 0


def _figures(
    words: Words, stops: Integers, lengths: Integers, mark: int
) -> tuple[Integers, "Integers | np.int64", npt.NDArray[np.bool_]]:
    """What the `lengths` bytes ahead of `stops` say: (number without its mark, figures after the mark or -1, whether
    anything else is among them)."""
    unused = _unused(lengths)
    word = _upper_bytes(words, stops, unused)
    decimals: Integers | np.int64 = np.int64(-1)
    place = _same_place(word, mark)
    if place >= 0:  # all marks stand in one place, as they do in most files
        low = word & _U((1 << (8 * place)) - 1)
        low <<= _U(8)
        word &= _U(_EVERY ^ ((1 << (8 * place + 8)) - 1))
        word |= low
        decimals = np.int64(7 - place)
        unused += _U(8)
    elif place == _MIXED:
        unlike = word ^ (_ONES * _U(mark))
        flags = (unlike - _ONES) & ~unlike & _TOPS
        bit = flags & (~flags + _U(1))  # of the first mark; a second one stays and is found out below
        marked = bit != 0
        below = (bit >> _U(7)) - _U(1)
        above = ~(bit | (bit - _U(1)))
        word = np.where(marked, ((word & below) << _U(8)) | (word & above), word)
        decimals = np.where(marked, 7 - (np.bitwise_count(bit - _U(1)) >> 3).astype(np.int64), -1)
        unused += marked.astype(_U) << _U(3)
    word ^= _ZEROS << unused  # each figure is its byte from here on
    wrong = word + _SIXES
    wrong |= word
    wrong &= _HIGHS
    pairs = word * _U(10)
    word >>= _U(8)
    pairs += word
    high_pairs = (pairs >> _U(16)) & _PAIRS
    pairs &= _PAIRS
    pairs *= _U(0x000F424000000064)
    high_pairs *= _U(0x0000271000000001)
    pairs += high_pairs
    pairs >>= _U(32)
    return pairs.view(np.int64), decimals, wrong != 0


_NONE, _MIXED = -1, -2


def _same_place(word: Words, mark: int) -> int:
    """The byte at which every word has its only mark; _NONE if none has any, _MIXED if they differ."""
    unlike = word ^ (_ONES * _U(mark))
    flags = (unlike - _ONES) & ~unlike & _TOPS
    common, any_of = int(np.bitwise_and.reduce(flags)), int(np.bitwise_or.reduce(flags))
    if not any_of:
        return _NONE
    if common == any_of and common & (common - 1) == 0:
        return common.bit_length() // 8 - 1
    return _MIXED
