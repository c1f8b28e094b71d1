"""Secrets of third parties' clients: made, renewed, ended."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.contrib.auth.hashers import check_password
from django.db import transaction

from accounts.models import User
from cdsc_portal.lib.db.prepared import prepared_cursor
from cdsc_portal.lib.db.public_ids import new_secret
from cdsc_portal.lib.secrets.checksums import checksum
from cdsc_portal.lib.secrets.sealed import BrokenSealError, seal, unseal
from consent.mail.client_messages import notify
from consent.models import NO_SECRET, Client, Credential
from consent.queries.credentials import KnownClient, known_client, secrets_in_use
from consent.services.clients import ClientChangeRefused
from consent.services.journal import journal_credentials
from consent.signals import credentials_ended, credentials_leaked

SECRET_OVERLAP = timedelta(
    hours=24
)  # the secret before works on for so long, unless somebody chooses another time
LONGEST_OVERLAP = timedelta(days=7)
_PART = 500  # secrets that are sealed anew before the next are read
_PURPOSE = "client_secret"
_HOLD = """
    SELECT 1 FROM consent_credential WHERE id = %s AND (expires IS NULL OR expires > %s) FOR SHARE
"""


def new_credential(*, client: Client, at: datetime) -> Credential:
    """A further secret of the client, stored as digest and sealed."""
    secret = new_secret()
    return Credential.objects.create(
        client=client,
        digest=checksum(secret),
        sealed=seal(secret, purpose=_PURPOSE),
        created=at,
        modified=at,
    )


def first_secret(*, client: Client, at: datetime) -> str:
    """The secret of a client that was just registered; "" for a public one. Readable in this answer and never again."""
    return _secret_of_new(client, at) if client.client_type == Client.CLIENT_CONFIDENTIAL else ""


def upgrade_credential(*, known: KnownClient, secret: str, at: datetime) -> Credential | None:
    """The credential of a secret that is older than the table of credentials, stored now; None: the secret is wrong.

    Costs a third of a second of processor: the caller limits who may cause it (docs/decisions/0029).
    """
    hashed = known.slow_hash(at=at)
    if hashed is None or not check_password(secret, hashed):
        return None
    with transaction.atomic():  # the check took its time: the secret may have ended since
        _lock_row(known.client)
        now = known_client(known.client.client_id)
        if now is None or now.slow_hash(at=at) != hashed:
            return now.proven_by(secret, at=at) if now else None
        unused = next((each for each in now.credentials if each.digest is None), None)
        credential = unused or Credential(client=now.client, created=at)
        credential.digest = checksum(secret)
        credential.sealed = seal(secret, purpose=_PURPOSE)
        credential.save()
        return credential


def seal_used_secret(*, credential: Credential, secret: str) -> None:
    """Seal a secret of which only the digest was kept, at its first use since (R-138). One statement."""
    Credential.objects.filter(pk=credential.pk, sealed="").update(sealed=seal(secret, purpose=_PURPOSE))


def secret_of(credential: Credential) -> str:
    """The secret, for its own third party; "" where it was not used since secrets are sealed.

    Raises BrokenSealError: its key is not in the ring any more.
    """
    return unseal(credential.sealed, purpose=_PURPOSE) if credential.sealed else ""


def reseal_secrets() -> tuple[int, int]:
    """Seal every secret with the first key of the ring, in parts, each a transaction of its own: killed, it may be run
    again. How many were sealed, and how many no key opens.
    """
    done = unreadable = last = 0
    while part := list(Credential.objects.filter(pk__gt=last).exclude(sealed="").order_by("pk")[:_PART]):
        for credential in part:
            try:
                sealed = seal(secret_of(credential), purpose=_PURPOSE)
            except BrokenSealError:
                unreadable += 1
                continue
            # what was read is what is replaced
            done += Credential.objects.filter(pk=credential.pk, sealed=credential.sealed).update(
                sealed=sealed
            )
        last = part[-1].pk
    return done, unreadable


def hold_credential(credential: Credential, *, at: datetime) -> bool:
    """Whether it still works; then it is locked until the transaction ends, and whoever ends it waits.

    One statement, FOR SHARE, so that calls of one client do not wait for each other.
    """
    with prepared_cursor() as cursor:
        cursor.execute(_HOLD, [credential.pk, at])
        return cursor.fetchone() is not None


@transaction.atomic
def renew_secret(*, client: Client, by: User, at: datetime, keep: timedelta = SECRET_OVERLAP) -> str:
    """A new secret, readable in this answer and never again; those before work on for `keep` at most.

    Every contact gets a message (R-148). Tokens that were given stay. Raises ClientChangeRefused: a public client has
    none, or `keep` is longer than LONGEST_OVERLAP.
    """
    if not timedelta() <= keep <= LONGEST_OVERLAP:
        raise ClientChangeRefused(f"a secret is kept for {LONGEST_OVERLAP.days} days at most")
    locked = _lock_confidential(client)
    until = at + keep
    _end(_credentials_in_use(locked, at), until=until, at=at, leaked=False)
    if not keep:
        _forget_slow_hash(locked)
    words = f"works until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if keep else "no longer works"
    notify(
        client=locked,
        subject="Secret renewed",
        text=f"{by} renewed the secret. The one before {words}.",
        by=by,
        at=at,
    )
    return _secret_of_new(locked, at)


@transaction.atomic
def replace_leaked_secret(*, client: Client, by: User, at: datetime) -> str:
    """A new secret, because those before are known to others: they end at once, and with them the tokens got with
    them (X-19). Grants stay; the company asks its customers again.

    Tokens that name no secret, since they are older, count as got with it. Raises ClientChangeRefused: a public client.
    """
    locked = _lock_confidential(client)
    _end_leaked(locked, _credentials_in_use(locked, at), at=at)
    _forget_slow_hash(locked)
    text = f"{by} renewed the secret because it leaked. Secrets before no longer work, nor do tokens got with them."
    notify(client=locked, subject="Secret renewed: it leaked", text=text, by=by, at=at)
    return _secret_of_new(locked, at)


@transaction.atomic
def end_older_secrets(*, client: Client, by: User, at: datetime) -> int:
    """End what was renewed and still works, because it leaked, with the tokens got with it (X-19); how many secrets.

    The newest secret and its tokens stay: a client that has refreshed with it since loses nothing.
    """
    locked = _lock_confidential(client)
    older = secrets_in_use(client=locked, at=at)[1:]
    if older:
        _end_leaked(locked, older, at=at)
        _forget_slow_hash(locked)
        text = f"{by} ended what was renewed, because it leaked: secrets before the newest, and tokens got with them."
        notify(client=locked, subject="Older secrets ended", text=text, by=by, at=at)
    return len(older)


def end_credentials(*, client: Client, credentials: Collection[Credential], at: datetime) -> None:
    """End secrets, and the tokens got with them, at once; tokens of other secrets stay (R-145, X-19).

    Call it in a transaction that has locked the client.
    """
    _end(credentials, until=at, at=at, leaked=True)
    credentials_ended.send(sender=Credential, client=client, credentials=credentials, at=at)


def expire_all(*, client: Client, at: datetime) -> None:
    """End every secret of a client that is disabled; they say when (R-140), and a message names those that worked."""
    credentials = list(client.credentials.order_by("pk"))
    working = [each.public_id for each in credentials if each.expires is None or each.expires > at]
    end_credentials(client=client, credentials=credentials, at=at)
    if working:
        text = f"The object is disabled. Credentials that ended with it: {', '.join(working)}."
        notify(client=client, subject="Credentials ended", text=text, at=at)


def _secret_of_new(client: Client, at: datetime) -> str:
    return secret_of(new_credential(client=client, at=at))


def _lock_confidential(client: Client) -> Client:
    locked = _lock_row(client)
    if locked.client_type != Client.CLIENT_CONFIDENTIAL:
        raise ClientChangeRefused(f"{locked} is public: it has no secret")
    return locked


def _lock_row(client: Client) -> Client:
    """Its secrets change one at a time; tokens, which refer to the row, are made meanwhile."""
    return Client.objects.select_for_update(no_key=True).get(pk=client.pk)


def _credentials_in_use(client: Client, at: datetime) -> list[Credential]:
    """The secrets that work, newest first; a former one that was not used since gets a row, to end as the others do."""
    if client.client_secret != NO_SECRET and not client.credentials.exists():
        Credential.objects.create(client=client, digest=None, created=client.created)
    return secrets_in_use(client=client, at=at)


def _end(credentials: Collection[Credential], *, until: datetime, at: datetime, leaked: bool) -> None:
    for credential in credentials:
        if credential.expires is None or credential.expires > until:
            credential.expires, credential.modified = until, at
            credential.save(update_fields=["expires", "modified"])
    journal_credentials(credentials, leaked=leaked)


def _end_leaked(client: Client, credentials: list[Credential], *, at: datetime) -> None:
    """Rows first: whoever makes a token locks the row of its secret, so that none is made meanwhile."""
    _end(credentials, until=at, at=at, leaked=True)
    credentials_leaked.send(sender=Credential, client=client, credentials=credentials, at=at)


def _forget_slow_hash(client: Client) -> None:
    client.client_secret = NO_SECRET
    client.save(update_fields=["client_secret", "updated"])
