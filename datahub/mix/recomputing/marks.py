"""Marks days of regions that must be computed again: those whose links were changed, and those whose certificates are
shared by use that a load changed.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from accounts.models import ContractServicePoint, GridPlacement, MeterInstallation
from accounts.queries.relations import CONTRACT_POINTS, GRID_PLACEMENTS, METER_INSTALLATIONS
from accounts.services.link_changes import Changed
from cdsc_portal.lib.time.ranges import difference
from datahub.models import ChangedUse, MixDay

_Place = tuple[int | None, int | None, str]  # a point, or a contract wherever it is linked, or a region
# locked in the order in which loads of amounts mark days
_MARK_LINKED = f"""
    UPDATE datahub_mixday SET due = %(at)s WHERE id IN (
        WITH changed AS MATERIALIZED (
            SELECT * FROM unnest(%(points)s::bigint[], %(contracts)s::bigint[], %(regions)s::text[],
                %(firsts)s::timestamptz[], %(lasts)s::timestamptz[]) AS row (point, contract, region, first, last)
        ),
        moved AS MATERIALIZED (
            SELECT region, first, last FROM changed WHERE region <> ''
            UNION
            SELECT placed.region, changed.first, changed.last FROM changed
            JOIN {GRID_PLACEMENTS} placed ON placed.service_point_id = changed.point
            UNION
            SELECT placed.region, changed.first, changed.last FROM changed
            JOIN {CONTRACT_POINTS} linked ON linked.contract_id = changed.contract
            JOIN {GRID_PLACEMENTS} placed ON placed.service_point_id = linked.service_point_id
        )
        SELECT mixed.id FROM datahub_mixday mixed
        WHERE EXISTS (
            SELECT FROM moved WHERE moved.region = mixed.region
                AND coalesce(moved.first, '-infinity') < (mixed.day + 1)::timestamp AT TIME ZONE 'UTC'
                AND coalesce(moved.last, 'infinity') > mixed.day::timestamp AT TIME ZONE 'UTC'
        )
        ORDER BY mixed.region, mixed.day FOR UPDATE
    )
"""  # noqa: S608 - no part of it is input
# One statement, so that loads, channels and blocks are as of one moment: what a load under way has yet to say is seen
# wholly or not at all. Where a load names its channels, their regions on its days are what it may touch; where it names
# none, one changed block of a region on a day is looked for, mostly found at once.
_CHANGED = f"""
    WITH loads AS MATERIALIZED (SELECT id, at, days, channels FROM datahub_changeduse),
    named AS MATERIALIZED (
        SELECT DISTINCT day, placed.region FROM loads
        CROSS JOIN LATERAL unnest(loads.channels) AS moved
        JOIN datahub_channel channel ON channel.id = moved
        JOIN {METER_INSTALLATIONS} installed ON installed.meter_id = channel.meter_id
        JOIN {GRID_PLACEMENTS} placed ON placed.service_point_id = installed.service_point_id
        CROSS JOIN LATERAL unnest(loads.days) AS day
        WHERE placed.start < (day + 1)::timestamp AT TIME ZONE 'UTC'
            AND coalesce(placed.end, 'infinity') > day::timestamp AT TIME ZONE 'UTC'
    ),
    many AS MATERIALIZED (
        SELECT day, min(at) AS since FROM loads CROSS JOIN LATERAL unnest(days) AS day
        WHERE channels IS NULL GROUP BY day
    ),
    moved AS MATERIALIZED (
        SELECT channel.id, channel.modified, placed.region, placed.start, placed.end FROM datahub_channel channel
        JOIN {METER_INSTALLATIONS} installed ON installed.meter_id = channel.meter_id
        JOIN {GRID_PLACEMENTS} placed ON placed.service_point_id = installed.service_point_id
        WHERE channel.modified >= (SELECT min(since) FROM many)
    ),
    touched AS MATERIALIZED (
        SELECT mixed.id, mixed.region, mixed.day,
            (mixed.day, mixed.region) IN (SELECT day, region FROM named) AS is_named
        FROM datahub_mixday mixed
        WHERE mixed.day IN (SELECT day FROM many UNION ALL SELECT day FROM named)
    )
    SELECT (SELECT array_agg(id) FROM loads), (
        SELECT array_agg(mixed.id) FROM touched mixed
        CROSS JOIN LATERAL (SELECT mixed.day::timestamp AT TIME ZONE 'UTC' AS first,
            (mixed.day + 1)::timestamp AT TIME ZONE 'UTC' AS past) span
        WHERE (EXISTS (
            SELECT FROM datahub_mixamount amount WHERE amount.region = mixed.region AND amount.kind = 'cancelled'
                AND amount.start < span.past AND amount.start > span.first - interval '1 hour'
        ) OR EXISTS (
            SELECT FROM datahub_mixamount amount WHERE amount.region = mixed.region AND amount.kind = 'cancelled'
                AND amount.seconds > 3600
                AND amount.start < span.past AND amount.start > span.first - interval '366 days'
                AND amount.start + make_interval(secs => amount.seconds) > span.first
        ))
        AND (mixed.is_named OR EXISTS (
            SELECT FROM many
            JOIN moved ON moved.region = mixed.region AND moved.modified >= many.since
                AND moved.start < span.past AND coalesce(moved.end, 'infinity') > span.first
            WHERE many.day = mixed.day AND (EXISTS (
                SELECT FROM interval_block block WHERE block.channel_id = moved.id AND block.modified >= many.since
                    AND block.day BETWEEN many.day - 1 AND many.day
            ) OR EXISTS (
                SELECT FROM datahub_periodreading reading WHERE reading.channel_id = moved.id
                    AND reading.modified >= many.since AND reading.end > span.first
                    AND reading.start < span.past AND reading.start > span.first - interval '366 days'
            ))
        ))
    )
"""  # noqa: S608 - no part of it is input
# in the order in which loads of amounts mark days; a worker at one of them is waited for
_MARK_DAYS = """
    UPDATE datahub_mixday SET due = %s WHERE id IN (
        SELECT id FROM datahub_mixday WHERE id = ANY(%s) ORDER BY region, day FOR UPDATE)
"""


@transaction.atomic
def mark_changed_use(*, at: datetime) -> int:
    """Mark them due and forget what the loads left for this; returns how many. One statement where no load did."""
    if not ChangedUse.objects.exists():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED)
        loads, days = cursor.fetchone()
        if loads:
            cursor.execute(_MARK_DAYS, [at, days or []])
            cursor.execute("DELETE FROM datahub_changeduse WHERE id = ANY(%s)", [loads])
    return len(days or ())


def mark_changed_links(changes: Iterable[Changed], *, at: datetime) -> None:
    """Mark due the days that were computed and that the changes touch. Two queries, in the caller's transaction."""
    if not MixDay.objects.exists():
        return
    rows = set()
    for change in changes:
        link = change.link
        if isinstance(link, GridPlacement):
            place: _Place = (None, None, link.region)
        elif isinstance(link, ContractServicePoint | MeterInstallation):
            place = (link.service_point_id, None, "")
        else:
            place = (None, getattr(link, "contract_id", link.pk), "")
        # what only one of the two held; all of it where the dates are as they were, since then something else is not
        old = () if change.old is None else (change.old,)
        new = () if change.new is None else (change.new,)
        spans = old if old == new else (*difference(old, new), *difference(new, old))
        rows |= {(*place, span.start, span.end) for span in spans}
    if not rows:
        return
    points, contracts, regions, firsts, lasts = (list(column) for column in zip(*rows, strict=True))
    facts = {"points": points, "contracts": contracts, "regions": regions, "firsts": firsts, "lasts": lasts}
    with connection.cursor() as cursor:
        cursor.execute(_MARK_LINKED, {"at": at, **facts})
