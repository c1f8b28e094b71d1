"""Dated links under contracts, points and meters."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.dated_links import DatedForm, DatedFormSet, DatedInline
from accounts.models import ContractServicePoint, GridPlacement, MeterInstallation, SupplyTerm


class _PointLinkForm(DatedForm):
    linked = ("contract", "service_point")


class _PointLinkFormSet(DatedFormSet):
    exclusion_fields = ("contract", "service_point")


class _InstallationForm(DatedForm):
    linked = ("meter", "service_point")


class _InstallationFormSet(DatedFormSet):
    exclusion_fields = ("meter",)


class _PlacementForm(DatedForm):
    """The region of a stored row stays: a wrong one is deleted and the right one added, so that the history tells both
    and the mix of both regions follows.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.fields["region"].disabled = self.instance.pk is not None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not cleaned.get("region") and not cleaned.get("pricing_node"):
            self.add_error("region", _("Say the grid region or the pricing node."))
        return cleaned


class _PlacementFormSet(DatedFormSet):
    exclusion_fields = ("service_point",)


class _SupplyTermForm(DatedForm):
    linked = ("supplier",)


class _SupplyTermFormSet(DatedFormSet):
    exclusion_fields = ("contract",)


class _PointLinkInline(DatedInline):
    model = ContractServicePoint
    form, formset = _PointLinkForm, _PointLinkFormSet
    related = ("contract", "service_point")


class PointsOfContractInline(_PointLinkInline):
    """Where a contract is served."""

    verbose_name_plural = gettext_lazy("service points")
    fields = ("service_point", "start", "end")
    autocomplete_fields = ("service_point",)


class ContractsOfPointInline(_PointLinkInline):
    """Whose service a point carries: a move is an end and a start."""

    verbose_name_plural = gettext_lazy("service contracts")
    fields = ("contract", "start", "end")
    autocomplete_fields = ("contract",)


class _InstallationInline(DatedInline):
    model = MeterInstallation
    form, formset = _InstallationForm, _InstallationFormSet
    related = ("meter", "service_point")


class MetersOfPointInline(_InstallationInline):
    """Which meters measured here: a swap is an end and a start."""

    verbose_name_plural = gettext_lazy("meters")
    fields = ("meter", "start", "end")
    autocomplete_fields = ("meter",)


class PointsOfMeterInline(_InstallationInline):
    """Where a meter has been; never at two points at once."""

    verbose_name_plural = gettext_lazy("service points")
    fields = ("service_point", "start", "end")
    autocomplete_fields = ("service_point",)


class PlacementsInline(DatedInline):
    """Where a point is on the grid: a change is an end and a start. What holds since ever starts in 1900."""

    model = GridPlacement
    form, formset = _PlacementForm, _PlacementFormSet
    related = ("service_point",)
    verbose_name_plural = gettext_lazy("places on the grid")
    fields = ("region", "pricing_node", "start", "end")


class SupplyTermInline(DatedInline):
    """Who supplied a contract, on which tariff; never two at once."""

    model = SupplyTerm
    form, formset = _SupplyTermForm, _SupplyTermFormSet
    related = ("supplier", "contract")
    fields = ("supplier", "supplier_contract_number", "tariff_code", "tariff_name", "start", "end")
    autocomplete_fields = ("supplier",)
