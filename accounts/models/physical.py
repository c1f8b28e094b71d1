"""The physical half of the hierarchy: premises, service points, meters."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.base import Commodity, Published, Versioned, prefix_index, word_index


class Premise(Published, Versioned):
    """A building or unit that is served."""

    premise_number = models.CharField(_("premise number"), max_length=50, unique=True)
    address = models.CharField(_("address"), max_length=300)

    class Meta:
        verbose_name = _("premise")
        verbose_name_plural = _("premises")
        ordering = ["premise_number"]
        indexes = [word_index("address", "premise_address_words")]

    def __str__(self) -> str:
        return self.premise_number


class ServicePoint(Published, Versioned):
    """Where service arrives, e.g. a meter socket. Its placements say where on the grid, and when.

    `region` and `pricing_node` are as the newest file told them; the release before dates reads them.
    """

    servicepoint_number = models.CharField(_("servicepoint number"), max_length=50, unique=True)
    premise = models.ForeignKey(
        Premise,
        verbose_name=_("premise"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="points",
    )
    commodity = models.CharField(_("commodity"), max_length=20, choices=Commodity.choices)
    voltage = models.PositiveIntegerField(_("voltage in volts"), null=True, blank=True)
    region = models.CharField(_("grid region"), max_length=50, blank=True)
    pricing_node = models.CharField(_("pricing node"), max_length=50, blank=True)

    class Meta:
        verbose_name = _("service point")
        verbose_name_plural = _("service points")
        ordering = ["servicepoint_number"]
        indexes = [prefix_index("servicepoint_number", "servicepoint_number_prefix")]

    def __str__(self) -> str:
        return self.servicepoint_number


class MeterDevice(Published, Versioned):
    """A meter. Its usage hangs on it; whose usage it is follows from the dated links."""

    meter_number = models.CharField(_("meter number"), max_length=100, unique=True)
    commodity = models.CharField(_("commodity"), max_length=20, choices=Commodity.choices)

    class Meta:
        verbose_name = _("meter device")
        verbose_name_plural = _("meter devices")
        ordering = ["meter_number"]
        indexes = [prefix_index("meter_number", "meter_number_prefix")]

    def __str__(self) -> str:
        return self.meter_number
