"""The log of what staff do: added to, never changed. What names people stands apart (P-23)."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model

from accounts.models import StaffAction, User

Change = tuple[str, Any, Any]  # field, before, after

MASKED = "(hidden)"
_SECRET = re.compile(r"password|secret|token|private|credential|checksum", re.IGNORECASE)
_PERSONAL_FIELDS = frozenset({"email", "name", "address", "to", "contact_email"})
_PERSONAL_APPS = frozenset({"accounts"})
_LONGEST = 2_000  # characters of a value


def record_staff_action(
    *,
    by: User,
    verb: str,
    on: Model | type[Model],
    what: str = "",
    changes: Sequence[Change] = (),
    reason: str = "",
    at: datetime,
) -> StaffAction:
    """Write one line of the log: `by` did `verb` on the object or the whole table `on`. One statement.

    Values of fields that hold secrets are masked; names and addresses of people go where an erasure finds them.
    """
    meta = on._meta
    personal: dict[str, Any] = {}
    kept: list[list[str]] = []
    for field, before, after in changes:
        line = [field, _text(field, before), _text(field, after)]
        if meta.app_label in _PERSONAL_APPS and field.rpartition(".")[2] in _PERSONAL_FIELDS:
            personal.setdefault("changes", []).append(line)
        else:
            kept.append(line)
    if isinstance(on, Model):
        personal["label"] = str(on)[:200]
    return StaffAction.objects.create(
        at=at,
        by=by,
        verb=verb,
        model=meta.label_lower,
        key=str(on.pk) if isinstance(on, Model) else "",
        what=what[:200],
        changes=kept,
        personal=personal,
        reason=reason,
    )


def _text(field: str, value: Any) -> str:  # noqa: ANN401 - whatever a form holds
    if value in (None, ""):
        return ""
    if _SECRET.search(field):
        return MASKED
    return str(value)[:_LONGEST]
