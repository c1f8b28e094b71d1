"""The gate of files that the utility provides: what a Grant Admin token opens now, by one statement on every call."""

from datetime import datetime

from cdsc_portal.lib.db.prepared import prepared_cursor
from cdsc_portal.lib.json.reader import read_json
from cdsc_portal.lib.secrets.checksums import checksum
from consent.access import FilesAccess
from consent.models import GrantKind
from consent.queries.opened_grants import GRANT_OPENS, MAY_OPEN
from consent.scopes.offer_types import PROVIDED_FILES, offer_types

# Whether the token is a Grant Admin's for a grant of files, and what that names now.
_QUERY = f"""
    SELECT access_token.opens_id IS NOT NULL AND issued.kind = '{GrantKind.FILES.value}',
        client.registration_id, access_token.application_id, issued.id, access_token.credential_id, issued.scope,
        issued.authorization_details::text
    FROM consent_accesstoken access_token
    JOIN consent_grant issued ON issued.id = COALESCE(access_token.opens_id, access_token.grant_id)
    JOIN consent_client client ON client.id = issued.client_id
    WHERE access_token.token_checksum = %(checksum)s
      AND access_token.expires > %(at)s
      AND {GRANT_OPENS}
      AND {MAY_OPEN}
"""  # noqa: S608 - no part of it is input
# as at the gate of data: whoever ends the grant waits for answers that are on their way
_STATEMENT = f"{_QUERY} FOR SHARE OF issued"


class NotForFiles(Exception):  # noqa: N818 - what the token is
    """The token works, and opens no files."""


def files_access(token: str, *, at: datetime, lock: bool) -> FilesAccess | None:
    """What `token` opens at `at`; None: unknown, expired, ended, its secret over. One statement.

    With `lock` the grant stays as it is until the transaction ends. Raises NotForFiles for every other token that
    works.
    """
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_STATEMENT if lock else _QUERY, {"checksum": checksum(token), "at": at})
        row = cursor.fetchone()
    if row is None:
        return None
    is_for_files, registration, client, grant, credential, scope, details = row
    if not is_for_files:
        raise NotForFiles
    return FilesAccess(registration, client, grant, credential, scope, _files(scope, details))


def _files(scope: str, details: str) -> frozenset[str]:
    """R-176: the files of a grant's details, each of a type that is one of its scopes and one of files."""
    kind = offer_types()[PROVIDED_FILES]
    types = {name for name in scope.split() if kind.takes_id(name)}
    return frozenset(
        str(detail["file_id"])
        for detail in read_json(details)
        if detail.get("type") in types and "file_id" in detail
    )
