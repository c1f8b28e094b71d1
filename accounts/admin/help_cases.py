"""What people asked on the help page: those that wait first."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, Model, Value, When
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import link_to
from accounts.admin.logged import LoggedAdmin
from accounts.models import CaseStatus, HelpCase


@admin.register(HelpCase)
class HelpCaseAdmin(LoggedAdmin):
    """Staff answer by mail and note here how it went; what the customer wrote stays as it was."""

    list_display = ("reference", "topic", "status", "email", "created")
    list_filter = ("status", "topic")
    search_fields = ("reference", "email__istartswith")
    readonly_fields = ("reference", "topic", "text", "email", "person", "created")
    fields = (*readonly_fields, "status", "note")
    show_full_result_count = False
    list_per_page = 50

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return Case(When(status=CaseStatus.OPEN, then=Value(0)), default=Value(1)), "-created", "-pk"

    @admin.display(description=_("user"))
    def person(self, case: HelpCase) -> str:
        return link_to(case.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
