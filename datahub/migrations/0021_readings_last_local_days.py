"""Readings of whole local days that were stored with the length their file stated end with their days.

Only days at a clock change are touched. What would meet another reading then, or be there twice, stays as it is.
"""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, migrations

from cdsc_portal.lib.time import clock

_AT_ONCE = 5_000
# from local midnight and 23 to 25 hours long, or so many times 24 hours, and not at the midnight where its days end
_FIND = """
    SELECT reading.id, reading.start, round(extract(epoch FROM reading.end - reading.start) / 86400)::int, feed.time_zone
    FROM datahub_periodreading reading
    JOIN datahub_feedrun run ON run.id = reading.feed_run_id
    JOIN datahub_feed feed ON feed.id = run.feed_id
    CROSS JOIN LATERAL unnest(ARRAY[feed.time_zone, %(zone)s]) WITH ORDINALITY AS local (zone, place)
    WHERE (reading.end - reading.start BETWEEN interval '23 hours' AND interval '25 hours'
        OR reading.end > reading.start AND extract(epoch FROM reading.end - reading.start)::bigint %% 86400 = 0)
        AND (reading.start AT TIME ZONE local.zone)::time = '00:00'
        AND (reading.end AT TIME ZONE local.zone)::time <> '00:00'
    ORDER BY reading.id, local.place
"""
_MOVE = """
    WITH told AS (SELECT * FROM unnest(%(ids)s::bigint[], %(ends)s::timestamptz[]) AS one (id, past)),
    moved AS (
        UPDATE datahub_periodreading reading SET "end" = told.past, modified = %(at)s FROM told
        WHERE reading.id = told.id AND NOT EXISTS (
            SELECT FROM datahub_periodreading other
            WHERE other.channel_id = reading.channel_id AND other.id <> reading.id AND (
                (other.start, other.end) = (reading.start, told.past)
                OR told.past > reading.end AND other.end > reading.end AND other.start < told.past))
        RETURNING reading.channel_id, reading.start, reading.end
    ),
    marked AS (
        UPDATE datahub_channel channel SET modified = %(at)s, synced = %(at)s,
            last_end = greatest(channel.last_end, reach.past), longest = greatest(channel.longest, reach.longest)
        FROM (
            SELECT channel_id, max("end") AS past, max(extract(epoch FROM "end" - start))::int AS longest
            FROM moved GROUP BY channel_id
        ) reach WHERE channel.id = reach.channel_id
    )
    SELECT channel_id, (start AT TIME ZONE 'UTC')::date, ("end" AT TIME ZONE 'UTC')::date FROM moved
"""
_APART = """
    UPDATE datahub_periodreading reading SET overlapping = false
    WHERE reading.overlapping AND reading.channel_id = ANY(%s) AND NOT EXISTS (
        SELECT FROM datahub_periodreading other
        WHERE other.channel_id = reading.channel_id AND other.id <> reading.id
            AND other.start < reading.end AND other.end > reading.start)
"""


def end_with_their_days(apps, schema_editor):
    at = clock.now()
    channels, days = set(), set()
    with connection.cursor() as cursor:
        cursor.execute(_FIND, {"zone": settings.TIME_ZONE})
        found = {}
        for key, start, count, own in cursor.fetchall():
            found.setdefault(key, _past(start, count, own) or _past(start, count, settings.TIME_ZONE))
        rows = iter(found.items())
        while some := list(islice(rows, _AT_ONCE)):
            ids, ends = zip(*some, strict=True)
            cursor.execute(_MOVE, {"ids": list(ids), "ends": list(ends), "at": at})
            for channel, first, last in cursor.fetchall():
                channels.add(channel)
                days.update(first + timedelta(days=place) for place in range((last - first).days + 1))
        cursor.execute(_APART, [sorted(channels)])
    if days:  # what is weighed with them is worked out anew
        apps.get_model("datahub", "ChangedUse").objects.create(at=at, days=sorted(days), channels=None)


def _past(start: datetime, days: int, zone: str) -> datetime | None:
    """The midnight `days` after the one at `start`, None where that is none in the zone."""
    local = start.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if (local.hour, local.minute, local.second) != (0, 0, 0):
        return None
    return (local + timedelta(days=days)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


class Migration(migrations.Migration):
    dependencies = [("datahub", "0020_newest_share")]
    operations = [migrations.RunPython(end_with_their_days, migrations.RunPython.noop)]
