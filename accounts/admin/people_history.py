"""Who invited whom and what became of each role: staff look."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import ReadOnlyAdmin, link_to
from accounts.models import RoleEvent


@admin.register(RoleEvent)
class RoleEventAdmin(ReadOnlyAdmin):
    """The history that owners see under /my/people/."""

    list_display = ("at", "verb", "role", "person", "customer_page", "by_page", "until")
    list_select_related = ("customer", "user", "by")
    list_filter = ("verb", "role")
    search_fields = (
        "email__istartswith",
        "user__email__istartswith",
        "customer__customer_number__startswith",
    )
    fields = readonly_fields = ("at", "verb", "role", "person", "customer_page", "by_page", "until")

    @admin.display(description=_("person"))
    def person(self, event: RoleEvent) -> str:
        return link_to(event.user) if event.user else event.email

    @admin.display(description=_("customer"))
    def customer_page(self, event: RoleEvent) -> str:
        return link_to(event.customer)

    @admin.display(description=_("by"))
    def by_page(self, event: RoleEvent) -> str:
        return link_to(event.by)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.view_roleevent")
