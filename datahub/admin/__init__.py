"""The data hub for staff: feeds and what they brought."""

from datahub.admin.bills import BillStatementAdmin
from datahub.admin.feed_runs import FeedRunAdmin
from datahub.admin.feeds import FeedAdmin
from datahub.admin.loaded_data import ChannelAdmin, MixAmountAdmin, MixDayAdmin, MixShareAdmin
from datahub.admin.partitions import PartitionRecordAdmin
from datahub.admin.rejected_rows import RejectedRowAdmin
from datahub.admin.sources import FeedSourceAdmin
from datahub.admin.staff_tokens import StaffTokenAdmin
from datahub.admin.wrong_disclosures import LinkChangeAdmin

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
