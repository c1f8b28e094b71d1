"""The data: feeds in, usage, bills and generation mix."""

from datahub.models.bills import BillSection, BillStatement, LineItem
from datahub.models.feeds import Feed, FeedKind, FeedRun, RejectedRow, RunStatus
from datahub.models.generation import MixSeries, MixShare

__all__ = [
    "BillSection",
    "BillStatement",
    "Feed",
    "FeedKind",
    "FeedRun",
    "LineItem",
    "MixSeries",
    "MixShare",
    "RejectedRow",
    "RunStatus",
]
