"""Third parties' applications: registered by staff, suspended and reinstated."""

from django.db import transaction

from consent.models import Client, ClientStatus
from consent.queries.clients import open_grants


class ClientChangeRefused(ValueError):
    """The client is not in a state from which it can be changed so."""

    code = "client_change_refused"


@transaction.atomic
def suspend_client(*, client: Client) -> int:
    """Let a client read nothing from the next call on; how many open grants that pauses.

    Its grants stay as they are and open again when it is reinstated; it can still revoke its tokens. Raises
    ClientChangeRefused when it is not in production: being reinstated must not lift a sandbox client.
    """
    locked = Client.objects.select_for_update().get(pk=client.pk)
    if locked.status != ClientStatus.PRODUCTION:
        raise ClientChangeRefused(f"{locked} is {locked.status}, not in production")
    locked.status = ClientStatus.SUSPENDED
    locked.save(update_fields=["status", "updated"])
    return open_grants(client=locked).count()


@transaction.atomic
def reinstate_client(*, client: Client) -> int:
    """Let a suspended client read again what its open grants open; how many those are.

    Raises ClientChangeRefused when it is not suspended.
    """
    locked = Client.objects.select_for_update().get(pk=client.pk)
    if locked.status != ClientStatus.SUSPENDED:
        raise ClientChangeRefused(f"{locked} is {locked.status}, not suspended")
    locked.status = ClientStatus.PRODUCTION
    locked.save(update_fields=["status", "updated"])
    return open_grants(client=locked).count()
