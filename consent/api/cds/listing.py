"""What all listings share: filters, order, pages and their links (section 13 of CDS-WG1-02; M-13 to M-16)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlencode

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

PAGE_SIZE = 100
PAGE_BYTES = 10 * 1024 * 1024  # of files that stand in the rows
_SALT = "consent.api.cds.listing"
Item = TypeVar("Item")
ModelRow = TypeVar("ModelRow", bound=Model)


class ParameterRefused(ValueError):  # noqa: N818 - what happened to it
    """A parameter that cannot be read; the text names it."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A part of a listing, newest first; the links are null at the ends."""

    items: list[Item]
    next: str | None
    previous: str | None


def listed_words(query: QueryDict, name: str) -> tuple[str, ...]:
    """The values of a filter that is a list parted by spaces; empty is no filter. Raises ParameterRefused."""
    values = query.getlist(name)
    if len(values) > 1:
        raise ParameterRefused(f"{name} is given more than once.")
    words = tuple(dict.fromkeys(values[0].split())) if values else ()
    if any("\0" in word for word in words):
        raise ParameterRefused(f"{name} holds a character 0.")
    return words


def moment_of(query: QueryDict, name: str) -> datetime | None:
    """The value of a filter that is an RFC 3339 date-time; None where it is left out. Raises ParameterRefused."""
    values = query.getlist(name)
    if len(values) > 1:
        raise ParameterRefused(f"{name} is given more than once.")
    if not values or not values[0]:
        return None
    try:
        moment = datetime.fromisoformat(values[0].replace(" ", "+"))  # a plus that was not escaped
    except ValueError as error:
        raise ParameterRefused(f"{name} is no date-time of RFC 3339.") from error
    if moment.tzinfo is None:
        raise ParameterRefused(f"{name} needs an offset, such as Z.")
    return moment


class Row(Protocol):
    """What a listing has to know of each row."""

    @property
    def pk(self) -> int: ...


AnyRow = TypeVar("AnyRow", bound=Row)


@dataclass(frozen=True, slots=True)
class Place:
    """Beyond which row a page begins, by its time and its key; toward older rows, or toward newer ones."""

    moment: datetime
    pk: int
    to_older: bool


def newest_first(
    rows: QuerySet[ModelRow],
    query: QueryDict,
    *,
    by: str,
    url: str,
    filters: Collection[str],
    part: tuple[tuple[str, str], ...] = (),
    bytes_of: Callable[[ModelRow], int] | None = None,
) -> Page[ModelRow]:
    """The page that `page` of the query asks for, the first without one; links keep the `filters` and add `part`.

    With `bytes_of`, a page ends before the row that would bring it over PAGE_BYTES, and has one row at least.

    Rows come by the time `by` and then by key, both falling, so that pages hold while rows are added. One query beside
    what `rows` prefetches. Raises ParameterRefused.
    """

    def read(place: Place | None, limit: int) -> list[ModelRow]:
        if place is None or place.to_older:
            order, side = (f"-{by}", "-pk"), "lt"
        else:
            order, side = (by, "pk"), "gt"
        beyond = Q()
        if place is not None:
            beyond = Q(**{f"{by}__{side}": place.moment}) | Q(**{by: place.moment, f"pk__{side}": place.pk})
        return list(rows.filter(beyond).order_by(*order)[:limit])

    return page_of(read, query, by=by, url=url, filters=filters, part=part, bytes_of=bytes_of)


def page_of(
    read: Callable[[Place | None, int], list[AnyRow]],
    query: QueryDict,
    *,
    by: str,
    url: str,
    filters: Collection[str],
    part: tuple[tuple[str, str], ...] = (),
    bytes_of: Callable[[AnyRow], int] | None = None,
) -> Page[AnyRow]:
    """The same of rows that `read` gives: as many as it is told from a place on, the nearest first."""
    place = _place(query)
    to_older = place is None or place.to_older
    items = read(place, PAGE_SIZE + 1)
    fitting = _fitting(items[:PAGE_SIZE], bytes_of)
    has_more = len(items) > len(fitting)
    items = fitting if to_older else fitting[::-1]
    kept = [*((name, query[name]) for name in filters if query.get(name)), *part]

    def link(where: str, row: AnyRow) -> str:
        place = signing.dumps([where, getattr(row, by).isoformat(), row.pk], salt=_SALT)
        return f"{url}?{urlencode([*kept, ('page', place)])}"

    has_next = has_more if to_older else place is not None
    has_previous = place is not None if to_older else has_more
    return Page(
        items,
        next=link("after", items[-1]) if items and has_next else None,
        previous=link("before", items[0]) if items and has_previous else None,
    )


def _fitting(rows: list[AnyRow], bytes_of: Callable[[AnyRow], int] | None) -> list[AnyRow]:
    if bytes_of is None:
        return rows
    total = 0
    for number, row in enumerate(rows):
        total += bytes_of(row)
        if total > PAGE_BYTES and number:
            return rows[:number]
    return rows


def _place(query: QueryDict) -> Place | None:
    text = query.get("page")
    if text is None:
        return None
    try:
        where, moment, pk = signing.loads(str(text), salt=_SALT)
    except signing.BadSignature as error:
        raise ParameterRefused("page is no link of this listing.") from error
    return Place(datetime.fromisoformat(moment), pk, to_older=where == "after")
