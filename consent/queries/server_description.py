"""What is public about the server: its description and the coverage that is published."""

from collections.abc import Collection

from django.db.models import Exists, Prefetch, QuerySet

from consent.models import CoverageEntry, CoverageFile, ServerDescription


def listed_coverage(*, ids: Collection[str] = ()) -> QuerySet[CoverageEntry]:
    """Published entries with the kinds of their files, not the contents; `ids` narrows, none of them is no filter.

    Two queries.
    """
    entries = CoverageEntry.objects.filter(is_listed=True)
    if ids:
        entries = entries.filter(entry_id__in=ids)
    return entries.prefetch_related(Prefetch("files", CoverageFile.objects.defer("content")))


def server_description() -> tuple[ServerDescription, bool]:
    """The row, and whether any coverage is published. One query."""
    listed = Exists(CoverageEntry.objects.filter(is_listed=True))
    description = ServerDescription.objects.annotate(lists_coverage=listed).get()
    return description, description.lists_coverage


def coverage_file(*, entry_id: str, kind: str) -> CoverageFile | None:
    """A file of a published entry; None where there is none. One query."""
    files = CoverageFile.objects.filter(entry__entry_id=entry_id, entry__is_listed=True, kind=kind)
    return files.first()
