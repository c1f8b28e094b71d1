"""Where electricity came from, by source and time."""

from django.db import models
from django.db.models import Q

from cdsc_portal.lib import clock


class MixSeries(models.TextChoices):
    """The three series of the founding scopes."""

    GENERATION = "generation_breakdown", "the grid's generation"
    CONSUMPTION = "consumption_breakdown", "a tariff's generation"
    RESIDUAL = "residual_mix", "what no certificate covers"


class MixShare(models.Model):
    """The share of one source in one series during [start, start + seconds). `share` 0 to 1; null = unknown, never 0.

    `key` is the tariff code for a tariff's series, the grid region for the others.
    """

    series = models.CharField(max_length=30, choices=MixSeries.choices)
    key = models.CharField(max_length=50)
    start = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    source = models.CharField(max_length=50)
    share = models.DecimalField(max_digits=12, decimal_places=10, null=True)
    modified = models.DateTimeField(default=clock.now)
    synced = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["series", "key", "start", "source"], name="one_share_of_a_source"
            ),
            models.CheckConstraint(
                condition=Q(share__isnull=True) | Q(share__gte=0, share__lte=1), name="share_0_to_1"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.key} {self.start} {self.source}"
