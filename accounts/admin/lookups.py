"""What the address of a staff list may ask of the rows: what the page itself offers, and nothing else (X-18).

Django answers `?field__startswith=` for every field of a model, shown or not: with it a list tells a hash or a key
letter by letter.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.admin.filters import EmptyFieldListFilter, ListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateField, ForeignKey, Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from accounts.models import User

_SEE_PEOPLE = "accounts.view_user"


class NamedLookupsAdmin(ModelAdmin):
    """Its list answers the look-ups of its filters, its date hierarchy, its key, and `linked_lookups`: what links of
    ours ask beside those, in full ("run__id__exact").

    Who may not see people neither searches, filters nor sorts through them.
    """

    linked_lookups: ClassVar[tuple[str, ...]] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        filters = self.list_filter if request is None else self.get_list_filter(request)
        allowed = {*self.linked_lookups}
        for name in ("pk", self.model._meta.pk.name):
            allowed |= {name, f"{name}__exact"}
        if self.date_hierarchy:
            allowed |= {f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day")}
        for item in filters:
            allowed.update(_filter_lookups(self.model, item))
        return lookup in allowed

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:  # noqa: ANN401
        """An empty `_to_field` names no field."""
        return super().get_object(request, object_id, from_field or None)

    def get_list_filter(self, request: HttpRequest) -> Any:  # noqa: ANN401 - names, pairs and classes
        filters = super().get_list_filter(request)
        return [lookup for lookup in filters if self._may_ask(request, _path_of(lookup))]

    def get_search_fields(self, request: HttpRequest) -> Any:  # noqa: ANN401
        return [path for path in super().get_search_fields(request) if self._may_ask(request, path)]

    def get_sortable_by(self, request: HttpRequest) -> Any:  # noqa: ANN401
        columns = super().get_sortable_by(request)
        return [name for name in columns if self._may_ask(request, self._sort_path(name))]

    def _sort_path(self, column: Any) -> str:  # noqa: ANN401
        order = getattr(getattr(self, str(column), None), "admin_order_field", column)
        return order if isinstance(order, str) else ""

    def _may_ask(self, request: HttpRequest, path: str) -> bool:
        return not _passes_user(self.model, path) or request.user.has_perm(_SEE_PEOPLE)


def _filter_lookups(model: type[Model], item: Any) -> Iterator[str]:  # noqa: ANN401
    """What the filter's own links ask."""
    path = _path_of(item)
    if not path:
        yield item.parameter_name
        return
    field = get_fields_from_path(model, path)[-1]
    if isinstance(item, tuple | list) and item[1] is EmptyFieldListFilter:
        yield f"{path}__isempty"
    elif isinstance(field, ForeignKey):
        yield from (f"{path}__{field.target_field.name}__exact", f"{path}__isnull")
    elif isinstance(field, DateField):
        yield from (f"{path}__gte", f"{path}__lt", f"{path}__isnull")
    else:
        yield from (path, f"{path}__exact", f"{path}__isnull")


def _path_of(item: Any) -> str:  # noqa: ANN401
    """The field of an entry of `list_filter`; empty for a filter that asks in words of its own."""
    if isinstance(item, type) and issubclass(item, ListFilter):
        return ""
    return str(item[0] if isinstance(item, tuple | list) else item)


def _passes_user(model: type[Model], path: str) -> bool:
    """Whether the look-up `path` passes a person, such as `grant__user__email`."""
    for name in path.lstrip("^=@-").split("__"):
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            return False
        if not field.is_relation or field.related_model is None:
            return False
        model = field.related_model
        if issubclass(model, User):
            return True
    return False
