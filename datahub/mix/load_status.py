"""How the generation series stand for each contract."""

from datetime import datetime
from typing import Any

from cdsc_portal.lib.db.prepared import prepared_cursor
from datahub.answers.coverage import Coverage
from datahub.answers.loaded_until import Standing, series_standing
from datahub.mix.series_places import Places
from datahub.store.mix_blocks import SAME_SERIES

# for each place: whether its series has a step wholly inside, and how far and how freshly the series is loaded, which
# is to the end of the step that begins last
_STATEMENT = f"""
    SELECT name.contract, bool_or(EXISTS (
        SELECT 1 FROM datahub_mixshare share
        WHERE {SAME_SERIES}
          AND share.start >= coalesce(name.first, '-infinity') AND share.start < coalesce(name.last, 'infinity')
          AND share.start + make_interval(secs => share.seconds) <= coalesce(name.last, 'infinity')
    )), max(newest.synced), max(CASE WHEN loaded.until IS NOT NULL THEN least(loaded.until, name.last) END)
    FROM unnest(%(contracts)s::bigint[], %(series)s::text[], %(keys)s::text[],
                %(regions)s::text[], %(own)s::bigint[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
         AS name(contract, series, key, region, own, first, last)
    LEFT JOIN LATERAL (
        SELECT share.synced FROM datahub_mixshare share WHERE {SAME_SERIES} ORDER BY share.synced DESC LIMIT 1
    ) newest ON true
    LEFT JOIN LATERAL (
        SELECT share.start + make_interval(secs => share.seconds) AS until FROM datahub_mixshare share
        WHERE {SAME_SERIES} ORDER BY share.start DESC LIMIT 1
    ) loaded ON true
    GROUP BY name.contract
"""  # noqa: S608 - no part of it is input


def mix_standings(covered: Coverage, places: Places) -> dict[int, Standing]:
    """By contract key. One statement; a contract without tariff or region has nothing loaded."""
    rows = [(place.contract, *name, place.span) for name, found in places.items() for place in found]
    parameters: dict[str, Any] = {
        "contracts": [row[0] for row in rows],
        "series": [row[1] for row in rows],
        "keys": [row[2] for row in rows],
        "regions": [row[3] for row in rows],
        "own": [row[4] for row in rows],
        "firsts": [row[5].start for row in rows],
        "lasts": [row[5].end for row in rows],
    }
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_STATEMENT, parameters)
        known: dict[int, tuple[bool, datetime | None, datetime | None]] = {
            contract: (found, synced, until) for contract, found, synced, until in cursor.fetchall()
        }
    return {
        contract: series_standing(found=found, synced=synced, loaded_until=until, spans=spans)
        for contract, spans in covered.spans.items()
        for found, synced, until in [known.get(contract, (False, None, None))]
    }
