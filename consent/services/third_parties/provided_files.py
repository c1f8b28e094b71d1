"""Files for third parties: staff store one, let its third party fetch it, and take it back (R-36)."""

import hashlib
import mimetypes
from collections.abc import Sequence
from datetime import datetime

from django.core.files.base import File
from django.db import transaction

from accounts.models import User
from consent.models import Actor, Change, Client, ClientStatus, Grant, GrantKind, ProvidedFile, Registration
from consent.queries.provided_files import files_objects, is_files_scope, open_grants_of
from consent.services.clients import ClientChangeRefused
from consent.services.journal import journal_contents
from consent.services.revoke import change_status
from consent.services.transitions import record_event
from consent.transitions import GrantStatus

_UNKNOWN_TYPE = "application/octet-stream"


def store_file(
    *, registration: Registration, name: str, description: str, content: "File[bytes]", at: datetime
) -> ProvidedFile:
    """Keep `content` under a name of our own; nobody reads it until it is granted."""
    digest = hashlib.sha256()
    for chunk in content.chunks():
        digest.update(chunk)
    stored = ProvidedFile(
        registration=registration,
        name=name,
        description=description,
        mime_type=mimetypes.guess_type(name)[0] or _UNKNOWN_TYPE,
        size=content.size,
        digest=digest.hexdigest(),
        created=at,
        modified=at,
    )
    stored.file.save(stored.public_id, content, save=False)
    stored.save()
    return stored


def describe_file(*, file: ProvidedFile, name: str, description: str, at: datetime) -> None:
    """Call it something else; its content stays."""
    file.name, file.description, file.modified = name, description, at
    file.mime_type = mimetypes.guess_type(name)[0] or _UNKNOWN_TYPE
    file.save(update_fields=["name", "description", "modified", "mime_type"])


@transaction.atomic
def grant_files(*, files: Sequence[ProvidedFile], by: User, at: datetime) -> Grant:
    """One grant of `files`, which are of one third party, to its object for files.

    Raises ClientChangeRefused: it has no such object that serves.
    """
    registration = Registration.objects.select_for_update(no_key=True).get(pk=files[0].registration_id)
    client, scope = _files_object(registration)
    grant = Grant.objects.create(
        client=client,
        user=None,
        kind=GrantKind.FILES,
        status=GrantStatus.ACTIVE,
        scope=scope,
        authorization_details=[{"type": scope, "file_id": file.public_id} for file in files],
        created=at,
        modified=at,
    )
    record_event(grant, former="", to=GrantStatus.ACTIVE, actor=Actor.STAFF, by=by, at=at)
    return grant


@transaction.atomic
def take_back(*, file: ProvidedFile, by: User, at: datetime) -> int:
    """Take `file` out of every grant that names it; how many. A grant of which nothing is left is over."""
    Registration.objects.select_for_update(no_key=True).get(pk=file.registration_id)
    grants = list(open_grants_of(file).select_for_update(no_key=True, of=("self",)).select_related("client"))
    for grant in grants:
        kept = [detail for detail in grant.authorization_details if detail["file_id"] != file.public_id]
        if not kept:
            change_status(grant, GrantStatus.DISABLED, actor=Actor.STAFF, by=by, at=at)
        else:
            grant.authorization_details, grant.modified = kept, at
            grant.save(update_fields=["authorization_details", "modified"])
            journal_contents(grant, ())  # a restored backup pauses the grant: files have no parts to narrow
            record_event(
                grant,
                former=grant.status,
                to=grant.status,
                actor=Actor.STAFF,
                by=by,
                at=at,
                change=Change.NARROWED,
            )
    return len(grants)


def _files_object(registration: Registration) -> tuple[Client, str]:
    for client in files_objects(registration=registration.pk):
        if client.status in (ClientStatus.PRODUCTION, ClientStatus.SANDBOX):
            return client, next(filter(is_files_scope, client.allowed_scopes))
    raise ClientChangeRefused(f"{registration} is not registered for files")
