"""Readings in order of channel and time, each start of a channel once."""

import numpy as np

from datahub.rows.base import Integers

Rows = Integers | slice


def in_order(channel: Integers, starts: Integers) -> tuple[Rows, Integers, Integers]:
    """(rows by channel and start, each start once; the other rows; for each of these the row that was taken).

    Of rows with one channel and start the first is taken. Where all rows are in order already, the rows are the slice
    of all of them, which copies nothing.
    """
    step, later = np.diff(channel), np.diff(starts)
    if bool(((step > 0) | ((step == 0) & (later > 0))).all()):
        return slice(None), np.empty(0, np.int64), np.empty(0, np.int64)
    order = np.argsort(starts, kind="stable") if (later < 0).any() else np.arange(len(channel))
    order = order[np.argsort(channel[order], kind="stable")]
    repeats = np.zeros(len(order), np.bool_)
    repeats[1:] = (np.diff(channel[order]) == 0) & (np.diff(starts[order]) == 0)
    first = np.maximum.accumulate(np.where(repeats, 0, np.arange(len(order))))
    return order[~repeats], order[repeats], order[first][repeats]


def repeat_reason(line: int, *, same: bool) -> str:
    """Why a row whose start was taken from `line` is rejected; `same`: it has the same value."""
    return f"{'repeats' if same else 'gives another value for the start of'} line {line}"
