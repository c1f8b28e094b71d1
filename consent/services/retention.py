"""What of consent is kept how long: docs/retention.md."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from accounts.services.retention import close_login, unused_logins
from cdsc_portal.lib.db.archive import archive_table
from cdsc_portal.lib.db.months import months_of
from cdsc_portal.lib.db.retention import delete_proof, proof_kept_from
from cdsc_portal.lib.runtime.each import for_each
from consent.models import (
    ClientContact,
    ConsentRequest,
    Disclosure,
    Grant,
    GrantEvent,
    Message,
    RecordedConsent,
)
from consent.transitions import ENDED, OPEN

_DISCLOSURES = Disclosure._meta.db_table


def delete_old_disclosures(*, at: datetime, archive: bool) -> int:
    """Delete the months of disclosures that need not be kept, once they are in files where `archive` wants them.

    Returns how many disclosures.
    """
    before = proof_kept_from(at)
    if archive:
        for table, first in months_of(_DISCLOSURES):
            if first < before.date():
                archive_table(table, at=at)
    return delete_proof("disclosures", before=before)


def delete_ended_grants(*, at: datetime) -> int:
    """Delete the grants that ended ten years ago, with all that hangs on them; returns how many.

    Each in its own transaction; one that fails stops no other. Raises SomeFailed once all were tried.
    """
    before = proof_kept_from(at)
    later = GrantEvent.objects.filter(grant=OuterRef("pk"), at__gte=before)
    read = Disclosure.objects.filter(grant=OuterRef("pk"))
    over = Grant.objects.filter(~Exists(later), ~Exists(read), status__in=ENDED, created__lt=before)
    return for_each("grant.not_deleted", over.order_by("pk").iterator(chunk_size=500), _delete)


@transaction.atomic
def _delete(grant: Grant) -> bool:
    """The database refuses where its history must still be kept."""
    for recorded in RecordedConsent.objects.filter(grant=grant):
        file = recorded.proof_file
        recorded.delete()
        if file:
            transaction.on_commit(lambda file=file: file.storage.delete(file.name))  # type: ignore[misc]
    Message.objects.filter(grant=grant).update(grant=None)
    ConsentRequest.objects.filter(grant=grant).delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT delete_grant_history(%s)", [[grant.pk]])
    grant.delete()
    return True


def close_unused_logins(*, at: datetime) -> int:
    """Blank people who have nothing to log in for, neither a role nor sharing of their own nor a third party's pages.

    Returns how many. Each in its own transaction; one that fails stops no other.
    """
    return for_each(
        "login.not_closed", _without_sharing(at).order_by("pk").iterator(chunk_size=500), close_login
    )


def _without_sharing(at: datetime) -> QuerySet[User]:
    shares = Grant.objects.filter(user=OuterRef("pk"), status__in=OPEN)
    develops = ClientContact.objects.filter(user=OuterRef("pk"))
    return unused_logins(at=at).filter(~Exists(shares), ~Exists(develops))
