"""Load premises, service points and meter devices."""

from collections.abc import Sequence

from accounts.feed_rows import MeterRow, PointRow, PremiseRow
from accounts.models import MeterDevice, Premise, ServicePoint
from accounts.services.loading.load import Load
from accounts.services.loading.objects import ObjectRow, keys_of, store_objects
from accounts.services.loading.placements import plan_moves, store_moves


def load_premises(rows: Sequence[PremiseRow], load: Load) -> None:
    object_rows = [ObjectRow.of(row, "premise_number") for row in rows]
    store_objects(Premise, "premise_number", object_rows, load)


def load_points(rows: Sequence[PointRow], load: Load) -> None:
    """Refuses a point whose premise is not known, and an older file's grid placement that a newer file contradicts."""
    premises = keys_of(Premise, "premise_number", (row.premise_number for row in rows))
    moves = plan_moves(rows, load)
    object_rows = []
    for row in rows:
        change = moves.get(row.servicepoint_number)
        if row.premise_number and row.premise_number not in premises:
            load.refuse(row.line, f"premise {row.premise_number} is not known")
            continue
        if change and change.newest_stored and load.is_older_than(change.newest_stored):
            load.refuse_as_older(row.line, change.newest_stored)
            continue
        fields = {
            "premise_id": premises.get(row.premise_number),
            "commodity": row.commodity,
            "voltage": row.voltage,
            "region": row.region,
            "pricing_node": row.pricing_node,
        }
        object_rows.append(
            ObjectRow(row.line, row.servicepoint_number, fields, has_placement_change=change is not None)
        )
    store_moves(moves, store_objects(ServicePoint, "servicepoint_number", object_rows, load), load)


def load_meters(rows: Sequence[MeterRow], load: Load) -> None:
    object_rows = [ObjectRow.of(row, "meter_number") for row in rows]
    store_objects(MeterDevice, "meter_number", object_rows, load)
