"""Scopes switched on and off, and their limits tightened: for everybody, or for one third party."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.admin.base import link_to
from accounts.admin.logged import LoggedAdmin
from cdsc_portal.lib.time import clock
from consent.admin.open_grants import warn_of_open_grants
from consent.models import ScopeSetting
from consent.scopes.catalogue import SCOPES, offered_scopes


class ScopeSettingForm(forms.ModelForm):
    scope = forms.ChoiceField(label=_("Data"), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        if "scope" in self.fields:
            offered = offered_scopes(settings.UTILITY_ROLE)
            self.fields["scope"].choices = [  # type: ignore[attr-defined]  # declared above
                (scope.id, f"{scope.title} ({scope.id})") for scope in offered
            ]


@admin.register(ScopeSetting)
class ScopeSettingAdmin(LoggedAdmin):
    """Only ever less than the scope declares. Grants that are open stay; what is asked from now on obeys."""

    form = ScopeSettingForm
    list_display = ("title", "scope", "client_page", "is_open", "days_back", "days_ahead", "modified")
    list_select_related = ("client",)
    list_filter = ("is_open", "scope", "client")
    fields = ("scope", "client", "is_open", "days_back", "days_ahead")

    @admin.display(description=_("data"))
    def title(self, setting: ScopeSetting) -> str:
        scope = SCOPES.get(setting.scope)
        return str(scope.title) if scope else setting.scope

    @admin.display(description=_("for"))
    def client_page(self, setting: ScopeSetting) -> Any:  # noqa: ANN401 - a text, perhaps lazy
        return link_to(setting.client) if setting.client_id else _("everybody")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("scope", "client") if obj else ()

    def save_model(
        self, request: HttpRequest, obj: ScopeSetting, form: forms.ModelForm, change: bool
    ) -> None:
        obj.modified = clock.now()
        super().save_model(request, obj, form, change)
        if not obj.is_open:
            warn_of_open_grants(request, scopes={obj.scope}, client=obj.client)
