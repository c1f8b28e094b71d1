"""How often a third party may call for data in a minute: all its calls, and those of one grant.

One statement counts a call in both, outside its transaction: else the next call of the same third party would wait for
the end of this one. A token that opens nothing is counted nowhere, so that one found in an old log uses up nothing; nor
does a grant beyond its quota use up that of its client.
"""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings

from cdsc_portal.lib.db.prepared import prepared_cursor
from cdsc_portal.lib.http.call_limits import CallCount, counted_once, minute_of
from cdsc_portal.lib.secrets.checksums import checksum
from consent.queries.opened_grants import GRANT_OPENS, MAY_OPEN

_COUNT = f"""
    WITH opened AS (
        SELECT issued.id AS grant_id, client.id AS client_id,
            COALESCE(client.grant_calls_per_minute, %(grant_limit)s::integer) AS grant_limit,
            COALESCE(client.calls_per_minute, %(client_limit)s::integer) AS client_limit
        FROM consent_accesstoken access_token
        JOIN consent_grant issued ON issued.id = COALESCE(access_token.opens_id, access_token.grant_id)
        JOIN consent_client client ON client.id = issued.client_id
        WHERE access_token.token_checksum = %(checksum)s
          AND access_token.expires > %(at)s
          AND {GRANT_OPENS}
          AND {MAY_OPEN}
    ), of_grant AS (
        {counted_once("SELECT sha256(('data grant ' || grant_id)::bytea), %(minute)s, 1 FROM opened")}
    ), of_client AS (
        {
    counted_once(
        "SELECT sha256(('data client ' || client_id)::bytea), %(minute)s, 1 FROM opened, of_grant"
        " WHERE of_grant.calls <= grant_limit"
    )
}
    )
    SELECT grant_limit, of_grant.calls, client_limit, of_client.calls
    FROM opened, of_grant LEFT JOIN of_client ON true
"""  # noqa: S608 - no part of it is input


def count_data_call(token: str, *, at: datetime) -> Mapping[str, CallCount]:
    """Count a call with `token`: "grant" and "client", the second only while the first is within its quota.

    Empty for a token that opens nothing. One statement.
    """
    minute, seconds_left = minute_of(at)
    with prepared_cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "checksum": checksum(token),
                "at": at,
                "minute": minute,
                "grant_limit": settings.GRANT_CALLS_PER_MINUTE,
                "client_limit": settings.CLIENT_CALLS_PER_MINUTE,
            },
        )
        row = cursor.fetchone()
    if row is None:
        return {}
    grant_limit, grant_calls, client_limit, client_calls = row
    counts = {"grant": CallCount(grant_calls, grant_limit, seconds_left)}
    if client_calls is not None:
        counts["client"] = CallCount(client_calls, client_limit, seconds_left)
    return counts
