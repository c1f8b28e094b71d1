"""Load where points are on the grid: a row says where a point is, and maybe since when."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from accounts.feed_rows import PointRow
from accounts.models import EVER, GridPlacement, ServicePoint, span_of
from accounts.services.link_changes import Changed
from accounts.services.loading.load import Load
from cdsc_portal.lib.ranges import Span


@dataclass(slots=True)
class Moves:
    """What a row changes of a point's placements: which hold at other times, which never, which is new."""

    dated: list[tuple[GridPlacement, Span]] = field(default_factory=list)
    gone: list[GridPlacement] = field(default_factory=list)
    new: GridPlacement | None = None

    def __bool__(self) -> bool:
        return bool(self.dated or self.gone or self.new)

    @property
    def newest(self) -> GridPlacement | None:
        """Of what is stored and would change, what the newest file told."""
        stored = [one for one in (*self.gone, *(one for one, _ in self.dated)) if one.version_at is not None]
        return max(stored, key=lambda one: str(one.version_at), default=None)


def moves_of(rows: Sequence[PointRow], load: Load) -> Mapping[str, Moves]:
    """By point number, for points whose placements change. One query.

    A row with a date says where the point is from then on: what was told of later times goes, what was there before
    lasts until then. A row without says where it is now: it moved as of the file's time, if it was anywhere before.
    """
    stored: dict[str, list[GridPlacement]] = defaultdict(list)
    numbers = [row.servicepoint_number for row in rows]
    found = GridPlacement.objects.filter(service_point__servicepoint_number__in=numbers).order_by("start")
    for placement in found.select_related("service_point").select_for_update(of=("self",)):
        stored[placement.service_point.servicepoint_number].append(placement)
    planned = {
        row.servicepoint_number: _moves(row, stored[row.servicepoint_number], load.as_of) for row in rows
    }
    return {number: moves for number, moves in planned.items() if moves}


def store_moves(moves: Mapping[str, Moves], points: Collection[str], load: Load) -> None:
    """Write those of these points. Five queries at most, plus one for each further 2,000 rows."""
    taken = [(number, found) for number, found in moves.items() if number in points]
    numbers = [number for number, found in taken if found.new]
    keys = ServicePoint.objects.in_bulk(numbers, field_name="servicepoint_number")
    gone = [one for _, found in taken for one in found.gone]
    dated = [(one, span_of(one), span) for _, found in taken for one, span in found.dated]
    shorter = [one for one, was, span in dated if was.covers(span)]
    longer = [one for one, was, span in dated if not was.covers(span)]
    new = [_at(keys[number], found.new, load) for number, found in taken if found.new]
    load.changed += [Changed(one, one.pk, span_of(one), None) for one in gone]
    load.changed += [Changed(one, one.pk, was, span) for one, was, span in dated]
    for one, _was, span in dated:
        assert span.start is not None
        one.start, one.end, one.version_at = span.start, span.end, load.as_of
    # the database refuses overlaps as it goes: room is made before it is taken
    fields = ["start", "end", "version_at"]
    GridPlacement.objects.filter(pk__in=[one.pk for one in gone]).delete()
    GridPlacement.objects.bulk_update(shorter, fields, batch_size=2_000)
    GridPlacement.objects.bulk_update(longer, fields, batch_size=2_000)
    GridPlacement.objects.bulk_create(new, batch_size=2_000)
    load.changed += [Changed(one, one.pk, None, span_of(one)) for one in new]


def _moves(row: PointRow, stored: Sequence[GridPlacement], as_of: datetime) -> Moves:
    """`stored` are the point's, by start."""
    place = (row.region, row.pricing_node)
    now = next((one for one in stored if span_of(one).contains(as_of)), None)
    if row.region_since is None and _place(now) == place:
        return Moves()
    start = row.region_since or (as_of if stored else EVER)
    last = stored[-1] if stored and stored[-1].end is None and _place(stored[-1]) == place else None
    moves = Moves()
    for one in stored:
        if one is last:
            continue
        if one.start >= start:
            moves.gone.append(one)
        elif one.end is None or one.end > start or (last is not None and one.end == last.start < start):
            moves.dated.append((one, Span(one.start, start)))
    if last is not None and last.start != start:
        moves.dated.append((last, Span(start, None)))
    elif last is None and any(place):
        moves.new = GridPlacement(region=row.region, pricing_node=row.pricing_node, start=start)
    return moves


def _place(placement: GridPlacement | None) -> tuple[str, str]:
    return ("", "") if placement is None else (placement.region, placement.pricing_node)


def _at(point: ServicePoint, placement: GridPlacement, load: Load) -> GridPlacement:
    placement.service_point, placement.created, placement.version_at = point, load.at, load.as_of
    return placement
