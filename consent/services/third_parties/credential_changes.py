"""Secrets as a third party makes, reads and ends them by API (R-135 to R-148)."""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from consent.mail.client_messages import notify
from consent.models import Client, ClientStatus, Credential
from consent.services.credentials import end_credentials, new_credential
from consent.services.journal import journal_credentials
from consent.services.third_parties.client_values import ValueRefused

SKEW = timedelta(seconds=2)  # clocks differ
MOST_IN_USE = 20


@transaction.atomic
def add_credential(*, client: Client, address: str, at: datetime) -> Credential:
    """A further secret of an object; tokens of the others stay. The third party gets a message (R-148).

    Raises ValueRefused: the object is disabled, or has no use for one, or MOST_IN_USE of them work already.
    """
    client = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    if client.status == ClientStatus.DISABLED:
        raise ValueRefused("client_id", "the object is disabled")
    if client.auth_method is None:
        raise ValueRefused("client_id", "the object never authenticates")
    working = [each for each in client.credentials.all() if each.expires is None or each.expires > at]
    if len(working) >= MOST_IN_USE:
        raise ValueRefused("client_id", f"{MOST_IN_USE} of its credentials work already; expire one")
    credential = new_credential(client=client, at=at)
    _notify(client, credential, "Credential added", "was added", address, at)
    return credential


@transaction.atomic
def set_expiry(*, credential: Credential, expires: int, address: str, at: datetime) -> Credential:
    """Let a secret end at a time, in Unix seconds; 0: it does not. At once, with its tokens, for now or before (R-145).

    Raises ValueRefused: it has expired, or the time is before now, or later than it ends already (R-143).
    """
    client = Client.objects.select_for_update(no_key=True).get(pk=credential.client_id)
    credential = Credential.objects.select_for_update(no_key=True).get(pk=credential.pk)
    member = "client_secret_expires_at"
    wanted = _instant(expires)
    if unix_time(credential.expires) == expires:
        return credential
    if credential.expires is not None and credential.expires <= at:
        raise ValueRefused(member, "the credential has expired")
    if wanted is None:
        raise ValueRefused(member, "the credential ends already, which can be moved to an earlier time only")
    if wanted < at - SKEW:
        raise ValueRefused(member, "it lies before now")
    if credential.expires is not None and wanted > credential.expires:
        raise ValueRefused(member, "it is later than the time at which the credential ends already")
    if wanted <= at:
        end_credentials(client=client, credentials=[credential], at=at)
        credential.refresh_from_db()
        words = "ended: it and the tokens got with it no longer work"
    else:
        credential.expires, credential.modified = wanted, at
        credential.save(update_fields=["expires", "modified"])
        journal_credentials([credential], leaked=False)
        words = f"ends at {wanted:%Y-%m-%d %H:%M} UTC"
    _notify(client, credential, "Credential modified", words, address, at)
    return credential


def unix_time(expires: datetime | None) -> int:
    """As `client_secret_expires_at` has it: 0 = never."""
    return int(expires.timestamp()) if expires else 0


def _instant(seconds: int) -> datetime | None:
    if seconds == 0:
        return None
    try:
        instant = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise ValueRefused("client_secret_expires_at", "it is no time") from error
    return instant


def _notify(
    client: Client, credential: Credential, subject: str, words: str, address: str, at: datetime
) -> None:
    notify(
        client=client,
        subject=subject,
        text=f"Credential {credential.public_id} of {client.client_id} {words}.",
        at=at,
        related_uri=address.replace("{id}", credential.public_id),
        related_type="credential",
    )
