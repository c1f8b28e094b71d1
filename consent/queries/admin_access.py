"""The gate of the APIs about a registration: what an admin token opens now, by one statement on every call."""

from datetime import datetime

from cdsc_portal.lib.db.prepared import prepared_cursor
from cdsc_portal.lib.secrets.checksums import checksum
from consent.access import AdminAccess
from consent.models import ClientStatus, GrantKind
from consent.scopes.base import CLIENT_ADMIN
from consent.transitions import GrantStatus

# Whether the token is an admin's, and whose. Its secret may have expired by the clock, which ends no token by itself.
_STATEMENT = f"""
    SELECT issued.kind = '{GrantKind.CLIENT.value}' AND secret.id IS NOT NULL
            AND '{CLIENT_ADMIN}' = ANY(string_to_array(access_token.scope, ' ')),
        client.registration_id, client.id, issued.id, secret.id
    FROM consent_accesstoken access_token
    JOIN consent_grant issued ON issued.id = access_token.grant_id
    JOIN consent_client client ON client.id = issued.client_id
    LEFT JOIN consent_credential secret ON secret.id = access_token.credential_id
    WHERE access_token.token_checksum = %(checksum)s
      AND access_token.application_id = issued.client_id
      AND client.registration_id IS NOT NULL
      AND access_token.expires > %(at)s
      AND issued.status = '{GrantStatus.ACTIVE.value}'
      AND (issued.access_ends IS NULL OR issued.access_ends > %(at)s)
      AND client.status IN ('{ClientStatus.PRODUCTION.value}', '{ClientStatus.SANDBOX.value}')
      AND (secret.expires IS NULL OR secret.expires > %(at)s)
"""  # noqa: S608 - no part of it is input
_LOCK = """
    SELECT 1 FROM consent_registration WHERE id = (
        SELECT client.registration_id FROM consent_accesstoken access_token
        JOIN consent_client client ON client.id = access_token.application_id
        WHERE access_token.token_checksum = %s
    ) FOR NO KEY UPDATE
"""


class NotAnAdminToken(Exception):
    """The token works, and opens no API about a registration."""


def admin_access(token: str, *, at: datetime) -> AdminAccess | None:
    """What `token` opens at `at`; None: unknown, expired, ended, its secret over. One statement.

    Raises NotAnAdminToken for every other token that works.
    """
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_STATEMENT, {"checksum": checksum(token), "at": at})
        row = cursor.fetchone()
    if row is None:
        return None
    is_admin, registration, client, grant, credential = row
    if not is_admin:
        raise NotAnAdminToken
    return AdminAccess(registration, client, grant, credential)


def lock_registration_of(token: str) -> None:
    """Make calls that write for the registration of `token` run in turn, until the transaction ends.

    Ask the gate afterwards: whoever had the lock may have ended the token.
    """
    with prepared_cursor() as cursor:
        cursor.execute(_LOCK, [checksum(token)])
