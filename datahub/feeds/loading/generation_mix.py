"""Shares of the generation mix into their table."""

from collections.abc import Sequence

from datahub.feeds.formats.base import MixRow
from datahub.feeds.store.load import Loaded
from datahub.feeds.store.tally import Origin
from datahub.models import MixShare


def load_shares(*, rows: Sequence[MixRow], origin: Origin) -> Loaded:
    """Insert or update by series, key, start and source; unknown never erases a known share. Two queries and writes."""
    stored = {(share.series, share.key, share.start, share.source): share for share in _stored(rows)}
    new: dict[tuple[object, ...], MixShare] = {}
    changed: dict[int, MixShare] = {}
    loaded = Loaded()
    for row in rows:
        key = (row.series, row.key, row.start, row.source)
        share = stored.get(key) or new.get(key)
        if share is None:
            new[key] = _share(row, origin)
            loaded.accepted += 1
        elif row.share is None or (share.share, share.seconds) == (row.share, row.resolution_seconds):
            loaded.unchanged += 1
        else:
            share.share, share.seconds, share.modified = row.share, row.resolution_seconds, origin.at
            if share.pk:
                changed[share.pk] = share
            loaded.accepted += 1
    MixShare.objects.bulk_create(new.values(), batch_size=2000)
    MixShare.objects.bulk_update(changed.values(), ["share", "seconds", "modified"], batch_size=1000)
    MixShare.objects.filter(pk__in=[share.pk for share in stored.values()]).update(synced=origin.at)
    return loaded


def _stored(rows: Sequence[MixRow]) -> list[MixShare]:
    wanted = {(row.series, row.key, row.start, row.source) for row in rows}
    found = MixShare.objects.filter(
        series__in={row.series for row in rows},
        key__in={row.key for row in rows},
        start__range=(min(row.start for row in rows), max(row.start for row in rows)),
    ).select_for_update()
    return [one for one in found.order_by("pk") if (one.series, one.key, one.start, one.source) in wanted]


def _share(row: MixRow, origin: Origin) -> MixShare:
    return MixShare(
        series=row.series,
        key=row.key,
        start=row.start,
        seconds=row.resolution_seconds,
        source=row.source,
        share=row.share,
        modified=origin.at,
        synced=origin.at,
    )
