"""Channels, months of the store and the generation mix in admin: what is stored and how fresh."""

from django.contrib import admin

from accounts.admin.base import ReadOnlyAdmin
from datahub.feeds.admin.corrections import CorrectionsPages
from datahub.models import Channel, MixAmount, MixDay, MixShare, OpenRelease, PartitionRecord


@admin.register(Channel)
class ChannelAdmin(CorrectionsPages, ReadOnlyAdmin):
    """The registers of the meters and when a feed last saw them."""

    list_display = (
        "meter", "register", "commodity", "unit", "direction", "kind", "first_start", "last_end", "modified", "synced",
    )  # fmt: skip
    list_filter = ("commodity", "kind", "direction")
    list_select_related = ("meter",)
    search_fields = ("meter__meter_number__startswith",)
    actions_detail = ("corrections",)


@admin.register(PartitionRecord)
class PartitionRecordAdmin(ReadOnlyAdmin):
    """Months that were put in order or set aside. Only upkeep writes these."""

    list_display = ("table", "month", "clustered", "set_aside", "rows", "archive", "dropped")
    search_fields = ("table__startswith",)


@admin.register(MixShare)
class MixShareAdmin(ReadOnlyAdmin):
    """The share of one source in one hour or quarter; `beyond` is what was tracked of it beyond its generation."""

    list_display = (
        "series", "key", "region", "start", "seconds", "source", "share", "beyond", "method", "provisional",
        "computed", "synced",
    )  # fmt: skip
    list_filter = ("series", "key", "method", "provisional", "computed", "source")
    ordering = ("-start", "series", "key", "source")


@admin.register(MixAmount)
class MixAmountAdmin(ReadOnlyAdmin):
    """Generation, certificates and consumption, as feeds state them, in watt-hours."""

    list_display = (
        "region", "kind", "tariff_code", "start", "seconds", "source", "wh", "provisional", "modified", "synced",
    )  # fmt: skip
    list_filter = ("kind", "region", "provisional", "source")
    ordering = ("-start", "region", "kind", "source")


@admin.register(MixDay)
class MixDayAdmin(ReadOnlyAdmin):
    """Days of regions: which are due, and when they were last computed."""

    list_display = ("region", "day", "due", "computed")
    list_filter = ("region", ("due", admin.EmptyFieldListFilter))
    ordering = ("-day", "region")


@admin.register(OpenRelease)
class OpenReleaseAdmin(ReadOnlyAdmin):
    """Which client read which of the grid's own series, without a grant. Only the API writes these."""

    list_display = ("released_at", "client", "resource", "region", "start", "end", "value_count")
    list_filter = ("resource", "client")
    list_select_related = ("client",)
