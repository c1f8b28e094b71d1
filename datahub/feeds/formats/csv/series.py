"""Readings of many lines put in order, each start of a channel once."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from datahub.feeds.formats.csv.channels import Told
from datahub.rows.base import Integers
from datahub.rows.usage import ChannelKeys, Direction

_OTHER_WAY: Mapping[Direction, Direction] = {"import": "export", "export": "import"}

Rows = Integers | slice


class Repeats(NamedTuple):
    """late[k] speaks of the same channel and start as first[k], a row before it."""

    late: Integers
    first: Integers


def in_order(channel: Integers, starts: Integers) -> tuple[Rows, Repeats]:
    """(rows in order of channel and start, of those alike only the first; the others).

    Rows that are in order already stay where they are: the slice of all of them, which copies nothing.
    """
    step, later = np.diff(channel), np.diff(starts)
    if bool(((step > 0) | ((step == 0) & (later > 0))).all()):
        return slice(None), Repeats(np.empty(0, np.int64), np.empty(0, np.int64))
    order = np.argsort(starts, kind="stable") if (later < 0).any() else np.arange(len(channel))
    order = order[np.argsort(channel[order], kind="stable")]
    again = np.zeros(len(order), np.bool_)
    again[1:] = (np.diff(channel[order]) == 0) & (np.diff(starts[order]) == 0)
    first = np.maximum.accumulate(np.where(again, 0, np.arange(len(order))))
    return order[~again], Repeats(order[again], order[first][again])


def other_ways(told: Told, values: Integers) -> tuple[ChannelKeys, Integers, Integers]:
    """(channels, channel of each row, values): what is below 0 where that means so goes to the other direction."""
    turned = told.where(lambda meaning: meaning.splits) & (values < 0)
    if not turned.any():
        return told.keys, told.channel, values
    keys = {key: place for place, key in enumerate(told.keys)}
    other = [
        keys.setdefault(key._replace(direction=_OTHER_WAY.get(key.direction, key.direction)), len(keys))
        for key in told.keys
    ]
    channel = np.where(turned, np.array(other)[told.channel], told.channel)
    return ChannelKeys.of(keys), channel, np.where(turned, -values, values)
