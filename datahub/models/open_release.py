"""What left without a grant: the grid's own series, to registered clients."""

from django.db import models

from cdsc_portal.lib import clock
from cdsc_portal.lib.append_only import AppendOnlyModel
from consent.models import Client
from datahub.models.generation import MixSeries


class OpenRelease(AppendOnlyModel):
    """One answer to `client`, written in its transaction. Append-only; it is about no customer, so no customer's log.

    [start, end) is the period asked for (null = open).
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    resource = models.CharField(max_length=30, choices=MixSeries.choices)
    region = models.CharField(max_length=50)
    start = models.DateTimeField(null=True)
    end = models.DateTimeField(null=True)
    value_count = models.PositiveBigIntegerField()
    released_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-released_at", "-pk"]
        indexes = [models.Index(fields=["client", "-released_at"], name="open_release_of_client")]

    def __str__(self) -> str:
        return f"{self.resource} {self.region} to {self.client}"
