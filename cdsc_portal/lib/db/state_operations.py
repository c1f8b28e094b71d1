"""Migrations that change what Django knows of the models and no table."""

from django.db.migrations import SeparateDatabaseAndState
from django.db.migrations.state import ProjectState


class StateOperations(SeparateDatabaseAndState):
    """`state_operations`, such as new names of fields, with the models built anew once after them all.

    Django builds a model and all that are related to it after every operation: a minute for some hundred fields.
    """

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # built when the next operation, or the next migration, asks for it
        super().state_forwards(app_label, state)
