"""Dated links, [start, end) in UTC, end null = current. A reading belongs to a contract only while linked."""

from datetime import UTC, datetime

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from accounts.models.base import Versioned
from accounts.models.contractual import ServiceContract
from accounts.models.physical import MeterDevice, ServicePoint
from cdsc_portal.lib.time import clock

EVER = datetime(1900, 1, 1, tzinfo=UTC)  # the start of a link whose true start no feed gave
_SPAN = (Func("start", "end", function="tstzrange"), RangeOperators.OVERLAPS)


class DatedLink(Versioned):
    """`created`: when the link was first loaded, null = before this was recorded."""

    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"), null=True, blank=True)
    created = models.DateTimeField(_("created"), default=clock.now, null=True, editable=False)

    class Meta:
        abstract = True


class ContractServicePoint(DatedLink):
    """A contract served through a point. Points may be shared by contracts."""

    contract = models.ForeignKey(
        ServiceContract, verbose_name=_("contract"), on_delete=models.CASCADE, related_name="point_links"
    )
    service_point = models.ForeignKey(
        ServicePoint, verbose_name=_("service point"), on_delete=models.CASCADE, related_name="contract_links"
    )

    class Meta:
        verbose_name = _("contract service point")
        verbose_name_plural = _("contract service points")
        ordering = ["contract", "start"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="point_link_end_after_start"
            ),
            ExclusionConstraint(
                name="one_link_of_contract_and_point",
                expressions=[
                    (
                        Func("contract_id", "contract_id", Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func("service_point_id", "service_point_id", Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    _SPAN,
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} at {self.service_point}"


class MeterInstallation(DatedLink):
    """A meter at a point; a meter is never at two points at once."""

    meter = models.ForeignKey(
        MeterDevice, verbose_name=_("meter"), on_delete=models.CASCADE, related_name="installations"
    )
    service_point = models.ForeignKey(
        ServicePoint, verbose_name=_("service point"), on_delete=models.CASCADE, related_name="installations"
    )

    class Meta:
        verbose_name = _("meter installation")
        verbose_name_plural = _("meter installations")
        ordering = ["meter", "start"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="installation_end_after_start"
            ),
            ExclusionConstraint(
                name="meter_at_one_point_at_a_time",
                expressions=[
                    (
                        Func("meter_id", "meter_id", Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    _SPAN,
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meter} at {self.service_point}"


class GridPlacement(DatedLink):
    """A point in a region of the grid, and at a pricing node; either may be unknown (""). Never two at once.

    `start` is EVER where nobody told since when.
    """

    service_point = models.ForeignKey(
        ServicePoint, verbose_name=_("service point"), on_delete=models.CASCADE, related_name="placements"
    )
    region = models.CharField(_("grid region"), max_length=50, blank=True)
    pricing_node = models.CharField(_("pricing node"), max_length=50, blank=True)

    class Meta:
        verbose_name = _("grid placement")
        verbose_name_plural = _("grid placements")
        ordering = ["service_point", "start"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="placement_end_after_start"
            ),
            models.CheckConstraint(condition=~Q(region="", pricing_node=""), name="placement_is_somewhere"),
            ExclusionConstraint(
                name="point_at_one_place_at_a_time",
                expressions=[
                    (
                        Func("service_point_id", "service_point_id", Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    _SPAN,
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_point} in {self.region or self.pricing_node}"
