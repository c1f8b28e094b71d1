"""Bills in admin, as the feeds brought them."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from accounts.admin.base import ReadOnlyAdmin
from datahub.models import BillSection, BillStatement


class SectionInline(TabularInline):
    """What each contract was billed, with its lines."""

    model = BillSection
    extra = 0
    can_delete = False
    fields = readonly_fields = (
        "contract", "start", "end", "supplier_name", "tariff_name", "amount", "lines",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest, obj: BillStatement | None = None) -> bool:
        return False

    @admin.display(description=_("lines"))
    def lines(self, section: BillSection) -> SafeString:
        return format_html_join(
            "", "<div>{}: {}</div>", ((line.name, line.amount) for line in section.line_items.all())
        )


@admin.register(BillStatement)
class BillStatementAdmin(ReadOnlyAdmin):
    """One bill with its sections."""

    list_display = (
        "statement_number",
        "account",
        "statement_date",
        "total",
        "currency",
        "file_name",
        "cds_synced",
    )
    list_filter = ("statement_date",)
    list_select_related = ("account",)
    search_fields = ("statement_number__startswith", "account__account_number__startswith")
    inlines = (SectionInline,)
    exclude = ("file",)
