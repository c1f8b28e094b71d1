"""Which of the files at a source are whole: seen twice with the same size and time, or renamed when they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from django.db import transaction

from datahub.feeds.sources.base import Listed
from datahub.models import FeedSource, SeenFile

_PARTIAL = (".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload")


@dataclass(frozen=True, slots=True)
class Sight:
    """`ready` to be taken, oldest first; `taken` on an earlier look and still there; others may be `settling`."""

    ready: tuple[Listed, ...]
    taken: tuple[Listed, ...]
    is_settling: bool


@transaction.atomic
def look_over(source: FeedSource, listed: Sequence[Listed]) -> Sight:
    """Compare what is there with the last look, and remember it for the next one. Three queries.

    What is still being written (.part, .tmp, a leading dot) is remembered, never ready; renamed to a name that fits
    the source's pattern, with size and time as they were, it is.
    """
    known = {seen.name: seen for seen in source.seen_files.all()}
    names = {one.name for one in listed}
    renamed = {
        (seen.size, seen.modified_ns)
        for seen in known.values()
        if seen.name not in names and seen.taken is None and seen.size
    }
    ready, taken, changed = [], [], []
    is_settling = False
    for one in listed:
        seen = known.get(one.name)
        is_same = seen is not None and (seen.size, seen.modified_ns) == (one.size, one.modified_ns)
        if not is_same:
            changed.append(SeenFile(source=source, name=one.name, size=one.size, modified_ns=one.modified_ns))
        if _is_partial(one.name) or not fnmatchcase(one.name, source.pattern):
            continue
        if is_same and seen is not None and seen.taken:
            taken.append(one)
        elif is_same or (one.size, one.modified_ns) in renamed:
            ready.append(one)
        else:
            is_settling = True
    source.seen_files.exclude(name__in=names).delete()
    SeenFile.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["source", "name"],
        update_fields=["size", "modified_ns", "taken"],
        batch_size=2_000,
    )
    return Sight(tuple(sorted(ready, key=lambda one: (one.modified_ns, one.name))), tuple(taken), is_settling)


def _is_partial(name: str) -> bool:
    return name.startswith(".") or name.lower().endswith(_PARTIAL)
