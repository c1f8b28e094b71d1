"""Readings of no steady grid into their table: daily, monthly and irregular periods, registers."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np

from datahub.feeds.formats.base import Rejection
from datahub.feeds.store.columns import Columns
from datahub.feeds.store.merge import Outcome, Readings, merged
from datahub.feeds.store.tally import Origin, Tally
from datahub.models import PeriodReading, PeriodReadingHistory

_Key = tuple[int, int, int]  # channel, start and end in epoch seconds
_CONTENT = ("value", "scale", "quality", "version", "modified", "feed_run_id")


def store_periods(*, columns: Columns, origin: Origin, tally: Tally) -> None:
    """Insert or merge by channel, start and end.

    Rejects a period that crosses one that is stored and that this load does not restate. Periods that cross within
    the load are the operator's own statement and are kept, marked `overlapping`. Three queries and the writes.
    """
    if not len(columns):
        return
    loaded = {
        key: place for place, key in enumerate(_keys(columns))
    }  # a repeated period: the later word counts
    stored = _stored(columns)
    fresh = [key for key in loaded if key not in stored]
    crossed = _crossing(fresh, [key for key in stored if key not in loaded])
    for key, other in crossed.items():
        tally.rejected.append(Rejection(int(columns.lines[loaded[key]]), _reason(other)))
    wanted = [key for key in loaded if key not in crossed]
    doubled = _doubled(wanted)
    _insert(columns, [(key, loaded[key]) for key in fresh if key not in crossed], doubled, origin, tally)
    old = [(stored[key], loaded[key]) for key in wanted if key in stored]
    _merge(columns, old, origin, tally)


def _keys(columns: Columns) -> Iterable[_Key]:
    ends = columns.starts + columns.durations
    return zip(columns.channel.tolist(), columns.starts.tolist(), ends.tolist(), strict=True)


def _stored(columns: Columns) -> dict[_Key, PeriodReading]:
    first, last = int(columns.starts.min()), int((columns.starts + columns.durations).max())
    rows = PeriodReading.objects.filter(
        channel__in=np.unique(columns.channel).tolist(), start__lte=_instant(last), end__gte=_instant(first)
    )
    return {
        (row.channel_id, int(row.start.timestamp()), int(row.end.timestamp())): row
        for row in rows.order_by("pk").select_for_update()
    }


def _crossing(fresh: Iterable[_Key], stored: Iterable[_Key]) -> dict[_Key, _Key]:
    """Each fresh period that shares an instant with a stored one, and that one."""
    of_channel: dict[int, list[_Key]] = defaultdict(list)
    for key in stored:
        of_channel[key[0]].append(key)
    spans = {channel: np.array(sorted(keys)) for channel, keys in of_channel.items()}
    crossing = {}
    for channel, start, end in fresh:
        if channel in spans and end > start:
            table = spans[channel]
            hits = (table[:, 1] < end) & (table[:, 2] > start) & (table[:, 2] > table[:, 1])
            if hits.any():
                other = table[hits.argmax()].tolist()
                crossing[channel, start, end] = (other[0], other[1], other[2])
    return crossing


def _doubled(keys: Iterable[_Key]) -> set[_Key]:
    """Periods that share an instant with another of `keys`."""
    doubled: set[_Key] = set()
    latest: _Key | None = None
    for key in sorted(key for key in keys if key[2] > key[1]):
        if latest is not None and latest[0] == key[0] and key[1] < latest[2]:
            doubled |= {latest, key}
        if latest is None or latest[0] != key[0] or key[2] > latest[2]:
            latest = key
    return doubled


def _insert(
    columns: Columns, fresh: list[tuple[_Key, int]], doubled: set[_Key], origin: Origin, tally: Tally
) -> None:
    # a stored period that a fresh one of this file crosses is marked first, or the database would refuse the fresh one
    for channel, start, end in doubled:
        PeriodReading.objects.filter(
            channel=channel, start=_instant(start), end=_instant(end), overlapping=False
        ).update(overlapping=True)
    PeriodReading.objects.bulk_create(
        PeriodReading(
            channel_id=key[0],
            start=_instant(key[1]),
            end=_instant(key[2]),
            value=int(columns.values[place]) if columns.known[place] else None,
            scale=int(columns.scale[place]),
            quality=int(columns.quality[place]),
            version=origin.version,
            overlapping=key in doubled,
            modified=origin.at,
            feed_run_id=origin.run_id,
        )
        for key, place in fresh
    )
    known = [key[0] for key, place in fresh if columns.known[place]]
    tally.accepted += len(known)
    tally.changed_channels.update(known)


def _merge(columns: Columns, pairs: list[tuple[PeriodReading, int]], origin: Origin, tally: Tally) -> None:
    kept, written = [], []
    for row, place in pairs:
        outcome = _outcome(row, columns, place, origin.version)
        changed = bool(outcome.changed[0])
        tally.kept_out += int(outcome.kept_out[0])
        if not changed and not outcome.restated[0]:
            continue
        if changed:
            tally.accepted += 1
            tally.changed_channels.add(row.channel_id)
            kept.append(_history(row, origin))
            row.modified, row.feed_run_id = origin.at, origin.run_id
            row.value = int(columns.values[place]) if columns.known[place] else None
            row.scale = int(columns.scale[place])
        row.quality, row.version = int(outcome.readings.quality[0]), origin.version
        written.append(row)
    PeriodReadingHistory.objects.bulk_create(kept)
    PeriodReading.objects.bulk_update(written, _CONTENT, batch_size=1000)


def _outcome(row: PeriodReading, columns: Columns, place: int, version: int) -> Outcome:
    """What wins, compared as exact numbers of one scale, however long."""
    scale = int(columns.scale[place])
    common = max(scale, row.scale)
    stored = (row.value or 0) * 10 ** (common - row.scale)
    loaded = int(columns.values[place]) * 10 ** (common - scale)
    return merged(
        _single(stored, row.value is not None, row.quality, row.version),
        _single(loaded, bool(columns.known[place]), int(columns.quality[place]), version),
    )


def _single(value: int, known: bool, quality: int, version: int) -> Readings:
    return Readings(
        np.array([value], dtype=object),
        np.array([known]),
        np.array([quality], dtype=np.uint8),
        np.array([version]),
    )


def _history(row: PeriodReading, origin: Origin) -> PeriodReadingHistory:
    return PeriodReadingHistory(
        reading=row, value=row.value, scale=row.scale, quality=row.quality, version=row.version,
        modified=row.modified, feed_run_id=row.feed_run_id, replaced=origin.at, replaced_by_id=origin.run_id,
    )  # fmt: skip


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _reason(other: _Key) -> str:
    start, end = (_instant(moment).isoformat() for moment in other[1:])
    return f"overlaps the reading from {start} to {end} that is stored for this channel"
