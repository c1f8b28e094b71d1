"""Third parties' applications: registered by staff, suspended and reinstated."""

from django.db import transaction

from cdsc_portal.lib import clock
from consent.models import Client, ClientStatus, MessageType
from consent.queries.clients import open_grants
from consent.services.messages import notify

# what a company reads of its client, in the language of the API
_SUSPENDED = (
    "The utility suspended the client: it reads nothing. Grants stay, and open again when it is reinstated."
)
_REINSTATED = "The utility reinstated the client: it reads again what its open grants open."


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
    notify(
        client=locked, subject="Suspended", text=_SUSPENDED, at=clock.now(), kind=MessageType.FIELD_CHANGES
    )
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
    notify(
        client=locked, subject="Reinstated", text=_REINSTATED, at=clock.now(), kind=MessageType.FIELD_CHANGES
    )
    return open_grants(client=locked).count()
