"""Meter readings: channels, day blocks of steady intervals, and readings of any other period."""

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from accounts.models import Commodity, MeterDevice
from cdsc_portal.lib.time import clock
from datahub.models.feeds import FeedRun


class ChannelKind(models.TextChoices):
    INTERVAL = "interval", _("what flowed during an interval")
    REGISTER = "register", _("what a register showed at an instant")
    DEMAND = "demand", _("the highest power of a period")


class Direction(models.TextChoices):
    IMPORT = "import", _("used")
    EXPORT = "export", _("sent back")
    NET = "net", _("used less sent back")
    PRODUCTION = "production", _("produced behind the meter")
    NONE = "none", _("no direction")


class Channel(models.Model):
    """One register of one meter, as its feed names it. Kinds are never summed with one another.

    `modified` changes with a reading of the channel, `synced` with each load that names it; a load that writes none of
    its readings does not change a `synced` of the last ten minutes. Its known readings lie in [`first_start`,
    `last_end`] and none is longer than `longest` seconds; null: there is none yet. Loads only widen these: when a first
    or last reading is withdrawn, they stay as they were.
    """

    meter = models.ForeignKey(
        MeterDevice, verbose_name=_("meter"), on_delete=models.PROTECT, related_name="channels"
    )
    register = models.CharField(_("register"), max_length=100, blank=True)
    commodity = models.CharField(_("commodity"), max_length=20, choices=Commodity.choices)
    unit = models.CharField(_("unit"), max_length=20)
    direction = models.CharField(_("direction"), max_length=10, choices=Direction.choices)
    kind = models.CharField(_("kind"), max_length=10, choices=ChannelKind.choices)
    modified = models.DateTimeField(_("modified"), default=clock.now, editable=False)
    synced = models.DateTimeField(_("synced"), default=clock.now, editable=False)
    first_start = models.DateTimeField(_("first start"), null=True, editable=False)
    last_end = models.DateTimeField(_("last end"), null=True, editable=False)
    longest = models.IntegerField("seconds of the longest reading", null=True, editable=False)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["meter", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["meter", "register", "commodity", "unit", "direction", "kind"], name="one_channel"
            )
        ]

    def __str__(self) -> str:
        return f"{self.meter} {self.register or self.direction} in {self.unit}"


def _run(verbose_name: Any = None) -> "models.ForeignKey[FeedRun, FeedRun]":  # noqa: ANN401 - a lazy text
    """A run that wrote readings. Without an index: no query uses one, and runs are never deleted."""
    return models.ForeignKey(
        FeedRun, models.PROTECT, verbose_name=verbose_name, related_name="+", db_index=False
    )


def _channel() -> "models.ForeignKey[Channel, Channel]":
    return models.ForeignKey(
        Channel, models.PROTECT, verbose_name=_("channel"), related_name="+", db_index=False
    )


class Packed(models.Model):
    """The readings of one UTC day on one grid, as `datahub.store.codec` packs them.

    Slot i of 86400 / `step` covers [day + phase + i * step, + step) in seconds. A value is integer / 10**scale; an
    unknown value is marked in `vals`. `quality` and `version` (epoch microseconds of the file that states it) are those
    of most slots, `exceptions` and `versions` name the others (empty or null: none). `sums` are those of the two local
    days in the block, as `datahub.store.sums` lays them out. Columns of eight bytes come first in the table, so that no
    column is padded.
    """

    channel = _channel()
    day = models.DateField(_("day (UTC)"))
    step = models.SmallIntegerField("seconds a slot")
    phase = models.SmallIntegerField("seconds from midnight UTC to the first slot")
    scale = models.SmallIntegerField(_("scale"))
    vals = models.BinaryField()
    quality = models.SmallIntegerField()
    exceptions = models.BinaryField(null=True)
    version = models.BigIntegerField()
    versions = models.BinaryField(null=True)
    known = models.SmallIntegerField("slots with a value")
    modified = models.DateTimeField(_("modified"))
    feed_run = _run()
    sums = models.BinaryField("sums before and after local midnight", null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.channel_id} on {self.day}"


class IntervalBlock(Packed):
    """The readings in force. Partitioned by month of `day`; see `datahub.store.partitions`."""

    pk = models.CompositePrimaryKey("channel_id", "day", "step", "phase")

    class Meta:
        db_table = "interval_block"


class IntervalBlockHistory(Packed):
    """A block as it was before a correction, with when and by which run it was replaced."""

    replaced = models.DateTimeField()
    replaced_by = _run()

    class Meta:
        db_table = "interval_block_history"
        indexes = [
            models.Index(fields=["channel", "day"], name="history_of_block"),
            models.Index(fields=["replaced_by"], name="history_by_run"),
        ]


class PeriodReading(models.Model):
    """A reading without a steady grid: [start, end) in UTC; a register read at an instant has end = start.

    The value is `value` / 10**`scale`, null: unknown (it was withdrawn). No two readings of a channel overlap, unless
    one file of the meter operator states them so (`overlapping`): these are stored as stated.
    """

    channel = _channel()
    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"))
    value = models.BigIntegerField(null=True)
    scale = models.SmallIntegerField(_("scale"))
    quality = models.SmallIntegerField()
    version = models.BigIntegerField("epoch microseconds of the file")
    overlapping = models.BooleanField(default=False)
    modified = models.DateTimeField(_("modified"))
    feed_run = _run(_("feed run"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "start", "end"], name="one_reading_of_a_period"),
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="reading_end_not_before_start"),
            ExclusionConstraint(
                name="one_reading_at_a_time",
                expressions=[
                    (
                        Func("channel_id", "channel_id", Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (Func("start", "end", function="tstzrange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(overlapping=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} from {self.start} to {self.end}"


class PeriodReadingHistory(models.Model):
    """A period's value before a correction, with when and by which run it was replaced."""

    reading = models.ForeignKey(PeriodReading, on_delete=models.CASCADE, related_name="history")
    value = models.BigIntegerField(null=True)
    scale = models.SmallIntegerField(_("scale"))
    quality = models.SmallIntegerField()
    version = models.BigIntegerField()
    modified = models.DateTimeField(_("modified"))
    feed_run = _run(_("feed run"))
    replaced = models.DateTimeField()
    replaced_by = _run()

    class Meta:
        indexes = [models.Index(fields=["replaced_by"], name="period_history_by_run")]

    def __str__(self) -> str:
        return f"{self.reading} until {self.replaced}"


class SummedMonth(models.Model):
    """A closed local month, [start, end) in UTC, of which sums by channel are kept; see `ChannelMonth`.

    From when this row is there, whatever changes readings of the month deletes its sums of the channels that changed,
    and leaves a row of `ChannelsToSum`. After a change of the utility's time zone the month begins anew.
    """

    month = models.DateField(_("first day of the month"), primary_key=True)
    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"))

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class ChannelMonth(models.Model):
    """The sum of an interval channel over a closed local month, [start, end) in UTC: `total` / 10**`scale`.

    It is of the `known` readings that start in the month, all of them slots of one grid; `qualities` counts them by
    code of Quality. A month without a row, such as one with two grids, is summed from its blocks.
    """

    pk = models.CompositePrimaryKey("channel_id", "month")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+", db_index=False)
    month = models.DateField(_("first day of the month"))
    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"))
    total = models.BigIntegerField()
    known = models.IntegerField("readings with a value")
    scale = models.SmallIntegerField(_("scale"))
    step = models.SmallIntegerField("seconds a slot")
    phase = models.SmallIntegerField("seconds from midnight UTC to the first slot")
    qualities = ArrayField(models.IntegerField(), verbose_name="readings by quality")

    class Meta:
        indexes = [models.Index(fields=["month"], name="sums_of_a_month")]

    def __str__(self) -> str:
        return f"{self.channel_id} in {self.month:%Y-%m}"


class ChannelsToSum(models.Model):
    """Channels whose sums of a closed month are to be computed; the row goes with the transaction that does it."""

    month = models.DateField(_("first day of the month"), db_index=True)
    channels = ArrayField(models.BigIntegerField(), verbose_name=_("channels"))

    def __str__(self) -> str:
        return f"{len(self.channels)} in {self.month:%Y-%m}"


class UnnotedChange(models.Model):
    """A statement changed readings in a transaction that deletes no sums of closed months; a trigger writes the row.

    Such is one of the release before, or of somebody who writes by hand. While there is a row no sum of a month counts.
    """

    at = models.DateTimeField(_("at"))

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class PartitionRecord(models.Model):
    """What upkeep did with one month's table of readings: put it in order, or set it aside when it was too old.

    A table that is set aside is detached from the store, with all its rows, until it is dropped; `archive` is the
    manifest of the files that have its rows, empty where none were written.
    `changes` are the database's counters of rows written, as upkeep last saw them and as they were when the
    table was clustered.
    """

    table = models.CharField(_("table"), max_length=63, unique=True)
    month = models.DateField(_("first day of the month (UTC)"))
    changes_seen = models.BigIntegerField(_("changes seen"), null=True)
    changes_clustered = models.BigIntegerField(_("changes clustered"), null=True)
    clustered = models.DateTimeField(_("put in order"), null=True)
    set_aside = models.DateTimeField(_("set aside"), null=True)
    rows = models.BigIntegerField(_("rows when it was set aside"), null=True)
    archive = models.CharField(
        _("manifest of its archive"), max_length=200, blank=True, default="", db_default=""
    )
    dropped = models.DateTimeField(_("dropped"), null=True)

    class Meta:
        verbose_name = _("partition record")
        verbose_name_plural = _("partition records")
        ordering = ["-month", "table"]

    def __str__(self) -> str:
        return self.table
