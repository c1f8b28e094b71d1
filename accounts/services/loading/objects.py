"""Store what rows say of numbered objects: new ones made, changed ones changed, in a fixed number of queries."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q

from accounts.models import Program
from accounts.services.loading.load import Load

_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """What one row says: the object's number and its fields, foreign keys as `<name>_id`.

    `programs` are database keys; None = the model has none. `says_more`: something new beside the fields.
    """

    line: int
    number: str
    fields: dict[str, Any]
    programs: frozenset[int] | None = None
    says_more: bool = False


def keys_of(model: type[Model], field: str, numbers: Iterable[str]) -> dict[str, int]:
    """Database keys of the objects with these numbers; who is not known is not in it. One query."""
    wanted = set(numbers) - {""}
    return dict(model._default_manager.filter(**{f"{field}__in": wanted}).values_list(field, "pk"))


def store_objects(model: type[Any], number_field: str, told: Sequence[ObjectRow], load: Load) -> set[str]:
    """Make or change one object a row; answers their numbers. `cds_modified` moves with
    content only, `cds_synced` always.

    What has no end and was left out by a newer full file is not made anew. Twelve queries at most, plus one
    for each further 2,000 rows.
    """
    manager = model._default_manager
    stored: dict[str, Any] = {
        getattr(found, number_field): found
        for found in manager.select_for_update().filter(**{f"{number_field}__in": [t.number for t in told]})
    }
    programs = _stored_programs(model, [found.pk for found in stored.values()])
    new: list[ObjectRow] = []
    changed: list[tuple[ObjectRow, Any]] = []
    seen: list[int] = []
    for row in told:
        found = stored.get(row.number)
        if found is None and load.adds_nothing_current and row.fields.get("end", row) is None:
            load.refuse_as_unlisted(row.line)
        elif found is None:
            new.append(row)
        elif not _differs(found, row, programs):
            seen.append(found.pk)
        elif load.is_older_than(found):
            load.refuse_as_older(row.line, found)
        else:
            changed.append((row, found))
    _create(model, number_field, new, load)
    _change(model, changed, load)
    manager.filter(not_newer(load), pk__in=seen).update(cds_synced=load.at, version_at=load.as_of)
    load.unchanged += len(seen)
    return {row.number for row in (*new, *(row for row, _ in changed))}


def _create(model: type[Any], number_field: str, rows: Sequence[ObjectRow], load: Load) -> None:
    times = {"cds_created": load.at, "cds_modified": load.at, "cds_synced": load.at, "version_at": load.as_of}
    made: list[Any] = model._default_manager.bulk_create(
        [model(**{number_field: row.number}, **row.fields, **times) for row in rows], batch_size=_BATCH
    )
    _enrol(model, {one.pk: row.programs or frozenset() for one, row in zip(made, rows, strict=True)})
    load.accepted += len(made)


def _change(model: type[Any], changes: Sequence[tuple[ObjectRow, Any]], load: Load) -> None:
    if not changes:
        return
    for row, found in changes:
        for name, value in row.fields.items():
            setattr(found, name, value)
        found.cds_modified = found.cds_synced = load.at
        found.version_at = load.as_of
    names = {model._meta.get_field(name.removesuffix("_id")).name for name in changes[0][0].fields}
    model._default_manager.bulk_update(
        [found for _, found in changes],
        [*sorted(names), "cds_modified", "cds_synced", "version_at"],
        batch_size=_BATCH,
    )
    _enrol(model, {found.pk: row.programs or frozenset() for row, found in changes})
    load.accepted += len(changes)


def _differs(found: Any, row: ObjectRow, programs: dict[int, set[int]]) -> bool:
    if row.says_more or any(getattr(found, name) != value for name, value in row.fields.items()):
        return True
    return row.programs is not None and programs.get(found.pk, set()) != row.programs


def _stored_programs(model: type[Any], keys: Collection[int]) -> dict[int, set[int]]:
    through, column = _enrolments(model)
    enrolled: dict[int, set[int]] = {}
    if through is not None and keys:
        rows = through._default_manager.filter(**{f"{column}__in": keys})
        for key, program in rows.values_list(column, "program_id"):
            enrolled.setdefault(key, set()).add(program)
    return enrolled


def _enrol(model: type[Any], wanted: dict[int, frozenset[int]]) -> None:
    """Make the programs of these objects exactly `wanted`."""
    through, column = _enrolments(model)
    if through is None or not wanted:
        return
    stored = _stored_programs(model, wanted.keys())
    gone = Q(pk__in=[])
    for key, programs in stored.items():
        if extra := programs - wanted[key]:
            gone |= Q(**{column: key, "program_id__in": extra})
    through._default_manager.filter(gone).delete()
    through._default_manager.bulk_create(
        through(**{column: key, "program_id": program})
        for key, programs in wanted.items()
        for program in programs - stored.get(key, set())
    )


def _enrolments(model: type[Any]) -> tuple[type[Model] | None, str]:
    """The table between `model` and its programs, and the column that names `model` there."""
    if not any(field.related_model is Program for field in model._meta.many_to_many):
        return None, ""
    return model.programs.through, f"{model._meta.model_name}_id"


def not_newer(load: Load) -> Q:
    """Rows that no file newer than this one has told."""
    return Q(version_at__isnull=True) | Q(version_at__lte=load.as_of)
