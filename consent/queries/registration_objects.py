"""What belongs to one registration: its objects and their secrets."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet

from consent.models import Client, Credential


def objects_of(*, registration: int) -> QuerySet[Client]:
    """The objects of the registration with this key."""
    return Client.objects.filter(registration=registration).select_related("registration")


def credentials_of(
    *,
    registration: int,
    ids: Collection[str] = (),
    clients: Collection[str] = (),
    after: datetime | None = None,
    before: datetime | None = None,
) -> QuerySet[Credential]:
    """Its objects' credentials; each filter that is given narrows them (R-182), times by `created` and included."""
    credentials = Credential.objects.filter(client__registration=registration).select_related("client")
    if ids:
        credentials = credentials.filter(public_id__in=ids)
    if clients:
        credentials = credentials.filter(client__client_id__in=clients)
    if after is not None:
        credentials = credentials.filter(created__gte=after)
    if before is not None:
        credentials = credentials.filter(created__lte=before)
    return credentials
