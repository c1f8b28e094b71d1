"""Offers of scopes: staff limit them, close them, and add a second one of a type with other limits (R-08, R-09)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.admin.base import PortalAdmin
from cdsc_portal.lib.time import clock
from consent.admin.open_grants import warn_of_open_grants
from consent.models import CoverageEntry, ScopeOffer
from consent.scopes.offer_types import CLIENT_ADMIN, offer_type, offer_types
from consent.services.scope_offers import save_offer


class ScopeOfferForm(forms.ModelForm):
    type = forms.ChoiceField(label=_("Type"), widget=UnfoldAdminSelectWidget)
    coverages = forms.ModelMultipleChoiceField(
        CoverageEntry.objects.order_by("name"),
        label=_("Coverage"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = ScopeOffer
        fields = (
            "type", "offer_id", "label", "description", "is_open", "coverages", "registration_requirements",
            "registration_optional", "grant_admin", "days_back", "days_ahead", "reviews_wishes",
            "field_limits",
        )  # fmt: skip
        help_texts = {
            "offer_id": _("As third parties ask for it; it never changes."),
            "label": _("Behind the name where there are several offers of a type."),
            "description": _("For third parties, in English. Empty: the words of the type."),
            "registration_requirements": _("Short names of registration fields, parted by commas."),
            "registration_optional": _("Short names of registration fields, parted by commas."),
            "grant_admin": _("The offer of Grant Admin whose tokens open grants of this one."),
            "reviews_wishes": _(
                "A third party that wants more of what a customer shares waits for you before it can ask the customer."
            ),
            "field_limits": _('Tighter limits and defaults by field, such as {"start": {"default": "-1y"}}.'),
        }  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        if "type" in self.fields:
            self.fields["type"].choices = [  # type: ignore[attr-defined]  # declared above
                (key, f"{kind.name} ({key})") for key, kind in offer_types().items() if key != CLIENT_ADMIN
            ]


@admin.register(ScopeOffer)
class ScopeOfferAdmin(PortalAdmin):
    """An offer is closed, never deleted: grants and registrations name it. Open grants stay as they are."""

    form = ScopeOfferForm
    list_display = ("offer_id", "type", "label", "is_open", "days_back", "days_ahead", "updated")
    list_filter = ("is_open",)
    search_fields = ("offer_id__startswith",)
    fields = ScopeOfferForm.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("type", "offer_id") if obj else ()

    def save_model(self, request: HttpRequest, obj: ScopeOffer, form: forms.ModelForm, change: bool) -> None:
        if not form.changed_data:
            return
        save_offer(obj, at=clock.now())
        kind = offer_type(obj.type)
        if not obj.is_open and kind and kind.scope:
            warn_of_open_grants(request, scopes={obj.type}, client=None)
