"""Files that the utility provides: what a Grant Admin token opens, and which grants name one."""

from collections.abc import Collection

from django.db.models import QuerySet

from consent.access import FilesAccess
from consent.models import Client, Grant, GrantKind, ProvidedFile
from consent.scopes.offer_types import PROVIDED_FILES, offer_types
from consent.transitions import OPEN


def readable_files(access: FilesAccess, *, ids: Collection[str] = ()) -> QuerySet[ProvidedFile]:
    """What `access` opens (R-175, R-176); `ids` can only narrow it (R-186)."""
    readable = access.files & frozenset(ids) if ids else access.files
    return ProvidedFile.objects.filter(registration=access.registration_id, public_id__in=readable)


def is_files_scope(name: str) -> bool:
    return offer_types()[PROVIDED_FILES].takes_id(name)


def files_objects(*, registration: int) -> list[Client]:
    """The objects of the registration that can be granted files, by key."""
    clients = Client.objects.filter(registration=registration).order_by("pk")
    return [client for client in clients if any(map(is_files_scope, client.allowed_scopes))]


def open_grants_of(file: ProvidedFile) -> QuerySet[Grant]:
    """Grants that open it, or would if they were not paused."""
    return Grant.objects.filter(
        client__registration=file.registration_id,
        kind=GrantKind.FILES,
        status__in=OPEN,
        authorization_details__contains=[{"file_id": file.public_id}],
    )
