"""Small feed files, and the spans that show everything of a meter."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from accounts.models import MeterDevice
from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.ranges import Span

FIRST = datetime(2026, 3, 1, tzinfo=UTC)


def usage_file(*meters_and_values: object) -> bytes:
    """Long CSV: for each meter number the values that follow it, a quarter of an hour each."""
    lines = ["meter,start,value"]
    for number, values in zip(meters_and_values[::2], meters_and_values[1::2], strict=True):
        for place, value in enumerate(values):
            start = FIRST + timedelta(minutes=15 * place)
            lines.append(f"{number},{start:%Y-%m-%dT%H:%M:%SZ},{value}")
    return ("\n".join(lines) + "\n").encode()


def metered(*meters: MeterDevice) -> Iterable[MeteredSpan]:
    return [MeteredSpan(place, 1, meter.pk, Span()) for place, meter in enumerate(meters)]
