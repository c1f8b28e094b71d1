"""What third parties read of the server before they know it: its description, one row (M-08)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminURLInputWidget

from accounts.admin.base import PortalAdmin
from cdsc_portal.lib.time import clock
from consent.models import ServerDescription
from consent.services.server_description import save_server_description


class LinesField(forms.CharField):
    """Web addresses, one a line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 - a list, or what was typed
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:  # noqa: ANN401
        addresses = [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]
        check = URLValidator(schemes=["https"])
        for address in addresses:
            try:
                check(address)
            except ValidationError as error:
                raise ValidationError(
                    _("%(address)s is no https address."), params={"address": address}
                ) from error
        return addresses

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ANN401
        return bool([line.strip() for line in (data or "").splitlines() if line.strip()] != (initial or []))


def _address(label: Any, help_text: Any) -> forms.URLField:  # noqa: ANN401 - lazy texts
    return forms.URLField(
        label=label,
        required=False,
        assume_scheme="https",
        help_text=help_text,
        widget=UnfoldAdminURLInputWidget,
    )


_EMPTY = _("Readable by everybody. Empty: the pages of this server.")


class ServerDescriptionForm(forms.ModelForm):
    website = _address(_("Website"), _EMPTY)
    documentation = _address(_("Documentation"), _EMPTY)
    support = _address(_("Support"), _EMPTY)
    related_metadata = LinesField(
        label=_("Related metadata"),
        required=False,
        help_text=_(
            "Addresses of further metadata of the same entity, one a line, each readable by everybody."
        ),
    )

    class Meta:
        model = ServerDescription
        fields = ("name", "description", "website", "documentation", "support", "related_metadata")
        help_texts = {"name": _("Of the utility. Empty: its name as customers read it.")}


@admin.register(ServerDescription)
class ServerDescriptionAdmin(PortalAdmin):
    """Everything here is public at once: check that you may publish it."""

    form = ServerDescriptionForm
    list_display = ("__str__", "name", "updated")
    readonly_fields = ("created", "updated")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: ServerDescription, form: forms.ModelForm, change: bool
    ) -> None:
        if form.changed_data:
            save_server_description(obj, at=clock.now())
