"""Coverage entries as staff leave them."""

import json
from typing import Any

from cdsc_portal.lib.time import clock
from consent.models import CoverageEntry
from consent.services.server_description import save_coverage_entry

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[-122.5, 37.0], [-122.0, 37.0], [-122.0, 37.5], [-122.5, 37.0]]],
}
GEOJSON = {"geojson": ("application/geo+json", json.dumps(SQUARE).encode())}


def listed_entry(
    entry_id: str = "valley", *, files: Any = None, at: Any = None, **values: Any
) -> CoverageEntry:
    entry = CoverageEntry(
        **{
            "entry_id": entry_id,
            "entity_name": "River Valley Power",
            "country": "US",
            "name": f"The area {entry_id}",
            "type": "geographic",
            "infrastructure_types": ["distribution_utility"],
            "commodity_types": ["electricity"],
            **values,
        }
    )
    save_coverage_entry(entry, files=GEOJSON if files is None else files, at=at or clock.now())
    return entry
