"""What of feed runs is kept how long: docs/retention.md. Runs stay: readings name the run that brought them."""

from datetime import datetime

from dateutil.relativedelta import relativedelta

from cdsc_portal.lib.db.retention import delete_proof, delete_slowly, proof_kept_from
from datahub.feeds.runs.stored_files import compress_old_files, delete_old_files
from datahub.models import RejectedRow

REJECTED_ROWS_KEPT = relativedelta(years=2)


def delete_old_rows(*, at: datetime) -> int:
    """Delete stored files, rejected rows and open releases that the rules keep no longer, and compress files that are
    hardly read any more; returns how many of all.
    """
    gone = delete_old_files(at=at) + compress_old_files(at=at)
    gone += delete_slowly(RejectedRow.objects.filter(run__finished__lt=at - REJECTED_ROWS_KEPT))
    return gone + delete_proof("open_releases", before=proof_kept_from(at))
