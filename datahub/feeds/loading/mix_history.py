"""What was said before, kept beside what is said now."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection, models

from datahub.models import MixAmount, MixAmountHistory, MixShare, MixShareHistory


def keep_shares(keys: Collection[int], *, at: datetime) -> None:
    """Copy these shares as they are stored, before they change. One statement."""
    _keep(MixShare, MixShareHistory, keys, at)


def keep_amounts(keys: Collection[int], *, at: datetime) -> None:
    """Copy these amounts as they are stored, before they change. One statement."""
    _keep(MixAmount, MixAmountHistory, keys, at)


def _keep(
    stored: type[models.Model], history: type[models.Model], keys: Collection[int], at: datetime
) -> None:
    if not keys:
        return
    fields: list[Any] = [
        field for field in history._meta.concrete_fields if field.name not in ("id", "replaced")
    ]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {history._meta.db_table} ({columns}, replaced) "  # noqa: S608 - our own names
            f"SELECT {columns}, %s FROM {stored._meta.db_table} WHERE id = ANY(%s)",
            [at, list(keys)],
        )
