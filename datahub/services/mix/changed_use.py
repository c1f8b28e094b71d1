"""Days whose certificates are shared by use, and whose readings a load changed."""

from datetime import datetime

from django.db import connection, transaction

# One statement, so that loads, channels and blocks are as of one moment: what a load under way has yet to say is seen
# wholly or not at all. Channels that did not change are looked at once, and none of their blocks.
_CHANGED = """
    WITH told AS MATERIALIZED (SELECT id, at, days FROM datahub_changeduse),
    changed AS MATERIALIZED (
        SELECT day, min(at) AS since FROM told CROSS JOIN LATERAL unnest(days) AS day GROUP BY day
    ),
    moved AS MATERIALIZED (
        SELECT channel.id, channel.modified, placed.region, placed.start, placed.end FROM datahub_channel channel
        JOIN accounts_meterinstallation installed ON installed.meter_id = channel.meter_id
        JOIN accounts_gridplacement placed ON placed.service_point_id = installed.service_point_id
        WHERE channel.modified >= (SELECT min(since) FROM changed)
    )
    SELECT (SELECT array_agg(id) FROM told), (
        SELECT array_agg(mixed.id) FROM datahub_mixday mixed JOIN changed USING (day)
        CROSS JOIN LATERAL (SELECT changed.day::timestamp AT TIME ZONE 'UTC' AS first,
            (changed.day + 1)::timestamp AT TIME ZONE 'UTC' AS past) span
        WHERE (EXISTS (
            SELECT FROM datahub_mixamount amount WHERE amount.region = mixed.region AND amount.kind = 'cancelled'
                AND amount.start < span.past AND amount.start > span.first - interval '1 hour'
        ) OR EXISTS (
            SELECT FROM datahub_mixamount amount WHERE amount.region = mixed.region AND amount.kind = 'cancelled'
                AND amount.seconds > 3600
                AND amount.start < span.past AND amount.start > span.first - interval '366 days'
                AND amount.start + make_interval(secs => amount.seconds) > span.first
        )) AND EXISTS (
            SELECT FROM moved
            JOIN interval_block block ON block.channel_id = moved.id AND block.modified >= changed.since
                AND block.day BETWEEN changed.day - 1 AND changed.day
            WHERE moved.region = mixed.region AND moved.modified >= changed.since
                AND moved.start < span.past AND coalesce(moved.end, 'infinity') > span.first
        )
    )
"""
# in the order in which loads of amounts mark days; a worker at one of them is waited for
_MARK = """
    UPDATE datahub_mixday SET due = %s WHERE id IN (
        SELECT id FROM datahub_mixday WHERE id = ANY(%s) ORDER BY region, day FOR UPDATE)
"""


@transaction.atomic
def mark_changed_use(*, at: datetime) -> int:
    """Mark them due and forget what the loads left for this; returns how many. One statement where no load did."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED)
        told, days = cursor.fetchone()
        if told:
            cursor.execute(_MARK, [at, days or []])
            cursor.execute("DELETE FROM datahub_changeduse WHERE id = ANY(%s)", [told])
    return len(days or ())
