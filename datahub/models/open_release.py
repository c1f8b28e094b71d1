"""What left without a grant: the grid's own series, to registered clients."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.db.append_only import AppendOnlyModel
from cdsc_portal.lib.time import clock
from consent.models import Client
from datahub.models.generation import MixSeries


class OpenRelease(AppendOnlyModel):
    """One answer to `client`, written in its transaction. Append-only; it is about no customer, so no customer's log.

    [start, end) is the period asked for (null = open).
    """

    client = models.ForeignKey(Client, verbose_name=_("client"), on_delete=models.PROTECT, related_name="+")
    resource = models.CharField(_("resource"), max_length=30, choices=MixSeries.choices)
    region = models.CharField(_("region"), max_length=50)
    start = models.DateTimeField(_("start"), null=True)
    end = models.DateTimeField(_("end"), null=True)
    value_count = models.PositiveBigIntegerField(_("value count"))
    released_at = models.DateTimeField(_("released at"), default=clock.now)

    class Meta:
        verbose_name = _("open release")
        verbose_name_plural = _("open releases")
        ordering = ["-released_at", "-pk"]
        indexes = [models.Index(fields=["client", "-released_at"], name="open_release_of_client")]

    def __str__(self) -> str:
        return f"{self.resource} {self.region} to {self.client}"
