"""Staff close what waits for them."""

from collections.abc import Collection
from datetime import datetime

from accounts.models import ClosedKind, ClosedMatter, User


def close_matters(*, kind: ClosedKind, keys: Collection[object], by: User, reason: str, at: datetime) -> None:
    """Staff's overview counts them no more; closed already, they get the newer reason. One statement."""
    ClosedMatter.objects.bulk_create(
        [ClosedMatter(kind=kind, key=str(key), by=by, reason=reason, at=at) for key in keys],
        update_conflicts=True,
        unique_fields=["kind", "key"],
        update_fields=["by", "reason", "at"],
    )


def reopen_matter(*, kind: ClosedKind, key: object) -> None:
    """It is over; when it comes again, it waits again."""
    ClosedMatter.objects.filter(kind=kind, key=str(key)).delete()
