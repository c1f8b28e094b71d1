"""Load where points are on the grid: a row says where a point is, and maybe since when."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from accounts.feed_rows import PointRow
from accounts.models import EVER, GridPlacement, ServicePoint, span_of
from accounts.services.link_changes import Changed
from accounts.services.loading.load import Load
from cdsc_portal.lib.time.ranges import Span


@dataclass(slots=True)
class PlacementChanges:
    """What a row changes of a point's placements: those with other dates, those removed, the new one."""

    redated: list[tuple[GridPlacement, Span]] = field(default_factory=list)
    removed: list[GridPlacement] = field(default_factory=list)
    new: GridPlacement | None = None

    def __bool__(self) -> bool:
        return bool(self.redated or self.removed or self.new)

    @property
    def newest_stored(self) -> GridPlacement | None:
        """Of the stored placements that would change, the one set by the newest file."""
        stored = [
            placement
            for placement in (*self.removed, *(placement for placement, _ in self.redated))
            if placement.version_at is not None
        ]
        return max(stored, key=lambda placement: str(placement.version_at), default=None)


def plan_moves(rows: Sequence[PointRow], load: Load) -> Mapping[str, PlacementChanges]:
    """By point number, for points whose placements change. One query.

    A row with a date places the point from then on: later placements are removed, the one before ends then. A row
    without a date places it now: if it was placed elsewhere, it moved at the file's time.
    """
    stored: dict[str, list[GridPlacement]] = defaultdict(list)
    numbers = [row.servicepoint_number for row in rows]
    placements = GridPlacement.objects.filter(service_point__servicepoint_number__in=numbers).order_by(
        "start"
    )
    for placement in placements.select_related("service_point").select_for_update(of=("self",)):
        stored[placement.service_point.servicepoint_number].append(placement)
    planned = {
        row.servicepoint_number: _plan_point(row, stored[row.servicepoint_number], load.as_of) for row in rows
    }
    return {number: moves for number, moves in planned.items() if moves}


def store_moves(moves: Mapping[str, PlacementChanges], points: Collection[str], load: Load) -> None:
    """Write the changes of these points. Five queries at most, plus one for each further 2,000 rows."""
    accepted = [(number, change) for number, change in moves.items() if number in points]
    numbers = [number for number, change in accepted if change.new]
    keys = ServicePoint.objects.in_bulk(numbers, field_name="servicepoint_number")
    removed = [placement for _, change in accepted for placement in change.removed]
    redated = [
        (placement, span_of(placement), span) for _, change in accepted for placement, span in change.redated
    ]
    shorter = [placement for placement, old_span, span in redated if old_span.covers(span)]
    longer = [placement for placement, old_span, span in redated if not old_span.covers(span)]
    new = []
    for number, change in accepted:
        if change.new:
            change.new.service_point, change.new.created = keys[number], load.at
            change.new.version_at = load.as_of
            new.append(change.new)
    load.changed += [Changed(placement, placement.pk, span_of(placement), None) for placement in removed]
    load.changed += [
        Changed(placement, placement.pk, old_span, span) for placement, old_span, span in redated
    ]
    for placement, _old, span in redated:
        assert span.start is not None
        placement.start, placement.end, placement.version_at = span.start, span.end, load.as_of
    # each statement is checked for overlaps: shorten before lengthening
    fields = ["start", "end", "version_at"]
    GridPlacement.objects.filter(pk__in=[placement.pk for placement in removed]).delete()
    GridPlacement.objects.bulk_update(shorter, fields, batch_size=2_000)
    GridPlacement.objects.bulk_update(longer, fields, batch_size=2_000)
    GridPlacement.objects.bulk_create(new, batch_size=2_000)
    load.changed += [Changed(placement, placement.pk, None, span_of(placement)) for placement in new]


def _plan_point(row: PointRow, stored: Sequence[GridPlacement], as_of: datetime) -> PlacementChanges:
    """`stored` are the placements of the point, by start."""
    place = (row.region, row.pricing_node)
    current = next((placement for placement in stored if span_of(placement).contains(as_of)), None)
    if row.region_since is None and _grid_location(current) == place:
        return PlacementChanges()
    start = row.region_since or (as_of if stored else EVER)
    last = stored[-1] if stored and stored[-1].end is None and _grid_location(stored[-1]) == place else None
    moves = PlacementChanges()
    for placement in stored:
        if placement is last:
            continue
        if placement.start >= start:
            moves.removed.append(placement)
        elif (
            placement.end is None
            or placement.end > start
            or (last is not None and placement.end == last.start < start)
        ):
            moves.redated.append((placement, Span(placement.start, start)))
    if last is not None and last.start != start:
        moves.redated.append((last, Span(start, None)))
    elif last is None and any(place):
        moves.new = GridPlacement(region=row.region, pricing_node=row.pricing_node, start=start)
    return moves


def _grid_location(placement: GridPlacement | None) -> tuple[str, str]:
    return ("", "") if placement is None else (placement.region, placement.pricing_node)
