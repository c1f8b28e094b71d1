"""Which grants of a registration stand on a page of its listing (R-184, R-185).

For each object and status one ordered walk along an index, cut after a page: so that a page costs the same however many
grants there are. What holds before the sweep has recorded it (an end, a part that ended) is looked up beside them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from cdsc_portal.lib.db.prepared import prepared_cursor
from consent.queries.registration_grants import status_by_client
from consent.transitions import OPEN, GrantStatus

_CLIENTS = (
    "SELECT id, client_id, status, status_options FROM consent_client WHERE registration_id = %s ORDER BY id"
)
# A word of the scope or the type of a detail, in one array, as the index has it: of the types within JSON the planner
# knows no numbers, and takes the wrong way to a rare one.
_NAMES_SCOPE = """(
    string_to_array(COALESCE(issued.requested_scope, issued.scope), ' ')
    || string_to_array(translate(jsonb_path_query_array(
        COALESCE(issued.requested_details, issued.authorization_details), '$[*].type')::text, '[]" ', ''), ',')
) && %(scopes)s::text[]"""
_LASTS = "(issued.access_ends IS NULL OR issued.access_ends > %(at)s)"
_WHOLE = "(issued.partial_from IS NULL OR issued.partial_from > %(at)s)"


@dataclass(frozen=True, slots=True)
class GrantFilter:
    """What a caller looks for; an empty list and None filter nothing. Times are of `created`, both included."""

    grant_ids: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    client_ids: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    receipt_confirmations: tuple[str, ...] = ()
    after: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """Where a page begins: beyond the row changed at `moment` with key `pk`, toward older ones or newer."""

    moment: datetime
    pk: int
    to_older: bool = True


class GrantKey(NamedTuple):
    """A row of the listing: its database key and the time by which it is ordered."""

    pk: int
    modified: datetime


def grant_keys(
    *, registration: int, sought: GrantFilter, start: Start | None, limit: int, at: datetime
) -> list[GrantKey]:
    """Up to `limit` keys in the order of reading: newest change first; toward newer ones, oldest first. Two queries."""
    order = "ASC" if start is not None and not start.to_older else "DESC"
    parameters: dict[str, Any] = {"at": at, "limit": limit}
    always = list(_conditions(sought, start, parameters))
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_CLIENTS, [registration])
        clients = cursor.fetchall()
    walks = [
        f"""(SELECT issued.id, issued.modified FROM consent_grant issued WHERE {" AND ".join(conditions)}
            ORDER BY issued.modified {order}, issued.id {order} LIMIT %(limit)s)"""  # noqa: S608
        for pk, client_id, status, options in clients
        if not sought.client_ids or client_id in sought.client_ids
        for of_status in _by_status(sought.statuses, status_by_client(status, options))
        for of_time in _by_time(sought.before)
        for conditions in [[f"issued.client_id = {int(pk)}", *of_status, *of_time, *always]]
    ]
    if not walks:
        return []
    union = " UNION ALL ".join(walks)  # conditions of this module, no input
    statement = (
        f"SELECT id, modified FROM ({union}) walked ORDER BY modified {order}, id {order} LIMIT %(limit)s"  # noqa: S608
    )
    with (
        connection.cursor() as cursor
    ):  # planned for its very values: how many there are decides on the index
        cursor.execute(statement, parameters)
        return [GrantKey._make(row) for row in cursor.fetchall()]


def _conditions(sought: GrantFilter, start: Start | None, parameters: dict[str, Any]) -> Iterator[str]:
    """Those that hold for each walk; their values go into `parameters`."""
    lists = {
        "grant_ids": (sought.grant_ids, "issued.public_id = ANY(%(grant_ids)s)"),
        "parents": (
            sought.parents,
            "issued.parent_id = ANY(ARRAY(SELECT id FROM consent_grant WHERE public_id = ANY(%(parents)s)))",
        ),
        "receipt_confirmations": (
            sought.receipt_confirmations,
            "issued.id = ANY(ARRAY("
            "SELECT grant_id FROM consent_receipt WHERE number = ANY(%(receipt_confirmations)s)))",
        ),
        "scopes": (sought.scopes, _NAMES_SCOPE),
    }
    for name, (values, condition) in lists.items():
        if values:
            parameters[name] = list(values)
            yield condition
    if sought.after is not None:  # what was created since was changed since, and the walk ends there
        parameters["after"] = sought.after
        yield "issued.created >= %(after)s AND issued.modified >= %(after)s"
    if sought.before is not None:
        parameters["before"] = sought.before
    if start is not None:
        parameters["start_moment"], parameters["start_key"] = start.moment, start.pk
        yield (
            f"(issued.modified, issued.id) {'<' if start.to_older else '>'} (%(start_moment)s, %(start_key)s)"
        )


def _by_status(statuses: Sequence[str], of_client: GrantStatus | None) -> list[list[str]]:
    """The walks that find `statuses` as they are shown, none twice; one without conditions where all are sought."""
    if not statuses:
        return [[]]
    sought = {GrantStatus(status) for status in statuses}
    walks = [[f"issued.status = '{status}'"] for status in sorted(sought - OPEN)]
    opened = ", ".join(f"'{status}'" for status in sorted(OPEN))
    if GrantStatus.EXPIRED in sought:
        walks.append([f"issued.status IN ({opened})", "issued.access_ends <= %(at)s"])
    if of_client is not None:
        return [*walks, [f"issued.status IN ({opened})", _LASTS]] if of_client in sought else walks
    for status in sorted(sought & OPEN):
        whole = [_WHOLE] if status is GrantStatus.ACTIVE else []
        walks.append([f"issued.status = '{status}'", _LASTS, *whole])
    if GrantStatus.PARTIAL in sought:
        walks.append(["issued.status = 'active'", "issued.partial_from <= %(at)s", _LASTS])
    return walks


def _by_time(before: datetime | None) -> list[list[str]]:
    """What was not changed since `before` was there before; of what was changed since, what existed by then."""
    if before is None:
        return [[]]
    return [
        ["issued.modified <= %(before)s", "issued.created <= %(before)s"],
        [
            "issued.modified > %(before)s",
            "tstzrange(issued.created, GREATEST(issued.created, issued.modified)) @> %(before)s::timestamptz",
        ],
    ]
