"""Readings of meters that nobody knows yet: packed and stored with their run, unpacked when the meter is known."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from django.db import connection

from accounts.models import MeterDevice
from datahub.feeds.loading.channels import ChannelMatches
from datahub.feeds.loading.kind import Outcome
from datahub.feeds.loading.usage import load_usage
from datahub.models import ParkedReadings
from datahub.rows.base import Rejection
from datahub.rows.usage import UsageColumns, UsageRows, UsageSeries
from datahub.store.tally import Origin

_LONGEST_NUMBER = MeterDevice._meta.get_field("meter_number").max_length or 0
_BYTES_EACH = 4 * 8 + 2  # of a reading: start, duration, value and line, then known and quality


class _Lot(NamedTuple):
    """A row of the table, in the order of `_COPY`."""

    run_id: int
    meter_number: str
    register: str
    commodity: str
    unit: str
    direction: str
    kind: str
    scale: int
    readings: int
    first_line: int
    packed: bytes
    created: datetime


_COPY = f"COPY {ParkedReadings._meta.db_table} ({', '.join(_Lot._fields)}) FROM STDIN"


def load_or_park(
    *, rows: Sequence[UsageRows], origin: Origin, ahead: Sequence[ChannelMatches] = ()
) -> Outcome:
    """Load the readings of known meters, park the others. A number that no meter can have is rejected.

    `ahead` is what `look_up` found for `rows`. Raises IntegrityError where one of these channels has gone since.
    """
    strange: list[UsageColumns] = []
    loaded = load_usage(rows=rows, origin=origin, unknown=strange.append, ahead=ahead)
    lots: list[_Lot] = []
    for series in (series for columns in strange for series in columns.series()):
        if reason := _impossible_number(series):
            loaded.rejected.extend(Rejection(line, reason) for line in series.lines.tolist())
        else:
            lots.append(_lot(series, origin))
    if lots:  # by COPY: a first day may bring a hundred thousand meters that nobody knows
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            for lot in lots:
                copy.write_row(lot)
    return Outcome(loaded, parked=sum(lot.readings for lot in lots))


def columns_of_lots(lots: Iterable[ParkedReadings]) -> Iterator[UsageColumns]:
    """The readings of `lots` in their order; a channel that comes again comes in further columns."""
    groups: list[dict[tuple[str, ...], UsageSeries]] = []
    for lot in lots:
        key = (lot.meter_number, lot.register, lot.commodity, lot.unit, lot.direction, lot.kind)
        group = next((group for group in groups if key not in group), None)
        if group is None:
            groups.append(group := {})
        group[key] = series_of(lot)
    for group in groups:
        yield UsageColumns.of([group[key] for key in sorted(group)])


def series_of(lot: ParkedReadings) -> UsageSeries:
    """What `lot` packs, exactly."""
    raw = zlib.decompress(lot.packed)
    count = len(raw) // _BYTES_EACH
    wide = np.frombuffer(raw, dtype="<i8", count=4 * count).reshape(4, count).astype(np.int64)
    flags = np.frombuffer(raw, dtype=np.uint8, offset=4 * 8 * count).reshape(2, count)
    return UsageSeries(
        lot.meter_number, lot.register, lot.commodity, lot.unit, lot.direction, lot.kind,  # type: ignore[arg-type]
        interval_seconds=None,
        starts=np.cumsum(wide[0]),
        durations=wide[1],
        values=wide[2],
        scale=lot.scale,
        known=flags[0].astype(np.bool_),
        quality=flags[1].copy(),
        lines=np.cumsum(wide[3]),
        line=lot.first_line,
    )  # fmt: skip


def _impossible_number(series: UsageSeries) -> str:
    """Why no meter of that number can ever come, "" if one may."""
    if "\x00" in series.meter_number + series.register:
        return "no meter number and no register has a character 0"
    is_long = len(series.meter_number) > _LONGEST_NUMBER
    return f"no meter number has more than {_LONGEST_NUMBER} characters" if is_long else ""


def _lot(series: UsageSeries, origin: Origin) -> _Lot:
    """Columns one after the other, compressed; starts and lines as differences, which shrink to almost nothing."""
    starts, lines = np.diff(series.starts, prepend=0), np.diff(series.lines, prepend=0)
    columns = (starts, series.durations, series.values, lines)
    raw = b"".join(np.asarray(column, dtype="<i8").tobytes() for column in columns)
    raw += series.known.astype(np.uint8).tobytes() + series.quality.tobytes()
    return _Lot(
        origin.run_id, series.meter_number, series.register, series.commodity, series.unit, series.direction,
        series.kind, series.scale, series.size, int(series.lines.min()), zlib.compress(raw, level=1), origin.at,
    )  # fmt: skip
