"""What upkeep did with the months of the interval store."""

from django.contrib import admin

from accounts.admin.base import ReadOnlyAdmin
from datahub.models import PartitionRecord


@admin.register(PartitionRecord)
class PartitionRecordAdmin(ReadOnlyAdmin):
    """Months that were put in order or set aside. Only upkeep writes these."""

    list_display = ("table", "month", "clustered", "set_aside", "rows")
    search_fields = ("table__startswith",)
