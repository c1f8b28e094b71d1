"""What staff looked at and did, and the groups that say what they may. Nobody edits the log, nobody deletes from it."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import ReadOnlyAdmin, link_to
from accounts.admin.logged import LoggedAdmin
from accounts.models import StaffAction, SupportSession

_MANAGE = "accounts.manage_staff"


@admin.register(StaffAction)
class StaffActionAdmin(ReadOnlyAdmin):
    """Who did what, when, to which object, with before and after, and why."""

    list_display = ("at", "by", "verb", "model", "label", "what", "reason")
    list_select_related = ("by",)
    list_filter = ("verb", "model", ("by", admin.RelatedOnlyFieldListFilter))
    search_fields = ("key__exact", "by__email__startswith")
    search_help_text = _("The key of an object, or the address of one of staff.")
    date_hierarchy = "at"
    fields = readonly_fields = (
        "at",
        "by",
        "verb",
        "model",
        "key",
        "label",
        "what",
        "reason",
        "before_and_after",
    )

    @admin.display(description=_("object"))
    def label(self, done: StaffAction) -> str:
        return str(done.personal.get("label", done.key))

    @admin.display(description=_("before and after"))
    def before_and_after(self, done: StaffAction) -> SafeString | str:
        lines = [*done.changes, *done.personal.get("changes", [])]
        if not lines:
            return "-"
        rows = format_html_join("", "<tr><th>{}</th><td><del>{}</del></td><td><ins>{}</ins></td></tr>", lines)
        head = format_html("<tr><th>{}</th><th>{}</th><th>{}</th></tr>", _("field"), _("before"), _("after"))
        return format_html(
            '<div class="staff"><table class="staff-table"><thead>{}</thead><tbody>{}</tbody></table></div>',
            head,
            rows,
        )


@admin.register(SupportSession)
class SupportSessionAdmin(ReadOnlyAdmin):
    """Whose pages were looked at, by whom and why."""

    list_display = ("at", "by", "customer_page", "person", "reason", "ends")
    list_select_related = ("by", "customer", "person")
    list_filter = (("by", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("customer__customer_number__startswith",)
    date_hierarchy = "at"
    fields = readonly_fields = ("at", "ends", "by", "customer_page", "person", "reason")

    @admin.display(description=_("customer"), ordering="customer__customer_number")
    def customer_page(self, session: SupportSession) -> str:
        return link_to(session.customer)


@admin.register(Group)
class GroupAdmin(LoggedAdmin):
    """What a role may do. The four that come with the portal stay; a utility may add to them or make its own."""

    list_display = ("name", "people")
    ordering = ("name",)
    fields = ("name", "permissions")
    filter_horizontal = ("permissions",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return super().get_queryset(request).prefetch_related("user_set")

    def get_form(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> Any:  # noqa: ANN401
        form = super().get_form(request, obj, **kwargs)
        if "permissions" in form.base_fields:
            choices = form.base_fields["permissions"]
            choices.queryset = choices.queryset.select_related("content_type").filter(
                content_type__app_label__in=("accounts", "consent", "datahub", "auth")
            )
        return form

    @admin.display(description=_("people"))
    def people(self, group: Group) -> str:
        return ", ".join(str(user) for user in group.user_set.all()) or "-"

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm(_MANAGE) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
