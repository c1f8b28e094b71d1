"""What the server says of itself in public changes by staff alone; `updated` tells readers when."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from consent.models import CoverageEntry, CoverageFile, ServerDescription


def make_server_description() -> None:
    """The one row, after the migrations; running again changes nothing."""
    if not ServerDescription.objects.exists():
        ServerDescription.objects.create()


def save_server_description(description: ServerDescription, *, at: datetime) -> None:
    description.updated = at
    description.save()


@transaction.atomic
def save_coverage_entry(
    entry: CoverageEntry, *, files: Mapping[str, tuple[str, bytes] | None], at: datetime
) -> None:
    """Store an entry whose content changed; `files` by kind: media type and content, or None to remove it.

    The server's own metadata changes with the first entry published and with the last one withdrawn.
    """
    description = ServerDescription.objects.select_for_update().get()
    listed = CoverageEntry.objects.filter(is_listed=True)
    listed_before = listed.exists()
    entry.updated = at
    entry.save()
    for kind, file in files.items():
        if file is None:
            CoverageFile.objects.filter(entry=entry, kind=kind).delete()
        else:
            content_type, content = file
            CoverageFile.objects.update_or_create(
                entry=entry,
                kind=kind,
                defaults={"content_type": content_type, "content": content, "updated": at},
            )
    if listed_before != listed.exists():
        save_server_description(description, at=at)
