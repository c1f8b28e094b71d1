"""The data: feeds in, usage, bills and generation mix. A file that is new in this folder is found."""

from importlib import import_module

from cdsc_portal.lib.runtime.declarations import file_names
from datahub.models.bills import BillSection, BillStatement, LineItem
from datahub.models.downloads import Download, DownloadProblem, DownloadStatus
from datahub.models.feeds import Feed, FeedRun, ParkedReadings, RejectedRow, RunStatus
from datahub.models.generation import (
    AmountKind,
    ChangedUse,
    MixAmount,
    MixAmountHistory,
    MixBlock,
    MixDay,
    MixLoad,
    MixMethod,
    MixSeries,
    MixShare,
    MixShareHistory,
)
from datahub.models.open_release import OpenRelease
from datahub.models.sources import FeedSource, SeenFile, SourceKind, StaffToken
from datahub.models.usage import (
    Channel,
    ChannelKind,
    ChannelMonth,
    ChannelsToSum,
    Direction,
    IntervalBlock,
    IntervalBlockHistory,
    PartitionRecord,
    PeriodReading,
    PeriodReadingHistory,
    SummedMonth,
    UnnotedChange,
)

__all__ = [
    "AmountKind", "BillSection", "BillStatement", "ChangedUse", "Channel", "ChannelKind", "ChannelMonth",
    "ChannelsToSum", "Direction", "Download", "DownloadProblem", "DownloadStatus", "Feed", "FeedRun",
    "FeedSource", "IntervalBlock", "IntervalBlockHistory", "LineItem", "MixAmount", "MixAmountHistory",
    "MixBlock", "MixDay", "MixLoad", "MixMethod", "MixSeries", "MixShare", "MixShareHistory", "OpenRelease",
    "ParkedReadings", "PartitionRecord", "PeriodReading", "PeriodReadingHistory", "RejectedRow", "RunStatus",
    "SeenFile", "SourceKind", "StaffToken", "SummedMonth", "UnnotedChange",
]  # fmt: skip

for _name in file_names(__path__):
    import_module(f"{__name__}.{_name}")
