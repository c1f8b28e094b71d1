"""After a restore: what ended or was narrowed since the backup ends or is narrowed again (decision 64)."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from cdsc_portal.lib.runtime import journal_files
from cdsc_portal.lib.time.ranges import Span
from consent.models import Actor, Client, ClientStatus, Credential, Grant
from consent.parts import Part
from consent.periods import PartPeriod
from consent.resolution import Resolution, coarsest
from consent.services.journal import digest_of
from consent.services.narrow import narrow_to
from consent.services.revoke import change_status
from consent.signals import credentials_leaked
from consent.transitions import ENDED, OPEN, GrantStatus, TransitionNotAllowed

Entry = dict[str, Any]
Key = TypeVar("Key")
Row = TypeVar("Row")

_NOTE = "after a restore"
_AGAIN = "This was so before our records were restored from a backup."
_CHECKED = (
    "Our records were restored from a backup. We first check that nothing is shared that was stopped before."
)
# those of this server that it knows and that were not committed; it does not know one to which it has not come, or of
# so long ago that it forgot
_UNDONE = """
    SELECT entry.number
    FROM unnest(%s::text[], %s::text[], %s::bigint[]) WITH ORDINALITY AS entry (xact, server, timeline, number),
        pg_control_system(), pg_control_checkpoint()
    WHERE entry.server = system_identifier::text AND entry.timeline = timeline_id
        AND entry.xact::xid8 IS DISTINCT FROM pg_current_xact_id_if_assigned()
        AND CASE WHEN entry.xact::xid8 < pg_snapshot_xmax(pg_current_snapshot())
            THEN pg_xact_status(entry.xact::xid8) END <> 'committed'
"""
# what a client may still do, the most first
_STATUSES = [ClientStatus.PRODUCTION, ClientStatus.SANDBOX, ClientStatus.SUSPENDED, ClientStatus.DISABLED]
_CLOSED_TO_ALL = ENDED | {GrantStatus.SUSPENDED}


@dataclass(frozen=True, slots=True)
class Unmet:
    """What the database opens more than the journal says: each thing with the entry about it."""

    statuses: list[tuple[Grant, Entry]]
    contents: list[tuple[Grant, Entry]]
    clients: list[tuple[Client, Entry]]
    credentials: list[tuple[Credential, Entry]]

    @property
    def count(self) -> int:
        return len(self.statuses) + len(self.contents) + len(self.clients) + len(self.credentials)


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many of each were brought up to the journal; `paused` grants could not be narrowed to the letter."""

    statuses: int
    narrowed: int
    paused: int
    clients: int
    credentials: int


def unmet_entries() -> Unmet:
    """Where the database is behind the journal; nothing where none is kept.

    The last entry about a thing counts, of those whose transaction was committed. Four statements. Raises OSError: the
    journal cannot be read.
    """
    if settings.CONSENT_JOURNAL is None:
        return Unmet([], [], [], [])
    statuses, contents, clients, credentials = _last_entries(settings.CONSENT_JOURNAL)
    grants = Grant.objects.filter(public_id__in=[*statuses, *contents]).exclude(status__in=ENDED)
    open_grants = {grant.public_id: grant for grant in grants.select_related("client")}
    known = {client.client_id: client for client in Client.objects.filter(client_id__in=list(clients))}
    working = Credential.objects.filter(pk__in=list(credentials)).select_related("client")
    return Unmet(
        [
            (grant, entry)
            for grant, entry in _pairs(open_grants, statuses)
            if entry["status"] in _CLOSED_TO_ALL and grant.status != entry["status"]
        ],
        [
            (grant, entry)
            for grant, entry in _pairs(open_grants, contents)
            if digest_of(grant) != entry["digest"]
        ],
        [
            (client, entry)
            for client, entry in _pairs(known, clients)
            if _STATUSES.index(ClientStatus(client.status)) < _STATUSES.index(entry["status"])
        ],
        [
            (credential, entry)
            for credential, entry in _pairs({row.pk: row for row in working}, credentials)
            if credential.expires is None or credential.expires > _instant(entry)
        ],
    )


def replay_journal(*, at: datetime) -> Replayed:
    """End, narrow and pause again what the journal says; one transaction each, so it may be killed and run again.

    Owners and companies get the mail and the messages of such a change. A grant that cannot be narrowed to what it
    opened last, such as to a service that the backup does not have, is paused until staff look at it. Raises OSError.
    """
    unmet = unmet_entries()
    for grant, entry in unmet.statuses:
        _move(grant, GrantStatus(entry["status"]), at=at, words=_AGAIN)
    paused = sum(not _narrow(grant, entry, at=at) for grant, entry in unmet.contents)
    for client, entry in unmet.clients:
        _move_client(client, ClientStatus(entry["status"]))
    for credential, entry in unmet.credentials:
        with transaction.atomic():
            credential.expires = _instant(entry)
            credential.save(update_fields=["expires"])
            if entry["leaked"]:
                credentials_leaked.send(
                    sender=Credential, client=credential.client, credentials=[credential], at=at
                )
    return Replayed(
        len(unmet.statuses), len(unmet.contents) - paused, paused, len(unmet.clients), len(unmet.credentials)
    )


def pause_open_grants(*, at: datetime) -> int:
    """Pause every open grant, where no journal tells which were stopped since the backup; how many.

    Staff resume each on its page, or all at once by `resume_paused_grants`.
    """
    paused = list(Grant.objects.filter(status__in=OPEN - {GrantStatus.SUSPENDED}).select_related("client"))
    for grant in paused:
        _move(grant, GrantStatus.SUSPENDED, at=at, words=_CHECKED)
    return len(paused)


def resume_paused_grants(*, at: datetime) -> int:
    """Let those go on that a restore paused and nobody has moved since; how many."""
    paused = [grant for grant in _suspended() if _was_paused_by_restore(grant)]
    for grant in paused:
        _move(grant, GrantStatus.ACTIVE, at=at, words="")
    return len(paused)


def _suspended() -> QuerySet[Grant]:
    return Grant.objects.filter(status=GrantStatus.SUSPENDED).select_related("client").order_by("pk")


def _was_paused_by_restore(grant: Grant) -> bool:
    last = grant.events.order_by("-pk").first()
    return last is not None and (last.actor, last.reason) == (Actor.SYSTEM, _NOTE)


def _last_entries(
    folder: Path,
) -> tuple[dict[str, Entry], dict[str, Entry], dict[str, Entry], dict[int, Entry]]:
    """The last entry about each grant's status, each grant's contents, each client and each credential."""
    statuses: dict[str, Entry] = {}
    contents: dict[str, Entry] = {}
    clients: dict[str, Entry] = {}
    credentials: dict[int, Entry] = {}
    for entry in _holding(list(journal_files.entries(folder))):
        if "parts" in entry:
            contents[entry["grant"]] = entry
        elif "grant" in entry:
            statuses[entry["grant"]] = entry
        elif "client" in entry:
            clients[entry["client"]] = entry
        else:
            credentials[entry["credential"]] = entry
    return statuses, contents, clients, credentials


def _pairs(rows: dict[Key, Row], entries: dict[Key, Entry]) -> list[tuple[Row, Entry]]:
    return [(rows[key], entry) for key, entry in entries.items() if key in rows]


def _holding(entries: list[Entry]) -> list[Entry]:
    """Without those whose transaction was not committed, as far as this server can tell: they say nothing.

    One of another server, or of this one before it was restored, may be unknown here: then it holds. One statement.
    """
    with connection.cursor() as cursor:
        columns = [[entry[name] for entry in entries] for name in ("transaction", "server", "timeline")]
        cursor.execute(_UNDONE, columns)
        undone = {number - 1 for (number,) in cursor.fetchall()}
    return [entry for place, entry in enumerate(entries) if place not in undone]


@transaction.atomic
def _narrow(grant: Grant, entry: Entry, *, at: datetime) -> bool:
    """Narrow it; whether it opens then what it opened last. Else it is paused."""
    limits = {limit["scope"]: limit for limit in entry["parts"]}
    try:
        narrow_to(grant=grant, cut=lambda part: _cut(part, limits.get(part.scope.id)), at=at)
    except TransitionNotAllowed:  # it has ended meanwhile
        return True
    grant.refresh_from_db()
    if digest_of(grant) == entry["digest"]:
        return True
    if grant.status != GrantStatus.SUSPENDED:
        _move(grant, GrantStatus.SUSPENDED, at=at, words=_CHECKED)
    return False


def _cut(part: Part, limit: Entry | None) -> Part | None:
    """What both hold of a part; None: nothing."""
    if limit is None:
        return None
    window = part.period.window.intersect(Span(_time(limit["start"]), _time(limit["end"])))
    if window is None:
        return None
    ends = [end for end in (part.period.access_ends, _time(limit["access_ends"])) if end is not None]
    limited = frozenset((contract, meter) for contract, meter in limit.get("meters", ()))
    meters = {
        pair
        for pair in part.meters | limited
        if all(pair in pairs or pair[0] not in _contracts(pairs) for pairs in (part.meters, limited))
    }
    without_meter = (_contracts(part.meters) | _contracts(limited)) - _contracts(meters)
    return replace(
        part,
        period=PartPeriod(window, min(ends, default=None), part.period.lasting),
        contracts=part.contracts.intersection(limit["contracts"]) - without_meter,
        future_accounts=part.future_accounts.intersection(limit["accounts"]),
        resolution=coarsest((part.resolution, Resolution(limit.get("resolution", "")))),
        meters=frozenset(meters),
    )


def _contracts(pairs: Collection[tuple[int, int]]) -> frozenset[int]:
    return frozenset(contract for contract, _meter in pairs)


def _move(grant: Grant, to: GrantStatus, *, at: datetime, words: str) -> None:
    change_status(grant, to, actor=Actor.SYSTEM, at=at, reason=_NOTE, public_reason=words)


def _move_client(client: Client, to: ClientStatus) -> None:
    """With what its third party may set from then on: a disabled one stays so for good."""
    client.status = to
    if to == ClientStatus.DISABLED:
        client.status_options = [to.value]
    elif to != ClientStatus.SUSPENDED:
        client.status_options = [to.value, ClientStatus.DISABLED.value]
    client.save(update_fields=["status", "status_options", "updated"])


def _instant(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry["expires"])


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
