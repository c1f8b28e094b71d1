"""Channels and the generation mix in admin: what is there and how fresh."""

from django.contrib import admin

from accounts.admin.base import ReadOnlyAdmin
from datahub.admin.corrections import ChannelCorrections
from datahub.models import Channel, MixShare


@admin.register(Channel)
class ChannelAdmin(ChannelCorrections, ReadOnlyAdmin):
    """The registers of the meters and when a feed last saw them."""

    list_display = (
        "meter", "register", "commodity", "unit", "direction", "kind", "first_start", "last_end", "modified", "synced",
    )  # fmt: skip
    list_filter = ("commodity", "kind", "direction")
    list_select_related = ("meter",)
    search_fields = ("meter__meter_number__startswith",)
    actions_detail = ("corrections",)


@admin.register(MixShare)
class MixShareAdmin(ReadOnlyAdmin):
    """The share of one source in one hour or quarter."""

    list_display = ("series", "key", "start", "seconds", "source", "share", "synced")
    list_filter = ("series", "key", "source")
    ordering = ("-start", "series", "key", "source")
