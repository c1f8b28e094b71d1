"""Each change of a dated link, a contract or a supply term leaves what was in force before: see LinkChange."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from accounts.models import (
    Dated,
    GridPlacement,
    LinkChange,
    LinkKind,
    MeterInstallation,
    ServiceContract,
    SupplyTerm,
    User,
)
from accounts.signals import links_changed
from cdsc_portal.lib.time.ranges import Span


@dataclass(frozen=True, slots=True)
class Changed:
    """`link`, of database key `key`, was in force during `old`, which has a start, and now is during `new`.

    `old` None = it is new; `new` None = it is removed.
    """

    link: Dated
    key: int
    old: Span | None
    new: Span | None


def record_link_changes(changes: Iterable[Changed], *, at: datetime, by: User | None) -> None:
    """Call it last in the transaction of the changes: what was released until `at` was released by the old links.

    New links and changes that keep the dates are not recorded. One query, and those of the receivers of
    `links_changed`, which get all changes.
    """
    recorded = list(changes)
    rows = [
        _change_row(change, change.old, at, by)
        for change in recorded
        if change.old is not None and change.old != change.new
    ]
    LinkChange.objects.bulk_create(rows, batch_size=2_000)
    if recorded:
        links_changed.send(sender=LinkChange, changes=recorded, at=at)


def _change_row(change: Changed, old: Span, at: datetime, by: User | None) -> LinkChange:
    link, new = change.link, change.new or Span()
    row = LinkChange(
        link_key=change.key, old_start=cast(datetime, old.start), old_end=old.end, new_start=new.start,
        new_end=new.end, lost_from=_lost_from(old, change.new), at=at, by=by,
    )  # fmt: skip
    if isinstance(link, ServiceContract):
        row.kind, row.link_created, row.contract_id = LinkKind.CONTRACT, link.cds_created, link.pk
    elif isinstance(link, SupplyTerm):
        row.kind, row.link_created, row.contract_id = LinkKind.SUPPLY_TERM, link.cds_created, link.contract_id
    elif isinstance(link, MeterInstallation):
        row.kind, row.link_created = LinkKind.METER_POINT, link.created
        row.meter_id, row.service_point_id = link.meter_id, link.service_point_id
    elif isinstance(link, GridPlacement):
        row.kind, row.link_created = LinkKind.GRID_PLACEMENT, link.created
        row.service_point_id, row.region = link.service_point_id, link.region
    else:
        row.kind, row.link_created = LinkKind.CONTRACT_POINT, link.created
        row.contract_id, row.service_point_id = link.contract_id, link.service_point_id
    return row


def _lost_from(old: Span, new: Span | None) -> datetime | None:
    """The first instant of `old` outside `new`."""
    if old.start is None or new is None or new.intersect(old) is None:
        return old.start
    if new.start is not None and new.start > old.start:
        return old.start
    ends_sooner = new.end is not None and (old.end is None or new.end < old.end)
    return new.end if ends_sooner else None
