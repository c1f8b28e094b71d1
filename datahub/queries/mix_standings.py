"""How the generation series stand for each contract."""

from datetime import datetime
from typing import Any

from django.db import connection

from datahub.queries.coverage import Coverage
from datahub.queries.mix_places import Places
from datahub.queries.standing import Standing, series_standing

# for each place: whether its series has a step wholly inside, and how far and how freshly the series is loaded
_STATEMENT = """
    SELECT place.contract, bool_or(EXISTS (
        SELECT 1 FROM datahub_mixshare share
        WHERE share.series = place.series AND share.key = place.key
          AND share.region = place.region AND share.contract_id IS NOT DISTINCT FROM place.own
          AND share.start >= coalesce(place.first, '-infinity') AND share.start < coalesce(place.last, 'infinity')
          AND share.start + make_interval(secs => share.seconds) <= coalesce(place.last, 'infinity')
    )), max(loaded.synced), max(CASE WHEN loaded.until IS NOT NULL THEN least(loaded.until, place.last) END)
    FROM unnest(%(contracts)s::bigint[], %(series)s::text[], %(keys)s::text[],
                %(regions)s::text[], %(own)s::bigint[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
         AS place(contract, series, key, region, own, first, last)
    LEFT JOIN (
        SELECT series, key, region, contract_id, max(synced) AS synced,
               max(start + make_interval(secs => seconds)) AS until
        FROM datahub_mixshare WHERE (series, key) IN (SELECT unnest(%(series)s::text[]), unnest(%(keys)s::text[]))
        GROUP BY series, key, region, contract_id
    ) loaded ON loaded.series = place.series AND loaded.key = place.key AND loaded.region = place.region
        AND loaded.contract_id IS NOT DISTINCT FROM place.own
    GROUP BY place.contract
"""


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
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, parameters)
        known: dict[int, tuple[bool, datetime | None, datetime | None]] = {
            contract: (found, synced, until) for contract, found, synced, until in cursor.fetchall()
        }
    return {
        contract: series_standing(found=found, synced=synced, loaded_until=until, spans=spans)
        for contract, spans in covered.spans.items()
        for found, synced, until in [known.get(contract, (False, None, None))]
    }
