"""Readings of meters nobody knows yet: packed away with their run, and out again when the meter is there."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from django.db import connection

from accounts.models import MeterDevice
from datahub.feeds.loading.base import Outcome
from datahub.feeds.loading.channels import Found
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


def load_or_park(*, rows: Sequence[UsageRows], origin: Origin, ahead: Sequence[Found] = ()) -> Outcome:
    """Load the readings of known meters, park the others. A number that no meter can have is rejected.

    `ahead` are their channels, where they were looked up. Raises IntegrityError where one has gone since.
    """
    strange: list[UsageColumns] = []
    loaded = load_usage(rows=rows, origin=origin, unknown=strange.append, ahead=ahead)
    lots: list[_Lot] = []
    for one in (one for columns in strange for one in columns.series()):
        if reason := _never(one):
            loaded.rejected.extend(Rejection(line, reason) for line in one.lines.tolist())
        else:
            lots.append(_lot(one, origin.run_id, origin.at))
    _store(lots)
    return Outcome(loaded, parked=sum(lot.readings for lot in lots))


def unpacked(lots: Iterable[ParkedReadings]) -> Iterator[UsageColumns]:
    """The readings of `lots` in their order; a channel that comes again comes in further columns."""
    turns: list[dict[tuple[str, ...], UsageSeries]] = []
    for lot in lots:
        key = (lot.meter_number, lot.register, lot.commodity, lot.unit, lot.direction, lot.kind)
        turn = next((turn for turn in turns if key not in turn), None)
        if turn is None:
            turns.append(turn := {})
        turn[key] = series_of(lot)
    for turn in turns:
        yield UsageColumns.of([turn[key] for key in sorted(turn)])


def series_of(lot: ParkedReadings) -> UsageSeries:
    """What was packed, exactly."""
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


def _never(one: UsageSeries) -> str:
    """Why no meter of that number will ever come, "" if one may."""
    if "\x00" in one.meter_number + one.register:
        return "no meter number and no register has a character 0"
    is_long = len(one.meter_number) > _LONGEST_NUMBER
    return f"no meter number has more than {_LONGEST_NUMBER} characters" if is_long else ""


def _lot(one: UsageSeries, run_id: int, at: datetime) -> _Lot:
    facts = (one.meter_number, one.register, one.commodity, one.unit, one.direction, one.kind, one.scale)
    return _Lot(run_id, *facts, one.size, int(one.lines.min()), _packed(one), at)


def _store(lots: Sequence[_Lot]) -> None:
    """By COPY: a first day may bring a hundred thousand meters that nobody knows."""
    if lots:
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            for lot in lots:
                copy.write_row(lot)


def _packed(one: UsageSeries) -> bytes:
    """Columns one after the other; starts and lines as steps, which shrink to almost nothing."""
    columns = (_steps(one.starts), one.durations, one.values, _steps(one.lines))
    wide = b"".join(np.asarray(column, dtype="<i8").tobytes() for column in columns)
    return zlib.compress(wide + one.known.astype(np.uint8).tobytes() + one.quality.tobytes(), level=1)


def _steps(column: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.diff(column, prepend=0)
