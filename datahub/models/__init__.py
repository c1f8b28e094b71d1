"""The data: feeds in, usage, bills and generation mix."""

from datahub.models.bills import BillSection, BillStatement, LineItem
from datahub.models.feeds import Feed, FeedKind, FeedRun, RejectedRow, RunStatus
from datahub.models.generation import MixSeries, MixShare
from datahub.models.usage import (
    Channel,
    ChannelKind,
    Direction,
    IntervalBlock,
    IntervalBlockHistory,
    PeriodReading,
    PeriodReadingHistory,
)

__all__ = [
    "BillSection",
    "BillStatement",
    "Channel",
    "ChannelKind",
    "Direction",
    "Feed",
    "FeedKind",
    "FeedRun",
    "IntervalBlock",
    "IntervalBlockHistory",
    "LineItem",
    "MixSeries",
    "MixShare",
    "PeriodReading",
    "PeriodReadingHistory",
    "RejectedRow",
    "RunStatus",
]
