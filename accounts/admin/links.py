"""Dated links under contracts, points and meters."""

from accounts.admin.dated_links import DatedForm, DatedFormSet, DatedInline
from accounts.models import ContractServicePoint, MeterInstallation, SupplyTerm


class _PointLinkForm(DatedForm):
    linked = ("contract", "service_point")


class _PointLinkFormSet(DatedFormSet):
    lane = ("contract", "service_point")


class _InstallationForm(DatedForm):
    linked = ("meter", "service_point")


class _InstallationFormSet(DatedFormSet):
    lane = ("meter",)


class _SupplyTermForm(DatedForm):
    linked = ("supplier",)


class _SupplyTermFormSet(DatedFormSet):
    lane = ("contract",)


class _PointLinkInline(DatedInline):
    model = ContractServicePoint
    form, formset = _PointLinkForm, _PointLinkFormSet
    related = ("contract", "service_point")


class PointsOfContractInline(_PointLinkInline):
    """Where a contract is served."""

    verbose_name_plural = "service points"
    fields = ("service_point", "start", "end")
    autocomplete_fields = ("service_point",)


class ContractsOfPointInline(_PointLinkInline):
    """Whose service a point carries: a move is an end and a start."""

    verbose_name_plural = "service contracts"
    fields = ("contract", "start", "end")
    autocomplete_fields = ("contract",)


class _InstallationInline(DatedInline):
    model = MeterInstallation
    form, formset = _InstallationForm, _InstallationFormSet
    related = ("meter", "service_point")


class MetersOfPointInline(_InstallationInline):
    """Which meters measured here: a swap is an end and a start."""

    verbose_name_plural = "meters"
    fields = ("meter", "start", "end")
    autocomplete_fields = ("meter",)


class PointsOfMeterInline(_InstallationInline):
    """Where a meter has been; never at two points at once."""

    verbose_name_plural = "service points"
    fields = ("service_point", "start", "end")
    autocomplete_fields = ("service_point",)


class SupplyTermInline(DatedInline):
    """Who supplied a contract, on which tariff; never two at once."""

    model = SupplyTerm
    form, formset = _SupplyTermForm, _SupplyTermFormSet
    related = ("supplier", "contract")
    fields = ("supplier", "supplier_contract_number", "tariff_code", "tariff_name", "start", "end")
    autocomplete_fields = ("supplier",)
