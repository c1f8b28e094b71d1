"""Where electricity came from, by source and time: amounts as feeds state them, shares as they are served."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import ServiceContract
from cdsc_portal.lib.time import clock
from datahub.mix.arithmetic.residual import Method
from datahub.models.feeds import FeedRun


class MixSeries(models.TextChoices):
    """The three series of the founding scopes."""

    GENERATION = "generation_breakdown", _("the grid's generation")
    CONSUMPTION = "consumption_breakdown", _("a tariff's generation")
    RESIDUAL = "residual_mix", _("what no certificate covers")


class MixMethod(models.TextChoices):
    """Where a share comes from; a computed share has the method of the residual mix in it."""

    PUBLISHED = Method.PUBLISHED.value, _("as published")
    ISSUANCE = Method.ISSUANCE.value, _("by certificates issued, balanced with use")
    DOMESTIC = Method.DOMESTIC.value, _("by certificates issued, not balanced")


class AmountKind(models.TextChoices):
    """What an amount is of its source; `datahub.mix.arithmetic.residual` and `consumption` say what each does."""

    GENERATED = "generated", _("net generation")
    ISSUED = "issued", _("certificates issued for this production")
    EXPIRED = "expired", _("certificates that ended unused")
    TRACKED = "tracked", _("claimed without certificates")
    CANCELLED = "cancelled", _("certificates cancelled for a tariff or contract")
    CONSUMED = "consumed", _("all consumption of the region")
    ATTRIBUTE = "attribute", _("what fills a deficit, in proportion")


def _run(*, null: bool = False) -> "models.ForeignKey[FeedRun, FeedRun]":
    """The run that stated it. Without an index: no query uses one, and runs are never deleted."""
    return models.ForeignKey(
        FeedRun, models.PROTECT, verbose_name=_("origin"), related_name="+", db_index=False, null=null
    )


def _contract() -> "models.ForeignKey[ServiceContract | None, ServiceContract | None]":
    return models.ForeignKey(
        ServiceContract,
        models.CASCADE,
        verbose_name=_("contract"),
        null=True,
        related_name="+",
        db_index=False,
    )


class _Share(models.Model):
    """The share of one source in one series during [start, start + seconds). `share` 0 to 1; null = unknown, never 0.

    `key` is the tariff code for a tariff's series, the grid region for the others. A computed share of a tariff
    is of one `region`, and of one `contract` if that has certificates of its own. `quantity` in watt-hours is set
    where it shows nothing of what customers used; `beyond` is how much more of the source was tracked than generated.
    """

    series = models.CharField(_("series"), max_length=30, choices=MixSeries.choices)
    key = models.CharField(_("key"), max_length=50)
    region = models.CharField(_("region"), max_length=50, blank=True, default="", db_default="")
    contract = _contract()
    start = models.DateTimeField(_("start"))
    seconds = models.PositiveIntegerField(_("seconds"))
    source = models.CharField(_("source"), max_length=50)
    share = models.DecimalField(_("share"), max_digits=12, decimal_places=10, null=True)
    quantity = models.BigIntegerField(_("watt-hours"), null=True)
    beyond = models.BigIntegerField(_("watt-hours tracked beyond generation"), default=0, db_default=0)
    method = models.CharField(
        _("method"),
        max_length=20,
        choices=MixMethod.choices,
        default=MixMethod.PUBLISHED,
        db_default=MixMethod.PUBLISHED,
    )
    provisional = models.BooleanField(_("provisional"), default=False, db_default=False)
    computed = models.BooleanField(_("worked out here, not told by a file"), default=False, db_default=False)
    origin = _run(null=True)
    modified = models.DateTimeField(_("modified"), default=clock.now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.series} {self.key} {self.start} {self.source}"


class MixShare(_Share):
    """A share in force. `modified` changes when it or its inputs do, `synced` with each load that states it.

    Of computed shares `synced` changes in one row of each series: the newest says when the series was last computed.
    """

    synced = models.DateTimeField(_("synced"), default=clock.now)

    class Meta:
        verbose_name = _("mix share")
        verbose_name_plural = _("mix shares")
        constraints = [
            models.UniqueConstraint(
                fields=["series", "key", "region", "start", "source", "contract"],
                name="one_share_of_a_source",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(share__isnull=True) | Q(share__gte=0, share__lte=1), name="share_0_to_1"
            ),
        ]
        indexes = [
            models.Index(
                fields=["contract", "start"], name="share_of_contract", condition=Q(contract__isnull=False)
            ),
            # all computed shares of a region's day, whatever tariffs there were
            models.Index(fields=["region", "start"], name="share_of_region", condition=~Q(region="")),
            models.Index(fields=["series", "key", "region", "synced"], name="newest_share"),
        ]


class MixLoad(models.Model):
    """Shares of one series were last written at `at`. Whoever writes shares writes this row in the same transaction, so
    that it has another version (`cdsc_portal.lib.db.row_versions`) whenever the series has; none: never written since.

    `MixBlock` holds the series too if `packed` equals `at`. A writer that knows no blocks does not change `packed`.
    """

    series = models.CharField(_("series"), max_length=30, choices=MixSeries.choices)
    key = models.CharField(_("key"), max_length=50)
    region = models.CharField(_("region"), max_length=50, blank=True, default="", db_default="")
    contract = _contract()
    at = models.DateTimeField(_("at"))
    packed = models.DateTimeField(_("packed"), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["series", "key", "region", "contract"],
                name="one_load_of_a_series",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.key} at {self.at}"


class MixBlock(models.Model):
    """The shares of one UTC day of a series that have all of these facts in common, packed in one row, since each row
    costs a reader time. `count` big-endian numbers of 8 bytes: starts and `modified` as the database sends instants,
    shares in parts of 10**10, -1 for unknown. Derived from `MixShare`, and written with it (`MixLoad.packed`).
    """

    series = models.CharField(_("series"), max_length=30, choices=MixSeries.choices)
    key = models.CharField(_("key"), max_length=50)
    region = models.CharField(_("region"), max_length=50, blank=True, default="", db_default="")
    contract = _contract()
    day = models.DateField(_("day"))
    source = models.CharField(_("source"), max_length=50)
    seconds = models.PositiveIntegerField(_("seconds"))
    method = models.CharField(_("method"), max_length=20, choices=MixMethod.choices)
    provisional = models.BooleanField(_("provisional"))
    computed = models.BooleanField(_("worked out here, not told by a file"))
    count = models.PositiveIntegerField(_("shares"))
    starts = models.BinaryField(_("packed starts"))
    modified = models.BinaryField(_("packed times of change"))
    shares = models.BinaryField(_("packed shares"))

    class Meta:
        verbose_name = _("block of the mix")
        verbose_name_plural = _("blocks of the mix")
        indexes = [models.Index(fields=["series", "key", "region", "day", "contract"], name="block_of_a_day")]

    def __str__(self) -> str:
        return f"{self.series} {self.key} {self.day} {self.source}"


class MixShareHistory(_Share):
    """A share as it was before a correction, and since when it no longer is."""

    replaced = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["series", "key", "start"], name="history_of_share")]


class _Amount(models.Model):
    """Watt-hours of one source in a region during [start, start + seconds), as a feed names the source.

    `tariff_code` or `contract` say for whom certificates were cancelled; consumption has no source.
    """

    region = models.CharField(_("region"), max_length=50)
    kind = models.CharField(_("kind"), max_length=10, choices=AmountKind.choices)
    tariff_code = models.CharField(_("tariff code"), max_length=50, blank=True, default="")
    contract = _contract()
    source = models.CharField(_("source"), max_length=50, blank=True)
    start = models.DateTimeField(_("start"))
    seconds = models.PositiveIntegerField(_("seconds"))
    wh = models.BigIntegerField(_("watt-hours"))
    provisional = models.BooleanField(_("provisional"), default=False)
    origin = _run()
    modified = models.DateTimeField(_("modified"), default=clock.now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.kind} {self.region} {self.start} {self.source}"


class MixAmount(_Amount):
    """An amount in force. `modified` moves when it changes, `synced` with each load that saw it."""

    synced = models.DateTimeField(_("synced"), default=clock.now)

    class Meta:
        verbose_name = _("mix amount")
        verbose_name_plural = _("mix amounts")
        constraints = [
            models.UniqueConstraint(
                fields=["region", "start", "kind", "seconds", "source", "tariff_code", "contract"],
                name="one_amount",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(wh__gte=0), name="amount_not_below_0"),
        ]
        # what begins long before a day and may reach into it
        indexes = [
            models.Index(fields=["region", "start"], name="long_amount", condition=Q(seconds__gt=3600))
        ]


class MixAmountHistory(_Amount):
    """An amount as it was before a correction, and since when it no longer is."""

    replaced = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["region", "start"], name="history_of_amount")]


class MixDay(models.Model):
    """A UTC day of a region: since when its shares must be computed again (null: they need not); when they were."""

    region = models.CharField(_("region"), max_length=50)
    day = models.DateField(_("day (UTC)"))
    due = models.DateTimeField(_("due"), null=True, db_index=True)
    computed = models.DateTimeField(_("worked out"), null=True)

    class Meta:
        verbose_name = _("mix day")
        verbose_name_plural = _("mix days")
        ordering = ["region", "day"]
        constraints = [models.UniqueConstraint(fields=["region", "day"], name="one_day_of_a_region")]

    def __str__(self) -> str:
        return f"{self.region} on {self.day}"


class ChangedUse(models.Model):
    """A load changed readings of these days, at `at`. The row is deleted when the days of the mix are marked.

    `channels` are the keys of those that changed, if they are few; null: many.
    """

    at = models.DateTimeField(_("at"))
    channels = ArrayField(models.BigIntegerField(), verbose_name=_("channels"), null=True)
    days = ArrayField(models.DateField(), verbose_name="days (UTC)")

    def __str__(self) -> str:
        return f"{len(self.days)} days at {self.at}"
