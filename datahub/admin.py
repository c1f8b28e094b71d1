"""The data hub for staff: feeds and what they brought."""

from datahub.bills.admin import BillStatementAdmin
from datahub.feeds.admin.feed_runs import FeedRunAdmin
from datahub.feeds.admin.feeds import FeedAdmin
from datahub.feeds.admin.loaded_data import ChannelAdmin, MixAmountAdmin, MixDayAdmin, MixShareAdmin
from datahub.feeds.admin.partitions import PartitionRecordAdmin
from datahub.feeds.admin.rejected_rows import RejectedRowAdmin
from datahub.feeds.admin.sources import FeedSourceAdmin
from datahub.feeds.admin.staff_tokens import StaffTokenAdmin
from datahub.resources.admin import LinkChangeAdmin

__all__ = [
    "BillStatementAdmin",
    "ChannelAdmin",
    "FeedAdmin",
    "FeedRunAdmin",
    "FeedSourceAdmin",
    "LinkChangeAdmin",
    "MixAmountAdmin",
    "MixDayAdmin",
    "MixShareAdmin",
    "PartitionRecordAdmin",
    "RejectedRowAdmin",
    "StaffTokenAdmin",
]
