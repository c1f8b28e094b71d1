"""Where the server offers what: areas and groups, with their maps (M-14 to M-26)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.admin.base import PortalAdmin
from cdsc_portal.lib.time import clock
from consent.admin.coverage_files import LARGEST, geojson_type, map_type
from consent.capabilities import COVERAGE, offered_capabilities, unfit_for_entry
from consent.models import (
    CapabilityRole,
    CommodityType,
    CoverageEntry,
    CoverageFileKind,
    CoverageType,
    InfrastructureType,
)
from consent.services.server_description import save_coverage_entry

_UPLOADS = {
    CoverageFileKind.MAP: ("map_upload", "remove_map", map_type),
    CoverageFileKind.GEOJSON: ("geojson_upload", "remove_geojson", geojson_type),
}


def _several(label: Any, choices: Any) -> forms.MultipleChoiceField:  # noqa: ANN401 - lazy texts
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple
    )


class CoverageEntryForm(forms.ModelForm):
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[("", "---------"), *CapabilityRole.choices],  # somebody has to say it
        widget=UnfoldAdminSelectWidget,
        help_text=_("Of all servers that offer something here, only one server is the source of truth."),
    )
    infrastructure_types = _several(_("Infrastructure"), InfrastructureType.choices)
    commodity_types = _several(_("Commodities"), CommodityType.choices)
    capabilities = forms.CharField(
        label=_("Capabilities"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("What third parties can do here, parted by spaces; empty where the entry only informs."),
    )
    map_upload = forms.FileField(
        label=_("Map"),
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("A PNG, JPEG or PDF file of up to 5 MB."),
    )
    remove_map = forms.BooleanField(label=_("Remove the map"), required=False)
    geojson_upload = forms.FileField(
        label=_("GeoJSON file"),
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("RFC 7946, in the coordinates of WGS 84, of up to 5 MB."),
    )
    remove_geojson = forms.BooleanField(label=_("Remove the GeoJSON"), required=False)

    class Meta:
        model = CoverageEntry
        fields = (
            "entry_id", "is_listed", "entity_name", "entity_abbreviation", "country", "name", "description", "type",
            "role", "infrastructure_types", "commodity_types", "capabilities",
        )  # fmt: skip
        help_texts = {
            "entry_id": _("Third parties refer to it, so it never changes."),
            "is_listed": _("Published entries are readable by everybody: check that you may publish it."),
            "country": _("Whose laws hold. An area of several countries is an entry for each."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.files_to_store: dict[str, tuple[str, bytes] | None] = {}
        if "capabilities" in self.fields:  # not where staff may only look
            self.initial["capabilities"] = " ".join(self.instance.capabilities)
        if self.instance.pk is None:
            self.initial["role"] = ""

    def clean_capabilities(self) -> list[str]:
        capabilities = list(dict.fromkeys(self.cleaned_data["capabilities"].split()))
        if COVERAGE in capabilities:
            raise forms.ValidationError(
                _("An entry cannot have the capability coverage: it is the server's.")
            )
        if unfit := unfit_for_entry(capabilities):
            raise forms.ValidationError(
                _("This server does not offer %(unfit)s. It offers %(offered)s."),
                params={
                    "unfit": ", ".join(unfit),
                    "offered": ", ".join(offered_capabilities(lists_coverage=False)),
                },
            )
        return capabilities

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for kind, (upload, remove, check) in _UPLOADS.items():
            file: UploadedFile | None = cleaned.get(upload)
            if file is not None:
                content = file.read(LARGEST + 1)
                try:
                    self.files_to_store[kind] = (check(content), content)
                except ValueError as error:
                    self.add_error(upload, str(error))
            elif cleaned.get(remove):
                self.files_to_store[kind] = None
        if cleaned.get("type") == CoverageType.GEOGRAPHIC and not self._has_a_file():
            self.add_error("type", _("An area needs a map or a GeoJSON file."))
        return cleaned

    def _has_a_file(self) -> bool:
        stored = set(self.instance.files.values_list("kind", flat=True)) if self.instance.pk else set()
        removed = {kind for kind, file in self.files_to_store.items() if file is None}
        return bool((stored | set(self.files_to_store)) - removed) or any(
            upload in self.errors for upload, _remove, _check in _UPLOADS.values()
        )


@admin.register(CoverageEntry)
class CoverageEntryAdmin(PortalAdmin):
    """An entry is not deleted, since offers name it: take it out of the listing."""

    form = CoverageEntryForm
    list_display = ("name", "entry_id", "type", "country", "is_listed", "updated")
    list_filter = ("is_listed", "type")
    search_fields = ("name__istartswith", "entry_id__startswith")
    readonly_fields = ("published_files", "created", "updated")
    fields = (
        *CoverageEntryForm.Meta.fields, "published_files", "map_upload", "remove_map", "geojson_upload",
        "remove_geojson", "created", "updated",
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("entry_id", *self.readonly_fields) if obj else self.readonly_fields

    def save_model(
        self, request: HttpRequest, obj: CoverageEntry, form: forms.ModelForm, change: bool
    ) -> None:
        files: dict[str, tuple[str, bytes] | None] = getattr(form, "files_to_store", {})
        if form.changed_data:
            save_coverage_entry(obj, files=files, at=clock.now())

    @admin.display(description=_("published files"))
    def published_files(self, entry: CoverageEntry) -> str:
        kinds = entry.files.values_list("kind", flat=True) if entry.pk else ()
        addresses = ((reverse(f"cds_coverage_{kind}", args=[entry.entry_id]), kind) for kind in kinds)
        return format_html_join(" ", '<a href="{}">{}</a>', addresses) or "-"
