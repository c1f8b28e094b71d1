"""What all admin pages share: links both ways, no deletion, no edit of what is only recorded."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from unfold.admin import TabularInline

from accounts.admin.autocomplete import CheckedAutocompletes
from accounts.admin.logged import LoggedAdmin
from accounts.admin.one_line_fields import on_one_line
from accounts.queries.search import having_words
from cdsc_portal.lib.time import clock

_LINK = "staff-link text-primary-600 dark:text-primary-500"  # the theme gives links no look of their own


def link_to(target: Model | None) -> str:
    """A link to the admin page of `target`; a dash for nothing."""
    if target is None:
        return "-"
    meta = target._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[target.pk])
    return format_html('<a class="{}" href="{}">{}</a>', _LINK, url, target)


def links_to(targets: Iterable[Model]) -> str:
    return format_html_join("", "<div>{}</div>", ((link_to(target),) for target in targets)) or SafeString(
        "-"
    )


def list_link(model: type[Model], text: str | Promise, **filters: object) -> str:
    """A link to the list of `model`, narrowed by exact values."""
    meta = model._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    query = "&".join(f"{name}__exact={value}" for name, value in filters.items())
    return format_html('<a class="{}" href="{}?{}">{}</a>', _LINK, url, query, text)


class LabelledInline(CheckedAutocompletes, TabularInline):
    """Each field of a row says what it is: the theme shows that once, above the column."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:  # noqa: ANN401
        field = on_one_line(super().formfield_for_dbfield(db_field, request, **kwargs))
        if field is not None:
            label = capfirst(str(field.label or db_field.verbose_name))
            for widget in (field.widget, *getattr(field.widget, "widgets", ())):
                inner = getattr(widget, "widget", widget)  # what the theme wraps to add a link
                inner.attrs.setdefault("aria-label", label)
        return field


class PortalAdmin(LoggedAdmin):
    """Staff correct by hand what a feed told; nothing is deleted, since consents and bills stand on it.

    `word_field` is searched by the beginnings of its words, `search_fields` by the beginning of the value: both
    have indexes.
    """

    word_field = ""
    show_full_result_count = False
    list_per_page = 50

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        matching, duplicates = super().get_search_results(request, queryset, search_term)
        if self.word_field and search_term.strip():
            by_words = having_words(self.model._default_manager.all(), self.word_field, search_term)
            matching |= queryset.filter(pk__in=by_words.values("pk"))
        return matching, duplicates

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """A person's word counts from now on: older files do not undo it."""
        if form.changed_data:
            obj.version_at = obj.cds_modified = clock.now()
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ActingAdmin(LoggedAdmin):
    """Actions that need `act_permission`, named `permissions=["act"]`.

    Named by app and codename, the theme would look the permission up while checks run, and an empty database has none.
    """

    act_permission: ClassVar[str]

    def has_act_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(self.act_permission)


class ReadOnlyAdmin(LoggedAdmin):
    """Staff look, nobody edits: what is recorded stays as it was."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
