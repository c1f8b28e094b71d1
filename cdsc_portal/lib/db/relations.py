"""The door for SQL between apps: what an app's tables promise to statements of the apps above it."""

from django.db.models import Model


def relation(model: type[Model], *fields: str) -> str:
    """A subquery with these fields of `model` under their own names, to stand after FROM or JOIN.

    PostgreSQL plans it as if the table stood there. A foreign key is named with `_id`. Raises FieldDoesNotExist where
    a field was renamed: at import, before any statement runs.
    """
    meta = model._meta
    columns = ", ".join(f'"{meta.get_field(name).column}" AS "{name}"' for name in fields)  # type: ignore[union-attr]
    return f'(SELECT {columns} FROM "{meta.db_table}")'  # noqa: S608 - names of our own tables
