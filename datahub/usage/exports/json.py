"""Usage as JSON: the objects of /usage_data in one document."""

from collections.abc import Iterator, Sequence

from django.conf import settings

from cdsc_portal.lib.json.encoder import dumps, instant
from datahub.usage.exports.base import UsageFile
from datahub.usage.segments import UsageSegment, usage_objects


class UsageJson(UsageFile):
    """`{"resource", "time_zone", "window", "data": [...], "values": how many}`."""

    media_type = "application/json"
    suffix = "json"
    values = 0

    def begin(self) -> bytes:
        sides = {name: getattr(self.window, name) for name in ("start", "end")}
        window = {name: instant(side) if side else None for name, side in sides.items()}
        opening = {"resource": "usage_data", "time_zone": settings.TIME_ZONE, "window": window}
        return dumps(opening)[:-1] + b',"data":['

    def chunk(self, segments: Sequence[UsageSegment]) -> Iterator[bytes]:
        for segment in segments:
            (written,) = usage_objects([segment])
            yield (b"," if self.values else b"") + dumps(written)
            self.values += segment.rows.stop - segment.rows.start

    def end(self) -> bytes:
        return b'],"values":%d}' % self.values
