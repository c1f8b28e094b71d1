"""Refused calls for data, counted for the people of the client that made them (docs/decisions/0094).

One row a client, day, resource and code, so that no client fills the table; nothing at all of a caller whom nobody
knows. One statement, committed by itself after the transaction of the refused call, which took everything back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import structlog
from django.db import Error

from cdsc_portal.lib.db.prepared import prepared_cursor
from cdsc_portal.lib.db.retention import delete_slowly
from cdsc_portal.lib.secrets.checksums import checksum
from consent.models import RefusedCalls

log = structlog.get_logger(__name__)

KEPT_DAYS = 30
# whose token it is or was, whatever became of it: people want to know that their program calls with an old one
_OF_BEARER = (
    "SELECT application_id FROM consent_accesstoken"
    " WHERE token_checksum = %(checksum)s AND application_id IS NOT NULL"
)
_OF_CLIENT = "SELECT id FROM consent_client WHERE id = %(client)s"

# A count is not worth a flush to disk, for which the next refused call of the client would wait: a crash may lose the
# last moment of it.
_RECORD = """
    INSERT INTO consent_refusedcalls AS refused
        (client_id, day, resource, status, code, calls, last_at, reference)
    SELECT caller.id, %(day)s, %(resource)s, %(status)s, %(code)s, 1, %(at)s, %(reference)s
    FROM ({caller}) AS caller (id), (SELECT set_config('synchronous_commit', 'off', true)) AS quick
    ON CONFLICT (client_id, day, resource, status, code) DO UPDATE SET
        calls = refused.calls + 1,
        reference = CASE WHEN excluded.last_at >= refused.last_at THEN excluded.reference ELSE refused.reference END,
        last_at = GREATEST(refused.last_at, excluded.last_at)
"""


@dataclass(frozen=True, slots=True)
class RefusedCall:
    """One call for `resource` that was answered `status` and `code`; `reference` is what the answer told of itself."""

    resource: str
    status: int
    code: str
    reference: str


def record_by_token(call: RefusedCall, *, token: str, at: datetime) -> None:
    """Count `call` for the client whose token it came with, an expired or stopped one too. One statement."""
    _record(call, _OF_BEARER, {"checksum": checksum(token)}, at=at)


def record_by_client(call: RefusedCall, *, client_id: int, at: datetime) -> None:
    """Count `call` for the client (database key) that proved who it is. One statement."""
    _record(call, _OF_CLIENT, {"client": client_id}, at=at)


def _record(call: RefusedCall, caller: str, values: Mapping[str, str | int], *, at: datetime) -> None:
    """The answer is a refusal in any case: where it cannot be counted, the log says so, and it goes out."""
    row: dict[str, date | str | int] = {
        "day": at.astimezone(UTC).date(),
        "resource": call.resource,
        "status": call.status,
        "code": call.code,
        "reference": call.reference,
        "at": at,
    }
    try:
        with prepared_cursor() as cursor:
            cursor.execute(_RECORD.format(caller=caller), {**row, **values})
    except Error as error:  # also of a connection that is closed
        log.warning("refused_call.not_counted", error=type(error).__name__)


def shown_from(at: datetime) -> date:
    """The first day (UTC) whose refusals are still kept at `at`."""
    return (at - timedelta(days=KEPT_DAYS)).astimezone(UTC).date()


def delete_old(*, at: datetime) -> int:
    """Delete refusals of days before the last KEPT_DAYS; how many rows."""
    return delete_slowly(RefusedCalls.objects.filter(day__lt=shown_from(at)))
