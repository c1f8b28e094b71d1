"""What a migration is made for: what the database holds, not how pages call it (docs/decisions/0095)."""

from typing import Any

from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.state import ProjectState

_OF_A_FIELD: dict[str, Any] = {"_verbose_name": None, "help_text": "", "choices": None}
_OF_A_MODEL = ("verbose_name", "verbose_name_plural")


class SchemaChanges(MigrationAutodetector):
    """Sees no difference in names, help texts and choices, and writes none into a migration."""

    def __init__(self, from_state: ProjectState, to_state: ProjectState, *more: Any, **named: Any) -> None:
        super().__init__(_without_names(from_state), _without_names(to_state), *more, **named)


def _without_names(state: ProjectState) -> ProjectState:
    """A copy of `state`; the one given goes on to be what migrations run with."""
    copy = state.clone()
    for model in copy.models.values():
        for name in _OF_A_MODEL:
            model.options.pop(name, None)
        model.fields = {name: field.clone() for name, field in model.fields.items()}
        for field in model.fields.values():
            for attribute, value in _OF_A_FIELD.items():
                setattr(field, attribute, value)
    return copy
