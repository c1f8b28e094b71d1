"""Fields that are filled by a search: what a form sends for them may be no key at all."""

from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.http import HttpRequest


class _KeysOnly:
    """Django's own asks the database for the rows of whatever was sent, and fails at what is no key."""

    def optgroups(self, name: str, value: list[str], attr: Any = None) -> Any:  # noqa: ANN401
        key = self.field.remote_field.model._meta.pk  # type: ignore[attr-defined]  # of the widget
        return super().optgroups(name, [choice for choice in value if _is_key(key, choice)], attr)  # type: ignore[misc]


def _is_key(key: Any, text: str) -> bool:  # noqa: ANN401
    try:
        key.clean(text, None)
    except ValidationError:
        return False
    return True


class _Single(_KeysOnly, AutocompleteSelect):  # type: ignore[misc]
    pass


class _Multiple(_KeysOnly, AutocompleteSelectMultiple):  # type: ignore[misc]
    pass


class CheckedAutocompletes:
    """For an admin class or an inline: its `autocomplete_fields` say of what is no key that it is no choice."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:  # noqa: ANN401
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]  # of the admin class
            kwargs.setdefault("widget", _Single(db_field, self.admin_site))  # type: ignore[attr-defined]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:  # noqa: ANN401
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            kwargs.setdefault("widget", _Multiple(db_field, self.admin_site))  # type: ignore[attr-defined]
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]
