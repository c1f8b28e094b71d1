"""Third parties' applications: registered by staff, suspended and reinstated, kept to test customers."""

from django.db import transaction

from cdsc_portal.lib.time import clock
from consent.mail.client_messages import notify
from consent.models import Client, ClientStatus, MessageType
from consent.queries.clients import open_grants
from consent.services.journal import journal_client

# what a company reads of its client, in the language of the API
_SUSPENDED = (
    "The utility suspended the client: it reads nothing. Grants stay, and open again when it is reinstated."
)
_REINSTATED = "The utility reinstated the client: it reads again what its open grants open."
_IN_SANDBOX = (
    "The utility put the client in the sandbox: it can ask for and read data of test customers only."
)
_IN_PRODUCTION = "The utility put the client in production: it can ask every customer."


class ClientChangeRefused(ValueError):
    """The client is not in a state from which it can be changed so."""

    code = "client_change_refused"


def suspend_client(*, client: Client) -> int:
    """Let a client read nothing from the next call on; how many open grants that pauses.

    Its grants stay as they are and open again when it is reinstated; it can still revoke its tokens. Raises
    ClientChangeRefused when it is not in production: being reinstated must not lift a sandbox client.
    """
    return _move(
        client, ClientStatus.PRODUCTION, ClientStatus.SUSPENDED, subject="Suspended", text=_SUSPENDED
    )


def reinstate_client(*, client: Client) -> int:
    """Let a suspended client read again what its open grants open; how many those are.

    Raises ClientChangeRefused when it is not suspended.
    """
    return _move(
        client, ClientStatus.SUSPENDED, ClientStatus.PRODUCTION, subject="Reinstated", text=_REINSTATED
    )


def put_in_sandbox(*, client: Client) -> int:
    """Let a client ask for and read what test customers have, from the next call on; how many open grants that cuts.

    Raises ClientChangeRefused when it is not in production.
    """
    return _move(
        client, ClientStatus.PRODUCTION, ClientStatus.SANDBOX, subject="In the sandbox", text=_IN_SANDBOX
    )


def put_in_production(*, client: Client) -> int:
    """Let a client of the sandbox ask every customer, and read all that its open grants open; how many those are.

    Raises ClientChangeRefused when it is not in the sandbox.
    """
    return _move(
        client, ClientStatus.SANDBOX, ClientStatus.PRODUCTION, subject="In production", text=_IN_PRODUCTION
    )


@transaction.atomic
def _move(client: Client, former: ClientStatus, to: ClientStatus, *, subject: str, text: str) -> int:
    """Change the status under the client's lock and write its contacts a message. How many open grants it has."""
    locked = Client.objects.select_for_update().get(pk=client.pk)
    if locked.status != former:
        raise ClientChangeRefused(f"{locked} is {locked.status}, not {former}")
    at = clock.now()
    locked.status, locked.modified = to, at
    if to != ClientStatus.SUSPENDED:  # which is no status of the wire: what the third party may set stays
        locked.status_options = [to.value, ClientStatus.DISABLED.value]
    locked.save(update_fields=["status", "status_options", "modified", "updated"])
    journal_client(locked)
    notify(client=locked, subject=subject, text=text, at=at, kind=MessageType.FIELD_CHANGES)
    return open_grants(client=locked).count()
