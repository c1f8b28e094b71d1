"""Readings that wait for their meter: loaded by themselves when it is known, rejected when they waited too long."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from accounts.models import MeterDevice
from datahub.feeds.loading.parking import columns_of_lots, series_of
from datahub.feeds.loading.usage import load_usage, make_partitions
from datahub.feeds.runs.chunks import lines_of, store_rejections
from datahub.models import FeedRun, ParkedReadings
from datahub.rows.base import Rejection
from datahub.store.load import Loaded
from datahub.store.tally import Origin

log = structlog.get_logger(__name__)
_AT_ONCE = 2_000  # channels a transaction


def waits_for(*, meter_number: str) -> bool:
    """Whether readings of this meter are parked."""
    return ParkedReadings.objects.filter(meter_number=meter_number).exists()


def load_arrived(*, at: datetime) -> int:
    """Load what is parked and whose meter is known by now; returns how many readings.

    The counts of their run move with them, and the time of its file decides what wins, as if the meter had always been
    known. Several processes may do this at once: whoever locks a run has its readings, which go in the transaction that
    loads them. A run that another process has locked is left for the next time.
    """
    arrived = Exists(MeterDevice.objects.filter(meter_number=OuterRef("meter_number")))
    runs = FeedRun.objects.filter(pk__in=ParkedReadings.objects.filter(arrived).values("run_id"))
    loaded = 0
    for run_id in list(runs.order_by("version_at", "pk").values_list("pk", flat=True)):
        while lots := list(_lots(run_id).filter(arrived)[:_AT_ONCE]):
            for columns in columns_of_lots(lots):
                make_partitions(
                    rows=[columns]
                )  # in a transaction of its own: it locks the whole table for a moment
            some = _load_some(run_id, [lot.pk for lot in lots], at)
            if not some:
                break
            loaded += some
    return loaded


def end_waiting(*, days: int, at: datetime) -> int:
    """Reject what was parked `days` ago or earlier, with a warning; returns how many readings."""
    waiting = ParkedReadings.objects.filter(created__lte=at - timedelta(days=days))
    ended = 0
    for run_id in sorted(set(waiting.values_list("run_id", flat=True))):
        while some := _end_some(run_id, waiting, days):
            ended += some
    if ended:
        log.warning("feed_run.parked_readings_ended", readings=ended)
    return ended


def _lots(run_id: int) -> QuerySet[ParkedReadings]:
    return ParkedReadings.objects.filter(run=run_id).order_by("pk")


def _locked(run_id: int) -> FeedRun | None:
    runs = FeedRun.objects.select_for_update(skip_locked=True, of=("self",)).select_related("feed")
    return runs.filter(pk=run_id).first()


@transaction.atomic
def _load_some(run_id: int, keys: Sequence[int], at: datetime) -> int:
    """Readings loaded, 0 where another process has the run or took them first."""
    run = _locked(run_id)
    lots = list(_lots(run_id).filter(pk__in=keys)) if run else []
    if run is None or not lots:
        return 0
    origin = Origin.of(
        run_id=run.pk, version_at=run.version_at or run.created, at=at, zone=run.feed.time_zone
    )
    outcomes = [load_usage(rows=[columns], origin=origin) for columns in columns_of_lots(lots)]
    return _remove(run, lots, outcomes)


@transaction.atomic
def _end_some(run_id: int, waiting: QuerySet[ParkedReadings], days: int) -> int:
    run = _locked(run_id)
    lots = list(waiting.filter(run=run_id).order_by("pk")[:_AT_ONCE]) if run else []
    if run is None or not lots:
        return 0
    rejected = [
        Rejection(line, f"meter {lot.meter_number} was not known here {days} days later")
        for lot in lots
        for line in series_of(lot).lines.tolist()
    ]
    return _remove(run, lots, [Loaded(rejected=rejected)])


def _remove(run: FeedRun, lots: Sequence[ParkedReadings], outcomes: Sequence[Loaded]) -> int:
    """Delete `lots` and move their counts to what became of them; returns how many readings they had."""
    readings = sum(lot.readings for lot in lots)
    rejections = [rejection for loaded in outcomes for rejection in loaded.rejected]
    with closing(lines_of(run)) as lines:
        rejected = store_rejections(run, rejections, lines)
    FeedRun.objects.filter(pk=run.pk).update(
        parked=F("parked") - readings,
        accepted=F("accepted") + sum(loaded.accepted for loaded in outcomes),
        unchanged=F("unchanged") + sum(loaded.unchanged for loaded in outcomes),
        superseded=F("superseded") + sum(loaded.superseded for loaded in outcomes),
        rejected=F("rejected") + rejected,
    )
    ParkedReadings.objects.filter(pk__in=[lot.pk for lot in lots]).delete()
    return readings
