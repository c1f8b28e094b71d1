"""Which grants open now, and to which token: parts of the statements of the gates, and of a Grant Admin's request.

The parts name a token `access_token`, the grant `issued` and the object that it is issued to `client`.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from cdsc_portal.lib.db.prepared import prepared_cursor
from consent.models import Client, ClientStatus, Grant, GrantKind
from consent.transitions import READABLE, GrantStatus


def _sql_list(words: Iterable[str]) -> str:
    """Constants as an SQL list: they are part of the statement, not parameters of each call."""
    return ", ".join(f"'{word}'" for word in words)


_SERVING = _sql_list([ClientStatus.PRODUCTION.value, ClientStatus.SANDBOX.value])

# Whether a grant, and a part of one, opens anything at an instant: the gates and listings of grants ask the same.
GRANT_OPENS = f"""(
    issued.status IN ({_sql_list(sorted(READABLE))})
    AND (issued.not_before IS NULL OR issued.not_before <= %(at)s)
    AND (issued.access_ends IS NULL OR issued.access_ends > %(at)s)
    AND client.status IN ({_SERVING})
)"""
PART_OPENS = "(part.access_ends IS NULL OR part.access_ends > %(at)s)"


def _opened_by(scope: str) -> str:
    """R-34: something of the grant is enabled, and every scope that is names the Grant Admin scope `scope`.

    Of a customer's grant that is what parts open. An alias has no offer of its own: the first one of its scope counts.
    """
    return f"""(
        SELECT COALESCE(bool_and(COALESCE(opener.offer_id = {scope}, false)), false)
        FROM (
            SELECT COALESCE((
                SELECT word FROM unnest(string_to_array(issued.scope, ' ')) AS word
                WHERE split_part(word, '.', 1) = part.scope LIMIT 1
            ), part.scope) AS scope
            FROM consent_grantpart part
            WHERE part.grant_id = issued.id AND {PART_OPENS}
            UNION ALL
            SELECT unnest(string_to_array(issued.scope, ' ')) WHERE issued.kind <> '{GrantKind.CUSTOMER.value}'
        ) enabled
        LEFT JOIN consent_scopeoffer offer ON offer.offer_id = enabled.scope
        LEFT JOIN consent_scopeoffer opener ON opener.id = offer.grant_admin_id AND opener.is_open
    )"""  # noqa: S608 - no part of it is input


def _of_same_side(status: str) -> str:
    """An object in the sandbox is served data of test customers alone, whosever grant it asks for; its status is
    `status`.
    """
    return f"({status} = '{ClientStatus.PRODUCTION.value}' OR client.status = {status})"


# a token of the grant's own object, or a Grant Admin's of the same registration, whose own grant and secret hold too
MAY_OPEN = f"""
    CASE WHEN access_token.opens_id IS NULL THEN access_token.application_id = issued.client_id
    ELSE EXISTS (
        SELECT FROM consent_grant own
        JOIN consent_client administrator ON administrator.id = own.client_id
        JOIN consent_credential secret ON secret.id = access_token.credential_id
        WHERE own.id = access_token.grant_id
          AND own.kind = '{GrantKind.CLIENT.value}'
          AND own.status = '{GrantStatus.ACTIVE.value}'
          AND (own.access_ends IS NULL OR own.access_ends > %(at)s)
          AND administrator.id = access_token.application_id
          AND administrator.registration_id = client.registration_id
          AND administrator.status IN ({_SERVING})
          AND {_of_same_side("administrator.status")}
          AND (secret.expires IS NULL OR secret.expires > %(at)s)
    ) AND {_opened_by("access_token.scope")}
    END
"""
_REQUESTED = f"""
    SELECT {_of_same_side("%(status)s")}, issued.id, issued.access_ends FROM consent_grant issued
    JOIN consent_client client ON client.id = issued.client_id
    WHERE issued.public_id = %(grant)s
      AND client.client_id = %(client)s
      AND client.registration_id = %(registration)s
      AND {GRANT_OPENS}
      AND {_opened_by("%(scope)s::text")}
    FOR SHARE OF issued
"""  # noqa: S608 - no part of it is input


class OfProduction(Exception):  # noqa: N818 - what the grant is
    """The grant is one of an object in production, and the administrator is in the sandbox."""


def opened_grant(
    *, administrator: Client, scope: str, client_id: str, grant_id: str, at: datetime
) -> Grant | None:
    """The grant with this public id of the object with this id, if the Grant Admin scope `scope` opens it (R-34).

    None: unknown, of another object or registration, not holding now, or opened by another scope. One statement; only
    key and end of the grant are fetched, and it stays as it is until the transaction ends. Raises OfProduction.
    """
    values = {
        "grant": grant_id,
        "client": client_id,
        "registration": administrator.registration_id,
        "status": administrator.status,
        "scope": scope,
        "at": at,
    }
    with prepared_cursor() as cursor:
        cursor.execute(_REQUESTED, values)
        row = cursor.fetchone()
    if row is None:
        return None
    is_of_same_side, *values_of_grant = row
    if not is_of_same_side:
        raise OfProduction
    return Grant.from_db(connection.alias, ["id", "access_ends"], values_of_grant)
