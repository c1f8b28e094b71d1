"""Readings as they are stored, cut to the stretches a caller may see."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Max

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.ranges import Span, union
from datahub.feeds.store.codec import DAY_SECONDS, BlockRow, Codes, Flags, Integers, decoded, scaled_up
from datahub.models import Channel

_ENDLESS = (-62_135_596_800, 253_402_214_400)  # the years 1 and 9999, in epoch seconds
_WANTED = "unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS wanted (channel_id, first, past)"
_BLOCKS = f"""
    SELECT {", ".join(f"block.{name}" for name in BlockRow._fields)}, block.modified
    FROM {_WANTED} JOIN interval_block AS block
      ON block.channel_id = wanted.channel_id
      AND block.day BETWEEN (to_timestamp(first) AT TIME ZONE 'UTC')::date
                        AND (to_timestamp(past) AT TIME ZONE 'UTC')::date
    WHERE block.day BETWEEN %s AND %s
    ORDER BY block.channel_id, block.step, block.day, block.phase
"""  # noqa: S608 - no part of it is input
_PERIODS = f"""
    SELECT reading.channel_id, extract(epoch FROM reading.start)::bigint, extract(epoch FROM reading.end)::bigint,
        reading.value, reading.scale, reading.quality, reading.modified
    FROM {_WANTED} JOIN datahub_periodreading AS reading
      ON reading.channel_id = wanted.channel_id
      AND reading.start >= to_timestamp(first) AND reading.end <= to_timestamp(past)
    ORDER BY reading.channel_id, reading.start, reading.end
"""  # noqa: S608 - no part of it is input


@dataclass(frozen=True, slots=True, eq=False)
class ChannelReadings:
    """What one channel measured for one contract, in order of time; arrays have an element a reading.

    Reading i covers [starts[i], starts[i] + durations[i]) in epoch seconds and is values[i] / 10**scale in `unit`
    where known[i]; else it was withdrawn or never came, and the value means nothing. `step` is the grid in seconds,
    None for periods of any length (a register read at an instant has duration 0). Gaps are either absent
    or not known, never 0. `quality` holds codes of `datahub.feeds.formats.base.Quality`.
    """

    contract_id: int
    meter_id: int
    meter_number: str
    channel_id: int
    register: str
    commodity: str
    unit: str
    direction: str
    kind: str
    step: int | None
    starts: Integers
    durations: Integers
    values: Integers
    scale: int
    known: Flags
    quality: Codes
    modified: datetime
    synced: datetime

    @property
    def size(self) -> int:
        return len(self.starts)

    def decimals(self) -> list[str | None]:
        """The exact values in decimal notation; None where unknown."""
        shown = decimal_strings(self.values, self.scale)
        return [text if known else None for text, known in zip(shown, self.known.tolist(), strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """Stored readings of one channel on one grid (or none), not cut yet."""

    channel_id: int
    step: int | None
    starts: Integers
    durations: Integers
    values: Integers
    scale: int
    known: Flags
    quality: Codes
    modified: list[datetime]  # of each reading's row
    row: Integers  # which row a reading is of


def readings(spans: Sequence[MeteredSpan]) -> list[ChannelReadings]:
    """What the meters measured during their spans, by contract, meter, channel and step. Three queries.

    A reading counts when its whole interval lies in a span, an instant when it does not lie at the span's
    end; so a former occupant's readings never show. Channels without a reading there are left out.
    """
    allowed: dict[tuple[int, int], list[Span]] = defaultdict(list)
    for span in spans:
        allowed[span.contract_id, span.meter_id].append(span.span)
    channels: dict[int, list[Channel]] = defaultdict(list)
    found = Channel.objects.filter(meter__in={meter for _, meter in allowed}).select_related("meter")
    for channel in found.order_by("meter__meter_number", "pk"):
        channels[channel.meter_id].append(channel)
    if not channels:
        return []
    runs = _stored(channels, allowed)
    return [
        cut
        for (contract, meter), stretches in sorted(allowed.items())
        for channel in channels[meter]
        for run in runs[channel.pk]
        if (cut := _cut(contract, channel, run, union(stretches))) is not None
    ]


def last_synced(spans: Sequence[MeteredSpan]) -> dict[int, datetime]:
    """When a feed last saw a meter of each contract; contracts without any readings yet are absent. One query."""
    seen = dict(
        Channel.objects.filter(meter__in={span.meter_id for span in spans})
        .values_list("meter_id")
        .annotate(last=Max("synced"))
    )
    newest: dict[int, datetime] = {}
    for span in spans:
        if span.meter_id in seen:
            newest[span.contract_id] = max(
                seen[span.meter_id], newest.get(span.contract_id, seen[span.meter_id])
            )
    return newest


def decimal_strings(values: Integers, scale: int) -> list[str]:
    """integer / 10**scale in plain decimal notation, all `scale` decimals shown."""
    if scale <= 0:
        return [str(value * 10**-scale) for value in values.tolist()]
    return [_decimal(value, scale) for value in values.tolist()]


def _decimal(value: int, scale: int) -> str:
    digits = f"{abs(value):0{scale + 1}d}"
    return f"{'-' if value < 0 else ''}{digits[:-scale]}.{digits[-scale:]}"


def _stored(
    channels: dict[int, list[Channel]], allowed: dict[tuple[int, int], list[Span]]
) -> dict[int, list[_Run]]:
    """Every run of the channels that the spans may touch, by channel."""
    wanted: list[tuple[int, int, int]] = []
    bounds: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (_, meter), stretches in allowed.items():
        bounds[meter] += [_seconds(span) for span in stretches]
    for meter, pairs in bounds.items():
        joined = union(Span(_instant(first), _instant(past)) for first, past in pairs)
        for channel in channels[meter]:
            wanted += [(channel.pk, *_seconds(span)) for span in joined]
    columns = [list(column) for column in zip(*wanted, strict=True)]
    first, past = _instant(min(columns[1])).date(), _instant(max(columns[2])).date()
    with connection.cursor() as cursor:
        cursor.execute(_BLOCKS, [*columns, first, past])
        blocks = cursor.fetchall()
        cursor.execute(_PERIODS, columns)
        periods = cursor.fetchall()
    runs: dict[int, list[_Run]] = defaultdict(list)
    for run in (*_block_runs(blocks), *_period_runs(periods)):
        runs[run.channel_id].append(run)
    return runs


def _block_runs(rows: Iterable[tuple[Any, ...]]) -> Iterable[_Run]:
    by_grid: dict[tuple[int, int], dict[tuple[object, int], tuple[BlockRow, datetime]]] = defaultdict(dict)
    for *fields, modified in rows:
        row = BlockRow(*fields)
        by_grid[row.channel_id, row.step][row.day, row.phase] = (row, modified)  # spans may meet in one day
    for (channel, step), kept in by_grid.items():
        yield from _grid_runs(channel, step, list(kept.values()))


def _grid_runs(channel: int, step: int, rows: list[tuple[BlockRow, datetime]]) -> Iterable[_Run]:
    blocks = decoded([row for row, _ in rows], step=step)
    scale = blocks.scale.max()
    values, fits = scaled_up(blocks.values, (scale - blocks.scale)[:, None])
    one_scale = fits.all(axis=1)  # what would need more than 64 bits keeps a scale of its own
    modified = [moment for _, moment in rows]
    slots = DAY_SECONDS // step
    starts = (blocks.day * DAY_SECONDS + blocks.phase)[:, None] + np.arange(slots) * step
    groups = [(np.flatnonzero(one_scale), values, int(scale))]
    groups += [
        (np.flatnonzero(~one_scale & (blocks.scale == own)), blocks.values, int(own))
        for own in np.unique(blocks.scale[~one_scale])
    ]
    for rows_of, content, its_scale in groups:
        if len(rows_of):
            order = np.argsort(starts[rows_of].ravel(), kind="stable")
            row = np.repeat(np.arange(len(rows_of)), slots)[order]
            yield _Run(
                channel, step, starts[rows_of].ravel()[order], np.full(len(order), step, dtype=np.int64),
                content[rows_of].ravel()[order], its_scale, blocks.known[rows_of].ravel()[order],
                blocks.quality[rows_of].ravel()[order], [modified[place] for place in rows_of.tolist()], row,
            )  # fmt: skip


def _period_runs(rows: Iterable[tuple[Any, ...]]) -> Iterable[_Run]:
    by_scale: dict[tuple[int, int], dict[tuple[int, int], tuple[Any, ...]]] = defaultdict(dict)
    for row in rows:
        by_scale[row[0], row[4]][row[1], row[2]] = row
    for (channel, scale), kept in by_scale.items():
        table = list(kept.values())
        starts = np.array([row[1] for row in table], dtype=np.int64)
        yield _Run(
            channel, None, starts, np.array([row[2] for row in table], dtype=np.int64) - starts,
            np.array([row[3] or 0 for row in table], dtype=np.int64), scale,
            np.array([row[3] is not None for row in table]), np.array([row[5] for row in table], dtype=np.uint8),
            [row[6] for row in table], np.arange(len(table)),
        )  # fmt: skip


def _cut(contract: int, channel: Channel, run: _Run, stretches: tuple[Span, ...]) -> ChannelReadings | None:
    inside = np.zeros(len(run.starts), dtype=np.bool_)
    for first, past in map(_seconds, stretches):
        inside |= (run.starts >= first) & (run.starts + run.durations <= past) & (run.starts < past)
    known = np.flatnonzero(inside & run.known)
    if not len(known):
        return None
    inside[: known[0]] = inside[known[-1] + 1 :] = False  # slots that no reading has reached yet
    keep = np.flatnonzero(inside)
    return ChannelReadings(
        contract, channel.meter_id, channel.meter.meter_number, channel.pk, channel.register, channel.commodity,
        channel.unit, channel.direction, channel.kind, run.step, run.starts[keep], run.durations[keep],
        run.values[keep], run.scale, run.known[keep], run.quality[keep],
        max(run.modified[row] for row in np.unique(run.row[keep]).tolist()), channel.synced,
    )  # fmt: skip


def _seconds(span: Span) -> tuple[int, int]:
    """[first, past) in epoch seconds: whole ones, rounded inwards."""
    first = _ENDLESS[0] if span.start is None else -int(-span.start.timestamp() // 1)
    past = _ENDLESS[1] if span.end is None else int(span.end.timestamp() // 1)
    return first, past


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
