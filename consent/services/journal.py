"""What became less is written outside the database too, so that a restored backup does not open it again.

Decision 64. Each line is on the disk before its transaction commits. Keys are the database's own; no name, no number.
"""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime

import orjson
import structlog
from django.conf import settings
from django.db import connection

from cdsc_portal.lib.json.encoder import instant
from cdsc_portal.lib.runtime import journal_files
from cdsc_portal.lib.time import clock
from consent.models import Client, Credential, Grant
from consent.parts import Part

log = structlog.get_logger(__name__)
# which transaction of which server: whether it was committed can be asked later
_TRANSACTION = """
    SELECT pg_current_xact_id()::text, system_identifier::text, timeline_id
    FROM pg_control_system(), pg_control_checkpoint()
"""


def journal_status(grant: Grant) -> None:
    """The status that a grant moves to, in the transaction that moves it."""
    _write({"grant": grant.public_id, "status": grant.status})


def journal_contents(grant: Grant, parts: Collection[Part]) -> None:
    """What remains of a grant, in the transaction that narrows it."""
    remaining = [
        {
            "scope": part.scope.id,
            "start": _instant(part.period.window.start),
            "end": _instant(part.period.window.end),
            "access_ends": _instant(part.period.access_ends),
            "contracts": sorted(part.contracts),
            "accounts": sorted(part.future_accounts),
            "resolution": part.resolution,
            "meters": sorted(part.meters),
        }
        for part in parts
    ]
    _write({"grant": grant.public_id, "parts": remaining, "digest": digest_of(grant)})


def journal_client(client: Client) -> None:
    """The status that a client moves to."""
    _write({"client": client.client_id, "status": client.status})


def journal_credentials(credentials: Iterable[Credential], *, leaked: bool) -> None:
    """When secrets end; `leaked`: their tokens end with them."""
    for credential in credentials:
        _write({"credential": credential.pk, "expires": _instant(credential.expires), "leaked": leaked})


def digest_of(grant: Grant) -> str:
    """Of the details as granted: equal where a grant opens the same."""
    return hashlib.sha256(orjson.dumps(grant.authorization_details, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _write(entry: dict[str, object]) -> None:
    """A journal that cannot be written stops nobody from sharing less: it is logged, and staff see it."""
    if settings.CONSENT_JOURNAL is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_TRANSACTION)
        transaction, server, timeline = cursor.fetchone()
    place = {"at": instant(clock.now()), "transaction": transaction, "server": server, "timeline": timeline}
    try:
        journal_files.append(settings.CONSENT_JOURNAL, {**place, **entry})
    except OSError as error:
        log.error("journal.not_written", error=type(error).__name__)


def _instant(at: datetime | None) -> str | None:
    return None if at is None else instant(at)
