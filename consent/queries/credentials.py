"""The secrets by which clients prove who they are."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cdsc_portal.lib.secrets.checksums import checksum
from consent.models import NO_SECRET, Client, Credential

# Written out, as the gate's statement is: to make it anew for each call costs more than to run it.
_KNOWN = """
    SELECT client.*, secret.id AS credential_id, secret.digest, secret.created AS secret_created,
        secret.expires AS secret_expires
    FROM consent_client client LEFT JOIN consent_credential secret ON secret.client_id = client.id
    WHERE client.client_id = %s
    ORDER BY secret.created DESC, secret.id DESC
"""


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A client with all credentials it ever had, newest first."""

    client: Client
    credentials: Sequence[Credential]

    def proven_by(self, secret: str, *, at: datetime) -> Credential | None:
        """The credential whose secret this is, while it works. Compares in constant time, and every one of them."""
        digest = checksum(secret)
        same = [one for one in self.credentials if one.digest and hmac.compare_digest(one.digest, digest)]
        return next((one for one in same if _works(one, at)), None)

    def slow_hash(self, *, at: datetime) -> str | None:
        """The hash of a secret of before there were credentials, while that works and was not used since."""
        if self.client.client_secret == NO_SECRET:
            return None
        waiting = [one for one in self.credentials if one.digest is None and _works(one, at)]
        return self.client.client_secret if waiting or not self.credentials else None


def known_client(client_id: str) -> KnownClient | None:
    """The client of this id with its credentials; None where there is none. One query."""
    rows = [] if "\x00" in client_id else list(Client.objects.raw(_KNOWN, [client_id]))
    if not rows:
        return None
    client = rows[0]
    secrets = (row.__dict__ for row in rows)  # the columns of the secret stand beside those of the client
    credentials = (
        Credential(
            one["credential_id"], client.pk, one["digest"], one["secret_created"], one["secret_expires"]
        )
        for one in secrets
        if one["credential_id"]
    )
    return KnownClient(client, tuple(credentials))


def secrets_in_use(*, client: Client, at: datetime) -> list[Credential]:
    """Credentials of `client` that work at `at`, newest first. One query."""
    return [credential for credential in client.credentials.all() if _works(credential, at)]


def _works(credential: Credential, at: datetime) -> bool:
    return credential.expires is None or credential.expires > at
