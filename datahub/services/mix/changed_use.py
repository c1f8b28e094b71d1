"""Days whose certificates are shared by use, and whose readings were written since they were worked out."""

from datetime import datetime

from django.db import connection

# A load's rows carry the time at which their chunk began and are seen when it ends: so long a chunk may last.
_CHUNK = "1 hour"
_MARK = """
    UPDATE datahub_mixday day SET due = %(at)s
    WHERE day.due IS NULL AND EXISTS (
        SELECT FROM datahub_mixamount amount WHERE amount.region = day.region AND amount.kind = 'cancelled'
            AND amount.start < (day.day + 1)::timestamp AT TIME ZONE 'UTC'
            AND amount.start > day.day::timestamp AT TIME ZONE 'UTC' - interval '366 days'
            AND amount.start + make_interval(secs => amount.seconds) > day.day::timestamp AT TIME ZONE 'UTC'
    ) AND EXISTS (
        SELECT FROM accounts_servicepoint point
        JOIN accounts_meterinstallation installed ON installed.service_point_id = point.id
        JOIN datahub_channel channel ON channel.meter_id = installed.meter_id
            AND channel.modified > day.worked_out - %(chunk)s::interval
        JOIN interval_block block ON block.channel_id = channel.id AND block.day = day.day
            AND block.modified > day.worked_out - %(chunk)s::interval
        WHERE point.region = day.region
    )
"""


def mark_changed_use(*, at: datetime) -> int:
    """Mark them due; returns how many. A channel that did not change costs none of its blocks."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK, {"at": at, "chunk": _CHUNK})
        return int(cursor.rowcount)
