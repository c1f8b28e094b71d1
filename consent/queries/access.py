"""The gate: what a bearer token opens now, by one statement on every call."""

from datetime import datetime
from operator import itemgetter

from django.conf import settings

from accounts.queries.relations import BILLING_ACCOUNTS, CONTRACTS, CUSTOMERS
from cdsc_portal.lib.db.prepared import prepared_cursor
from cdsc_portal.lib.secrets.checksums import checksum
from cdsc_portal.lib.time.ranges import Span
from consent.access import AccessPart, DataAccess
from consent.models import ClientStatus
from consent.queries.opened_grants import GRANT_OPENS, MAY_OPEN, PART_OPENS
from consent.resolution import Resolution
from consent.scopes.base import Period
from consent.scopes.catalogue import offered_among

# Opens selected contracts, and those that joined an account later.
# Parts with equal selections are one row, so that their contracts are looked up once: most customers select the same
# services for all data, and a chain of shops has hundreds. A client in the sandbox reads only data of test customers,
# whatever its grants name: it may have been in production before. A Grant Admin token opens what its grant holds now.
# In one line: psycopg remembers how it read a statement of up to 4,096 characters, and reads a longer one on each call.
_QUERY = " ".join(
    f"""
    SELECT CASE WHEN access_token.opens_id IS NULL THEN access_token.scope ELSE issued.scope END,
        issued.id, issued.public_id, issued.access_ends, client.id, client.public_id, (
        SELECT json_agg(json_build_array(alike.parts, (
            SELECT json_object_agg(opened.commodity, opened.contracts)
            FROM (
                SELECT contract.commodity, array_agg(contract.id) AS contracts
                FROM {CONTRACTS} contract
                WHERE (
                    contract.id = ANY(alike.chosen)
                    OR contract.billing_account_id = ANY(alike.accounts) AND contract.cds_created > alike.later_since
                ) AND (client.status <> '{ClientStatus.SANDBOX.value}' OR EXISTS (
                    SELECT FROM {BILLING_ACCOUNTS} account
                    JOIN {CUSTOMERS} customer ON customer.id = account.customer_id
                    WHERE account.id = contract.billing_account_id AND customer.is_test
                ))
                GROUP BY contract.commodity
            ) opened
        )))
        FROM (
            SELECT json_agg(json_build_array(
                    part.position, part.scope, part.window_start, part.window_end, part.resolution, part.meters
                )) AS parts,
                part.chosen, part.accounts, part.later_since
            FROM (
                SELECT part.position, part.scope, part.window_start, part.window_end, part.resolution, part.meters,
                    COALESCE(part.later_since, issued.created) AS later_since,
                    ARRAY(SELECT contract_id FROM consent_selection WHERE part_id = part.id ORDER BY 1) AS chosen,
                    ARRAY(
                        SELECT billingaccount_id FROM consent_grantpart_future_accounts
                        WHERE grantpart_id = part.id ORDER BY 1
                    ) AS accounts
                FROM consent_grantpart part
                WHERE part.grant_id = issued.id AND {PART_OPENS}
            ) part
            GROUP BY part.chosen, part.accounts, part.later_since
        ) alike
    )
    FROM consent_accesstoken access_token
    JOIN consent_grant issued ON issued.id = COALESCE(access_token.opens_id, access_token.grant_id)
    JOIN consent_client client ON client.id = issued.client_id
    WHERE access_token.token_checksum = %(checksum)s
      AND access_token.expires > %(at)s
      AND {GRANT_OPENS}
      AND {MAY_OPEN}
""".split()  # noqa: S608 - no part of it is input
)

# The lock makes a transaction that ends or narrows the grant wait for running responses; a response that waits for such
# a transaction sees the grant as changed.
_STATEMENT = f"{_QUERY} FOR SHARE OF issued"


def data_access(token: str, *, at: datetime, lock: bool = True) -> DataAccess | None:
    """What `token` opens at `at`, or None: unknown, expired, its grant over, its client suspended.

    One statement. It locks the grant until the transaction ends; without `lock`, for callers that release no data
    under it, it locks and writes nothing. Only scopes that the token names and the utility offers open anything.
    """
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_STATEMENT if lock else _QUERY, {"checksum": checksum(token), "at": at})
        row = cursor.fetchone()
    if row is None:
        return None
    named, grant_id, grant_public_id, ends, client_id, client_public_id, groups = row
    scopes = offered_among(named, settings.UTILITY_ROLE)
    parts: list[tuple[int, AccessPart]] = []
    for rows, contracts in groups or ():
        for position, name, start, end, resolution, meters in rows:
            if (scope := scopes.get(name)) is None:
                continue
            covered = [
                keys
                for commodity, keys in (contracts or {}).items()
                if not scope.commodities or commodity in scope.commodities
            ]
            window = Span()  # data of the present has no period; `access_ends` limits it
            if scope.period is not Period.NOW:
                window = Span(*(datetime.fromisoformat(side) if side else None for side in (start, end)))
            part = AccessPart(
                name,
                frozenset(scope.opens),
                frozenset[int]().union(*covered),
                window,
                Resolution(resolution),
                frozenset((contract, meter) for contract, meter in meters),
            )
            parts.append((position, part))
    parts.sort(key=itemgetter(0))
    return DataAccess(
        grant_id=grant_id,
        grant_public_id=grant_public_id,
        client_id=client_id,
        client_public_id=client_public_id,
        ends=ends,
        parts=tuple(part for _position, part in parts),
    )
