"""Decimal text to exact integers, many cells at once, and never through a float.

Up to sixteen characters of a cell are two 8-byte words; the digits of each word are checked and added up, all cells at
once. A cell that is not plain like -12.345 is ODD, and the caller reads it alone.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from datahub.rows.base import Integers

Buffer = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
PLAIN, EMPTY, ODD = 0, 1, 2
AHEAD = 64  # zero bytes that a buffer has on both sides of its text, so that no word reaches beyond it

_CHUNK = 1 << 16  # cells whose words fit in the processor's cache
_WIDEST = 16  # characters
_U = np.uint64
_EACH_BYTE = 0x0101010101010101  # times b: a word whose bytes are all b
_ONES, _TOPS = _U(_EACH_BYTE), _U(0x80 * _EACH_BYTE)
_ZERO_DIGITS = _U(ord("0") * _EACH_BYTE)
_SIXES, _HIGHS = _U(0x06 * _EACH_BYTE), _U(0xF0 * _EACH_BYTE)
_ALL_BITS = 0xFF * _EACH_BYTE
_EVERY_FOURTH_BYTE = _U(0x000000FF000000FF)
_MILLIONS_AND_HUNDREDS = _U((1_000_000 << 32) + 100)  # the weights of the first and third pair of digits
_TEN_THOUSANDS_AND_ONES = _U((10_000 << 32) + 1)  # of the second and fourth
_NOWHERE, _MIXED = -1, -2
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

    They are indexed as one record, since numpy takes as long for a record as for a word.
    """
    size = 8 * count
    records = np.ndarray((len(buffer) - size + 1,), f"V{size}", buffer=buffer, strides=(1,))
    words: Words = records[starts].view("<u8").reshape(-1, count)
    return words


def unused_bits(lengths: Integers) -> Words:
    """Bits of a word beside `lengths` (0 to 8) bytes."""
    return ((8 - lengths) << 3).view(_U)


def last_bytes(words: Words, stops: Integers, unused: Words) -> Words:
    """The bytes ahead of `stops` at the upper end of a word, with zeros in the `unused` lower bits."""
    last: Words = words[stops - 8]
    last >>= unused  # numpy gives 0 for a shift by 64, where there are no bytes
    last <<= unused
    return last


def numbers(buffer: Buffer, starts: Integers, stops: Integers, mark: str) -> Numbers:
    """The numbers of the cells [starts, stops) of `buffer`, with `mark` before decimals. Any shape."""
    digits, exponents = np.empty(starts.shape, np.int64), np.empty(starts.shape, np.int8)
    state = np.empty(starts.shape, np.uint8)
    words = words_of(buffer)
    rows = max(_CHUNK * len(starts) // max(starts.size, 1), 1)
    for begin in range(0, len(starts), rows):
        chunk = slice(begin, begin + rows)
        _read_chunk(
            buffer, words, starts[chunk].reshape(-1), stops[chunk].reshape(-1), ord(mark),
            digits[chunk].reshape(-1), exponents[chunk].reshape(-1), state[chunk].reshape(-1),
        )  # fmt: skip
    return Numbers(digits, exponents, state)


def _read_chunk(
    buffer: Buffer,
    words: Words,
    starts: Integers,
    stops: Integers,
    mark: int,
    digits: Integers,
    exponents: npt.NDArray[np.int8],
    state: npt.NDArray[np.uint8],
) -> None:
    """Fills the last three arrays, one element a cell."""
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
    low, decimals, bad = _digits(words, stops, near, mark)
    counted = lengths - (decimals >= 0)
    if longest > 8:
        more = np.clip(lengths - 8, 0, 8)
        high, high_decimals, high_bad = _digits(words, stops - 8, more, mark)
        split = high_decimals >= 0  # the mark is in the upper word: all digits of the lower one are decimals
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


def _digits(
    words: Words, stops: Integers, lengths: Integers, mark: int
) -> tuple[Integers, "Integers | np.int64", npt.NDArray[np.bool_]]:
    """(number without its mark, digits after the mark or -1, whether other characters are among them), of the
    `lengths` bytes ahead of `stops`.
    """
    unused = unused_bits(lengths)
    word = last_bytes(words, stops, unused)
    decimals: Integers | np.int64 = np.int64(-1)
    unlike = word ^ (_ONES * _U(mark))
    flags = (unlike - _ONES) & ~unlike & _TOPS  # the upper bit of each byte that is the mark
    place = _common_place(flags)
    if place >= 0:  # all marks are at one place, as in most files
        low = word & _U((1 << (8 * place)) - 1)
        low <<= _U(8)
        word &= _U(_ALL_BITS ^ ((1 << (8 * place + 8)) - 1))
        word |= low
        decimals = np.int64(7 - place)
        unused += _U(8)
    elif place == _MIXED:
        bit = flags & (~flags + _U(1))  # of the first mark; a second one counts as another character below
        marked = bit != 0
        below = (bit >> _U(7)) - _U(1)
        above = ~(bit | (bit - _U(1)))
        word = np.where(marked, ((word & below) << _U(8)) | (word & above), word)
        decimals = np.where(marked, 7 - (np.bitwise_count(bit - _U(1)) >> 3).astype(np.int64), -1)
        unused += marked.astype(_U) << _U(3)
    word ^= _ZERO_DIGITS << unused  # from here on each digit is its byte
    wrong = word + _SIXES
    wrong |= word
    wrong &= _HIGHS
    pairs = word * _U(10)
    word >>= _U(8)
    pairs += word
    high_pairs = (pairs >> _U(16)) & _EVERY_FOURTH_BYTE
    pairs &= _EVERY_FOURTH_BYTE
    pairs *= _MILLIONS_AND_HUNDREDS
    high_pairs *= _TEN_THOUSANDS_AND_ONES
    pairs += high_pairs
    pairs >>= _U(32)
    return pairs.view(np.int64), decimals, wrong != 0


def _common_place(flags: Words) -> int:
    """The byte at which every word has its only mark; _NOWHERE if none has a mark, _MIXED if they differ."""
    common, any_of = int(np.bitwise_and.reduce(flags)), int(np.bitwise_or.reduce(flags))
    if not any_of:
        return _NOWHERE
    if common == any_of and common & (common - 1) == 0:
        return common.bit_length() // 8 - 1
    return _MIXED
