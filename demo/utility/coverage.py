"""Where the invented utility serves: its area with an outline, and its street lights with a map."""

import json
import struct
import zlib

from cdsc_portal.lib.time import clock
from consent.models import CoverageEntry, ServerDescription
from consent.services.server_description import save_coverage_entry, save_server_description

_COMMON = {
    "entity_name": "River Valley Power (demo)",
    "entity_abbreviation": "RVP",
    "country": "US",
    "infrastructure_types": ["distribution_utility", "metering_provider"],
    "capabilities": ["oauth"],
}
_VALLEY = ((-122.30, 37.90), (-122.05, 37.86), (-121.98, 38.02), (-122.21, 38.08), (-122.30, 37.90))
_SIDE = 64  # of the map, in pixels
_RIVER, _LAND = b"\x4a\x90\xc2", b"\xdd\xe8\xd5"


def publish_coverage() -> None:
    """Describe the utility and what it covers, once."""
    if CoverageEntry.objects.exists():
        return
    description = ServerDescription.objects.get()
    description.description = "An invented electric and gas utility, with invented customers."
    save_server_description(description, at=clock.now())
    outline = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": "River Valley"},
                "geometry": {"type": "Polygon", "coordinates": [_VALLEY]},
            }
        ],
    }
    area = CoverageEntry(
        entry_id="river-valley",
        name="River Valley",
        type="geographic",
        commodity_types=["electricity", "natural_gas"],
        **_COMMON,
    )
    content = json.dumps(outline).encode()
    save_coverage_entry(area, files={"geojson": ("application/geo+json", content)}, at=clock.now())
    lights = CoverageEntry(
        entry_id="street-lights",
        name="Street lights of the towns",
        type="logical",
        commodity_types=["electricity"],
        **_COMMON,
    )
    save_coverage_entry(lights, files={"map": ("image/png", _map())}, at=clock.now())


def _map() -> bytes:
    """A PNG of land with a river across it."""
    rows = b"".join(
        b"\0" + b"".join(_RIVER if abs(x - y) < 4 else _LAND for x in range(_SIDE)) for y in range(_SIDE)
    )
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
