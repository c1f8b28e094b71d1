"""What left: one row a release, in monthly partitions."""

from datetime import UTC

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.db.append_only import AppendOnlyModel
from cdsc_portal.lib.time import clock
from consent.models.grant import Grant


class Disclosure(AppendOnlyModel):
    """One release of data to a client, written in the transaction of the answer. Append-only.

    [start, end) is the period that the answer could speak of (null = not a period), [data_start, data_end) the one that
    the values which left speak of, from the first to the end of the last (null = none left, they speak of no period, or
    the row is older than these columns). `value_count` is how many values, `address` from where, personal and erasable.
    `resolution` is how fine readings left: `as_read`, `hourly`, `daily`, `monthly` or `yearly` (empty: no readings, or
    the row is older than the column). `contracts` are the database keys of those it was about; a trigger keeps them.

    A row is what every answer costs, so it has no more columns and indexes than its readers need (decision 82).
    """

    released_at = models.DateTimeField(_("released at"), default=clock.now)
    grant = models.ForeignKey(
        Grant, verbose_name=_("grant"), on_delete=models.PROTECT, related_name="disclosures", db_index=False
    )
    start = models.DateTimeField(_("start"), null=True, blank=True)
    end = models.DateTimeField(_("end"), null=True, blank=True)
    data_start = models.DateTimeField(_("start of the first value"), null=True, blank=True)
    data_end = models.DateTimeField(_("end of the last value"), null=True, blank=True)
    value_count = models.PositiveBigIntegerField(_("value count"))
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    scope = models.CharField(_("scope"), max_length=60)
    resource = models.CharField(_("resource"), max_length=60)
    resolution = models.CharField(_("resolution"), max_length=10, blank=True, default="", db_default="")
    contracts = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        ordering = ["-released_at", "-pk"]
        indexes = [
            models.Index(fields=["grant", "released_at"], name="disclosure_by_grant"),
            models.Index(fields=["released_at"], name="disclosure_by_time"),
            BrinIndex(fields=["id"], name="disclosure_by_key", autosummarize=True),
            GinIndex(fields=["contracts"], name="disclosure_by_contract", fastupdate=False),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What people read out: the instant of the release, UTC, e.g. `20261201-093000-123456`."""
        return self.released_at.astimezone(UTC).strftime("%Y%m%d-%H%M%S-%f")
