"""The physical half of the hierarchy: premises, service points, meters."""

from django.db import models

from accounts.models.base import Commodity, Published, Versioned, prefix_index, word_index


class Premise(Published, Versioned):
    """A building or unit that is served."""

    premise_number = models.CharField(max_length=50, unique=True)
    address = models.CharField(max_length=300)

    class Meta:
        ordering = ["premise_number"]
        indexes = [word_index("address", "premise_address_words")]

    def __str__(self) -> str:
        return self.premise_number


class ServicePoint(Published, Versioned):
    """Where service arrives, e.g. a meter socket. Its placements say where on the grid, and when.

    `region` and `pricing_node` are as the newest file told them; the release before dates reads them.
    """

    servicepoint_number = models.CharField(max_length=50, unique=True)
    premise = models.ForeignKey(
        Premise, on_delete=models.PROTECT, null=True, blank=True, related_name="points"
    )
    commodity = models.CharField(max_length=20, choices=Commodity.choices)
    voltage = models.PositiveIntegerField("voltage in volts", null=True, blank=True)
    region = models.CharField("grid region", max_length=50, blank=True)
    pricing_node = models.CharField(max_length=50, blank=True)

    class Meta:
        ordering = ["servicepoint_number"]
        indexes = [prefix_index("servicepoint_number", "servicepoint_number_prefix")]

    def __str__(self) -> str:
        return self.servicepoint_number


class MeterDevice(Published, Versioned):
    """A meter. Its usage hangs on it; whose usage it is follows from the dated links."""

    meter_number = models.CharField(max_length=100, unique=True)
    commodity = models.CharField(max_length=20, choices=Commodity.choices)

    class Meta:
        ordering = ["meter_number"]
        indexes = [prefix_index("meter_number", "meter_number_prefix")]

    def __str__(self) -> str:
        return self.meter_number
