"""Days of regions whose contracts, meters, tariffs or points hold at other times than they did."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from accounts.models import ContractServicePoint, GridPlacement, MeterInstallation
from accounts.queries.relations import CONTRACT_POINTS, GRID_PLACEMENTS
from accounts.services.link_changes import Changed
from cdsc_portal.lib.time.ranges import difference
from datahub.models import MixDay

_Place = tuple[int | None, int | None, str]  # a point, or a contract wherever it is linked, or a region
# locked in the order in which loads of amounts mark days
_MARK = f"""
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
        cursor.execute(_MARK, {"at": at, **facts})
