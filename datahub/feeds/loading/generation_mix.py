"""What feeds tell of the generation mix into its tables: shares and amounts."""

from collections.abc import Sequence
from datetime import UTC

from datahub.feeds.loading.mix_amounts import load_amounts
from datahub.feeds.loading.mix_days import mark_all_regions, mark_days, utc_days
from datahub.feeds.loading.mix_history import keep_shares
from datahub.models import MixMethod, MixSeries, MixShare
from datahub.rows.mix import AmountRow, MixRow
from datahub.store.load import Loaded
from datahub.store.mix_blocks import note_written
from datahub.store.tally import Origin

_TOLD = (
    "share",
    "seconds",
    "quantity",
    "beyond",
    "method",
    "provisional",
    "computed",
    "origin_id",
    "modified",
)


def load_mix(*, rows: Sequence[MixRow | AmountRow], origin: Origin) -> Loaded:
    """A file holds either shares or amounts."""
    amounts = [row for row in rows if isinstance(row, AmountRow)]
    if amounts:
        return load_amounts(rows=amounts, origin=origin)
    return load_shares(rows=[row for row in rows if isinstance(row, MixRow)], origin=origin)


def load_shares(*, rows: Sequence[MixRow], origin: Origin) -> Loaded:
    """Insert or update by series, key, start and source; unknown never erases a known share that a file told.

    What was worked out here gives way; its other sources go when the day is worked out anew. A bounded number of
    statements.
    """
    _mark(rows, origin)
    stored = {(share.series, share.key, share.start, share.source): share for share in _stored(rows)}
    new: dict[tuple[object, ...], MixShare] = {}
    changed: dict[int, MixShare] = {}
    loaded = Loaded()
    for row in rows:
        key = (row.series, row.key, row.start, row.source)
        share = stored.get(key) or new.get(key)
        if share is None:
            new[key] = _told(
                MixShare(series=row.series, key=row.key, start=row.start, source=row.source), row, origin
            )
            loaded.accepted += 1
        elif _says_nothing_new(row, share):
            loaded.unchanged += 1
        else:
            if share.pk:
                changed[share.pk] = share
            _told(share, row, origin)
            loaded.accepted += 1
    keep_shares(changed, at=origin.at)
    MixShare.objects.bulk_create(new.values(), batch_size=2000)
    MixShare.objects.bulk_update(
        changed.values(), [name.removesuffix("_id") for name in _TOLD], batch_size=1000
    )
    MixShare.objects.filter(pk__in=[share.pk for share in stored.values()]).update(synced=origin.at)
    note_written(
        {(str(row.series), row.key, "", None) for row in rows},
        days={row.start.astimezone(UTC).date() for row in rows},
        at=origin.at,
    )
    return loaded


def _mark(rows: Sequence[MixRow], origin: Origin) -> None:
    """Whose days rest on these shares; a told grid mix only stands in the place of ours."""
    mark_days(
        stretches=[
            (row.key, row.start, row.resolution_seconds)
            for row in rows
            if row.series != MixSeries.CONSUMPTION
        ],
        at=origin.at,
    )
    declared = [row for row in rows if row.series == MixSeries.CONSUMPTION]
    days = {day for row in declared for day in utc_days(row.start, row.resolution_seconds)}
    mark_all_regions(days=days, at=origin.at)


def _stored(rows: Sequence[MixRow]) -> list[MixShare]:
    wanted = {(row.series, row.key, row.start, row.source) for row in rows}
    found = MixShare.objects.filter(
        series__in={row.series for row in rows},
        key__in={row.key for row in rows},
        region="",
        contract=None,
        start__range=(min(row.start for row in rows), max(row.start for row in rows)),
    ).select_for_update()
    return [one for one in found.order_by("pk") if (one.series, one.key, one.start, one.source) in wanted]


def _says_nothing_new(row: MixRow, share: MixShare) -> bool:
    if share.computed:
        return False
    said = (row.share, row.resolution_seconds, row.provisional)
    return row.share is None or (share.share, share.seconds, share.provisional) == said


def _told(share: MixShare, row: MixRow, origin: Origin) -> MixShare:
    share.share, share.seconds, share.provisional = row.share, row.resolution_seconds, row.provisional
    share.method, share.quantity, share.beyond, share.computed = MixMethod.PUBLISHED, None, 0, False
    share.origin_id, share.modified, share.synced = origin.run_id, origin.at, origin.at
    return share
