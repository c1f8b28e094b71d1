"""What runs could not take, in admin: rejected rows, and readings that wait for their meter."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import ReadOnlyAdmin
from datahub.models import ParkedReadings, RejectedRow

_SHOWN = 200  # characters; the row's own page and the CSV have all of it


@admin.register(RejectedRow)
class RejectedRowAdmin(ReadOnlyAdmin):
    """What was not taken, with its line and why."""

    list_display = ("line", "reason", "shown", "rows", "run")
    list_filter = ("run__feed",)
    linked_lookups = ("run__id__exact",)  # a filter naming every run would be too long
    list_select_related = ("run__feed",)
    search_fields = ("reason", "text")

    @admin.display(description=_("text"))
    def shown(self, row: RejectedRow) -> str:
        return Truncator(row.text).chars(_SHOWN)


@admin.register(ParkedReadings)
class ParkedReadingsAdmin(ReadOnlyAdmin):
    """They load by themselves when a meter of this number is there."""

    list_display = (
        "meter_number",
        "register",
        "unit",
        "direction",
        "readings",
        "first_line",
        "run",
        "created",
    )
    list_filter = ("run__feed",)
    list_select_related = ("run__feed",)
    search_fields = ("meter_number__startswith",)
    exclude = ("packed",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ParkedReadings]:
        return super().get_queryset(request).defer("packed")
