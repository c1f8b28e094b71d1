"""Create and update numbered objects from rows, in a fixed number of queries."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from dataclasses import fields as fields_of
from typing import Any

from django.db.models import Model, Q

from accounts.models import Program
from accounts.services.loading.load import Load

_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One row: the object's number and its fields, foreign keys as `<name>_id`.

    `programs` are database keys; None = the model has none.
    """

    line: int
    number: str
    fields: dict[str, Any]
    programs: frozenset[int] | None = None
    has_placement_change: bool = False

    @classmethod
    def of(cls, row: Any, number_field: str) -> "ObjectRow":  # noqa: ANN401 - a row of accounts.feed_rows
        """Of a row whose fields are the model's, under the same names."""
        fields = {field.name: getattr(row, field.name) for field in fields_of(row)}
        return cls(fields.pop("line"), fields.pop(number_field), fields)


def keys_of(model: type[Model], field: str, numbers: Iterable[str]) -> dict[str, int]:
    """Database keys of the objects with these numbers; unknown numbers are left out. One query."""
    wanted = set(numbers) - {""}
    return dict(model._default_manager.filter(**{f"{field}__in": wanted}).values_list(field, "pk"))


def store_objects(model: type[Any], number_field: str, rows: Sequence[ObjectRow], load: Load) -> set[str]:
    """Create or update one object a row; returns the numbers of those written. `cds_modified` changes with
    content only, `cds_synced` always.

    An object without an end that a newer full file left out is not created. Twelve queries at most, plus one
    for each further 2,000 rows.
    """
    manager = model._default_manager
    stored: dict[str, Any] = {
        getattr(existing, number_field): existing
        for existing in manager.select_for_update().filter(
            **{f"{number_field}__in": [row.number for row in rows]}
        )
    }
    programs = _stored_programs(model, [existing.pk for existing in stored.values()])
    new: list[ObjectRow] = []
    changed: list[tuple[ObjectRow, Any]] = []
    unchanged: list[int] = []
    for row in rows:
        existing = stored.get(row.number)
        if existing is None and load.adds_nothing_current and row.fields.get("end", row) is None:
            load.refuse_as_unlisted(row.line)
        elif existing is None:
            new.append(row)
        elif not (
            row.has_placement_change
            or any(getattr(existing, name) != value for name, value in row.fields.items())
            or (row.programs is not None and programs.get(existing.pk, set()) != row.programs)
        ):
            unchanged.append(existing.pk)
        elif load.is_older_than(existing):
            load.refuse_as_older(row.line, existing)
        else:
            changed.append((row, existing))
    _create(model, number_field, new, load)
    _change(model, changed, load)
    manager.filter(not_newer(load), pk__in=unchanged).update(cds_synced=load.at, version_at=load.as_of)
    load.unchanged += len(unchanged)
    return {row.number for row in (*new, *(row for row, _ in changed))}


def _create(model: type[Any], number_field: str, rows: Sequence[ObjectRow], load: Load) -> None:
    times = {"cds_created": load.at, "cds_modified": load.at, "cds_synced": load.at, "version_at": load.as_of}
    objects: list[Any] = model._default_manager.bulk_create(
        [model(**{number_field: row.number}, **row.fields, **times) for row in rows], batch_size=_BATCH
    )
    _enroll_in_programs(
        model, {created.pk: row.programs or frozenset() for created, row in zip(objects, rows, strict=True)}
    )
    load.accepted += len(objects)


def _change(model: type[Any], changes: Sequence[tuple[ObjectRow, Any]], load: Load) -> None:
    if not changes:
        return
    for row, existing in changes:
        for name, value in row.fields.items():
            setattr(existing, name, value)
        existing.cds_modified = existing.cds_synced = load.at
        existing.version_at = load.as_of
    names = {model._meta.get_field(name.removesuffix("_id")).name for name in changes[0][0].fields}
    model._default_manager.bulk_update(
        [existing for _, existing in changes],
        [*sorted(names), "cds_modified", "cds_synced", "version_at"],
        batch_size=_BATCH,
    )
    _enroll_in_programs(model, {existing.pk: row.programs or frozenset() for row, existing in changes})
    load.accepted += len(changes)


def _stored_programs(model: type[Any], keys: Collection[int]) -> dict[int, set[int]]:
    through, column = _program_table(model)
    enrolled: dict[int, set[int]] = {}
    if through is not None and keys:
        rows = through._default_manager.filter(**{f"{column}__in": keys})
        for key, program in rows.values_list(column, "program_id"):
            enrolled.setdefault(key, set()).add(program)
    return enrolled


def _enroll_in_programs(model: type[Any], wanted: dict[int, frozenset[int]]) -> None:
    """Make the programs of these objects exactly `wanted`."""
    through, column = _program_table(model)
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


def _program_table(model: type[Any]) -> tuple[type[Model] | None, str]:
    """The table between `model` and its programs, and the column that names `model` there."""
    if not any(field.related_model is Program for field in model._meta.many_to_many):
        return None, ""
    return model.programs.through, f"{model._meta.model_name}_id"


def not_newer(load: Load) -> Q:
    """Rows that no newer file than this one has set."""
    return Q(version_at__isnull=True) | Q(version_at__lte=load.as_of)
