"""The secrets by which clients prove who they are."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from cdsc_portal.lib.db.prepared import prepared_cursor
from cdsc_portal.lib.secrets.checksums import checksum
from consent.models import NO_SECRET, Client, Credential

_FIELDS = Client._meta.concrete_fields
# of a credential, and whether it was sealed: what is sealed is read only by who shows it
_SECRET_FIELDS = ("id", "digest", "created", "expires")
# Written out and planned once, as the gate's statement is: to build it for each call costs more than to run it.
_KNOWN = f"""
    SELECT {", ".join(f"secret.{name}" for name in _SECRET_FIELDS)}, secret.sealed = '' AS unsealed,
        {", ".join(f'client."{field.column}"' for field in _FIELDS)}
    FROM consent_client client LEFT JOIN consent_credential secret ON secret.client_id = client.id
    WHERE client.client_id = %s
    ORDER BY secret.created DESC, secret.id DESC
"""  # noqa: S608 - names of our own columns


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A client with all credentials it ever had, newest first."""

    client: Client
    credentials: Sequence[Credential]
    unsealed: frozenset[int]  # keys of credentials that were not used since secrets are sealed

    def proven_by(self, secret: str, *, at: datetime) -> Credential | None:
        """The credential whose secret this is, while it works. Compares in constant time, and every one of them."""
        digest = checksum(secret)
        same = [each for each in self.credentials if each.digest and hmac.compare_digest(each.digest, digest)]
        return next((credential for credential in same if _works(credential, at)), None)

    def slow_hash(self, *, at: datetime) -> str | None:
        """The hash of a secret that is older than the table of credentials, while it works and was not used since."""
        if self.client.client_secret == NO_SECRET:
            return None
        unused = any(each.digest is None and _works(each, at) for each in self.credentials)
        return self.client.client_secret if unused or not self.credentials else None


def known_client(client_id: str) -> KnownClient | None:
    """The client of this id with its credentials; None where there is none. One query."""
    if "\x00" in client_id:
        return None
    with prepared_cursor() as cursor:
        cursor.execute(_KNOWN, [client_id])
        rows = cursor.fetchall()
    if not rows:
        return None
    values = []
    for field, value in zip(_FIELDS, rows[0][len(_SECRET_FIELDS) + 1 :], strict=True):
        for convert in field.get_db_converters(connection):
            value = convert(value, None, connection)
        values.append(value)
    client = Client.from_db(connection.alias, [field.attname for field in _FIELDS], values)
    names = ("id", "client_id", *_SECRET_FIELDS[1:])
    credentials = tuple(
        Credential.from_db(connection.alias, names, (row[0], client.pk, *row[1 : len(_SECRET_FIELDS)]))
        for row in rows
        if row[0]
    )
    return KnownClient(client, credentials, frozenset(row[0] for row in rows if row[len(_SECRET_FIELDS)]))


def secrets_in_use(*, client: Client, at: datetime) -> list[Credential]:
    """Credentials of `client` that work at `at`, newest first. One query."""
    return [credential for credential in client.credentials.all() if _works(credential, at)]


def _works(credential: Credential, at: datetime) -> bool:
    return credential.expires is None or credential.expires > at
