"""Secrets of third parties' clients."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from cdsc_portal.lib.public_ids import new_secret
from consent.models import Client
from consent.services.clients import ClientChangeRefused
from consent.services.messages import notify


@transaction.atomic
def renew_secret(*, client: Client, by: User, at: datetime) -> str:
    """A new secret, readable in this answer and never again; the one before opens nothing from now on.

    Every contact is told (R-148). Tokens that were given stay. Raises ClientChangeRefused: a public client has none.
    """
    locked = Client.objects.select_for_update().get(pk=client.pk)
    if locked.client_type != Client.CLIENT_CONFIDENTIAL:
        raise ClientChangeRefused(f"{locked} is public: it has no secret")
    secret = new_secret()
    locked.client_secret = secret  # hashed as it is saved
    locked.save(update_fields=["client_secret", "updated"])
    notify(
        client=locked,
        subject="Secret renewed",
        text=f"{by} renewed the secret. The one before no longer works.",
        at=at,
        by=by,
    )
    return secret
