"""Querysets that Django writes as SQL once in a process, for those that pages run on every call.

Building a queryset and writing its SQL takes Django several times as long as the database needs to answer it.
"""

import copy
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar

from django.db import connection, models
from django.db.models import BooleanField, F, Func, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone
from psycopg import sql
from psycopg.types.numeric import Int8

from cdsc_portal.lib.db.prepared import array, prepared_cursor

_Values = ParamSpec("_Values")
_Row = TypeVar("_Row")
_FIRST_NUMBER = 8_765_432_109_000_000_000  # no key that there is: placeholders count from here


class Keys(str):
    """Database keys as one value, however many: `filter(pk__in=keys.rows)`."""

    @classmethod
    def of(cls, keys: Iterable[int]) -> "Keys":
        return cls(array(sorted(keys)))

    @property
    def rows(self) -> RawSQL:
        return RawSQL("SELECT unnest(%s::bigint[])", [str(self)])  # noqa: S611 - a value apart from the statement

    def match(self, column: str) -> Func:
        """The condition that `column` is one of these, which an index answers key by key, however large the table."""
        keys = RawSQL("%s::bigint[]", [str(self)])  # noqa: S611 - a value apart from the statement
        return Func(
            F(column), keys, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField()
        )


def compiled_query(build: "Callable[_Values, QuerySet[Any, _Row]]") -> Callable[_Values, list[_Row]]:
    """Let `build` make its queryset once, and run that with the values of each call: all rows.

    Keyword arguments that are rows of models (of which only the key counts), numbers, instants, dates, texts and `Keys`
    may differ between calls, and must reach the statement as they came. Any other value, such as a flag or None, has a
    statement of its own. The database plans each once for a connection, as in lib/db/prepared.
    """
    statements: dict[tuple[object, ...], _Statement[_Row]] = {}

    @wraps(build)
    def rows(*args: _Values.args, **values: _Values.kwargs) -> list[_Row]:
        if args:
            raise TypeError("the values of a compiled query have names")
        zone = timezone.get_default_timezone_name()
        shape = (zone, *((name, _kind(value) or value) for name, value in values.items()))
        statement = statements.get(shape)
        if statement is None:
            statement = statements[shape] = _Statement(build, values)
        return statement.rows(values)

    return rows


class _Compiler(SQLCompiler):
    """Runs what was written before, with the parameters of one call."""

    statement: str
    parameters: Sequence[Any]

    def execute_sql(self, *_args: object, **_options: object) -> Any:
        with prepared_cursor() as cursor:
            cursor.execute(self.statement, self.parameters)
            rows = cursor.fetchall()
        # what rows are only ordered by comes last, and is no part of them
        return [[row[: self.col_count] for row in rows] if self.has_extra_select else rows]


class _Statement(Generic[_Row]):
    def __init__(self, build: "Callable[..., QuerySet[Any, _Row]]", values: dict[str, Any]) -> None:
        placeholders = {
            name: _placeholder(value, number)
            for number, (name, value) in enumerate(values.items())
            if _kind(value) is not None
        }
        names = {_parameter(placeholder): name for name, placeholder in placeholders.items()}
        self.queryset = build(**{**values, **placeholders})
        self.compiler = self.queryset.query.get_compiler(connection=connection)
        text, parameters = self.compiler.as_sql()
        named = [names.get(each) if isinstance(each, Hashable) else None for each in parameters]
        self.names = [name for name in named if name is not None]
        if lost := placeholders.keys() - set(self.names):
            raise ValueError(f"{build.__name__}: {sorted(lost)} must reach the statement as they came")
        # what stays the same is a part of the statement, so that an index of some rows is found by it
        connection.ensure_connection()
        places = [
            "%s" if name is not None else sql.quote(each, connection.connection).replace("%", "%%")
            for name, each in zip(named, parameters, strict=True)
        ]
        self.compiler.__class__ = type("_Compiled", (_Compiler, type(self.compiler)), {})
        vars(self.compiler)["statement"] = text.replace("%%", "%%%%") % tuple(places)

    def rows(self, values: dict[str, Any]) -> list[_Row]:
        compiler = copy.copy(self.compiler)
        vars(compiler)["parameters"] = [_parameter(values[name]) for name in self.names]
        query = copy.copy(self.queryset.query)
        vars(query)["get_compiler"] = lambda *_args, **_options: compiler
        made: Any = self.queryset
        fresh: Any = made.__class__(model=made.model, query=query, using=made.db)
        for name in ("_iterable_class", "_fields", "_known_related_objects", "_prefetch_related_lookups"):
            setattr(fresh, name, getattr(made, name))
        return list(fresh)


_KINDS = (models.Model, Keys, int, datetime, date, str)


def _kind(value: object) -> type | None:
    """What a value is, if it may differ between calls of one statement."""
    if isinstance(value, bool) or not isinstance(value, _KINDS):
        return None
    return value.__class__  # of the row itself, where it is a lazy one


def _placeholder(value: object, number: int) -> Any:
    """A value of the same kind that stands nowhere else."""
    if isinstance(value, models.Model):
        return value.__class__(pk=_FIRST_NUMBER + number)
    if isinstance(value, Keys):
        return Keys.of([_FIRST_NUMBER + number])
    if isinstance(value, int):
        return _FIRST_NUMBER + number
    if isinstance(value, datetime):
        return datetime(1, 1, 2, microsecond=number, tzinfo=UTC)
    if isinstance(value, date):
        return date(1, 1, 1 + number)
    return f"\ue000{number}"


def _parameter(value: object) -> object:
    """As the statement takes it; each number as wide as a key, so that the plan is the same for all."""
    if isinstance(value, models.Model):
        value = value.pk
    return Int8(value) if isinstance(value, int) else value
