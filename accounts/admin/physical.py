"""Premises, service points and meters, and the way from them to contracts."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from accounts.admin.base import PortalAdmin, link_to, links_to
from accounts.admin.dated_links import DatedLinksAdmin
from accounts.admin.links import (
    ContractsOfPointInline,
    MetersOfPointInline,
    PlacementsInline,
    PointsOfMeterInline,
)
from accounts.models import GridPlacement, MeterDevice, Premise, ServiceContract, ServicePoint, span_of
from cdsc_portal.lib.time import clock

_TIMES = ("public_id", "cds_created", "cds_modified", "cds_synced", "version_at")


class PointsOfPremiseInline(TabularInline):
    model = ServicePoint
    extra = 0
    per_page = 20
    can_delete = False
    fields = readonly_fields = ("page", "commodity", "voltage")

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        return False

    @admin.display(description=_("service point"))
    def page(self, point: ServicePoint) -> str:
        return link_to(point)


@admin.register(Premise)
class PremiseAdmin(PortalAdmin):
    """A building or unit and its points."""

    list_display = ("premise_number", "address")
    search_fields = ("^premise_number",)
    word_field = "address"
    fields = ("premise_number", "address", *_TIMES)
    readonly_fields = _TIMES
    inlines = (PointsOfPremiseInline,)


@admin.register(ServicePoint)
class ServicePointAdmin(DatedLinksAdmin):
    """Where service arrives: between contracts and meters."""

    list_display = ("servicepoint_number", "commodity", "voltage", "premise_page", "region_now")
    list_select_related = ("premise",)
    list_filter = ("commodity",)
    search_fields = ("^servicepoint_number",)
    fields = (
        "servicepoint_number", "premise_page", "premise", "commodity", "voltage", *_TIMES,
    )  # fmt: skip
    readonly_fields = ("premise_page", *_TIMES)
    autocomplete_fields = ("premise",)
    inlines = (MetersOfPointInline, ContractsOfPointInline, PlacementsInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServicePoint]:
        return super().get_queryset(request).prefetch_related("placements")

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: ANN401
        """Its place is served as the point's own."""
        super().save_formset(request, form, formset, change)
        if formset.model is GridPlacement and formset.has_changed():
            ServicePoint.objects.filter(pk=form.instance.pk).update(cds_modified=clock.now())

    @admin.display(description=_("grid region"))
    def region_now(self, point: ServicePoint) -> str:
        at = clock.now()
        return next(
            (placement.region for placement in point.placements.all() if span_of(placement).contains(at)), ""
        )

    @admin.display(description=_("premise"))
    def premise_page(self, point: ServicePoint) -> str:
        return link_to(point.premise)


@admin.register(MeterDevice)
class MeterDeviceAdmin(DatedLinksAdmin):
    """A meter, where it has been, and whose contracts it measured."""

    list_display = ("meter_number", "commodity")
    list_filter = ("commodity",)
    search_fields = ("^meter_number",)
    readonly_fields = ("contracts", *_TIMES)
    inlines = (PointsOfMeterInline,)

    @admin.display(description=_("contracts at its points"))
    def contracts(self, meter: MeterDevice) -> str:
        contracts = ServiceContract.objects.filter(point_links__service_point__installations__meter=meter)
        return links_to(contracts.distinct().order_by("contract_number")) if meter.pk else "-"
