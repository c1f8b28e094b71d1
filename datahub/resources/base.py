"""How a resource is declared. Addresses, documents, tags, the gate walk and the check of late moves derive from it."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from accounts.models import LinkKind
from cdsc_portal.lib.db.row_versions import Rows
from cdsc_portal.lib.http.paging import Position
from cdsc_portal.lib.time.ranges import Span
from consent.access import AccessPart, DataAccess
from consent.services.disclose import Release
from datahub.answers.coverage import Coverage, coverage
from datahub.answers.page import Document, Page
from datahub.resources.fields import ReadOnlyField, Shape
from datahub.resources.link_history import LINKS_OF, History
from datahub.usage.exports.base import UsageFile
from datahub.usage.sums import KnownReadings

Example = Mapping[str, object]


class AnswerTime(Enum):
    """Of which time an answer speaks."""

    WINDOW = "window"
    PRESENT = "present"  # the moment of the release
    BILLED_DAYS = "billed_days"  # the days of bill sections that lie in the window
    STATEMENTS = "statements"  # the days of the bills that are dated in the window


BILLED_TIMES = (AnswerTime.BILLED_DAYS, AnswerTime.STATEMENTS)


@dataclass(frozen=True, slots=True)
class Option:
    """A parameter that only one resource takes: one of `choices`, or `default` ("": left out)."""

    name: str
    choices: tuple[str, ...]
    description: str
    default: str = ""


@dataclass(frozen=True, slots=True)
class ResourceQuery:
    """The parsed query string of a call.

    `services`: contract numbers, None = all; `window`: UTC, open where nothing was given; `after`: None = first page;
    `options`: those of the resource that were given or have a default; `purpose`: what a cursor of it is good for.
    """

    services: tuple[str, ...] | None
    window: Span
    after: Position | None
    options: Mapping[str, str] = field(default_factory=dict)
    purpose: str = ""

    @property
    def names_period(self) -> bool:
        return self.window != Span()


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a resource, past the gate."""

    resource: "Resource"
    access: DataAccess
    query: ResourceQuery
    at: datetime

    def coverage(self) -> Coverage:
        """What the answer may speak of. One query."""
        window = None if self.resource.is_of_present else self.query.window
        return coverage(self.access, self.resource.opened_as, services=self.query.services, window=window)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedFile:
    """All objects of a window in one streamed file, at `<resource>/file`.

    `name` is that of the address and of its operation, `file_name` that of what leaves, without its suffix; `forms` are
    by the format's name, the first one without `Accept`.
    `known` says what will leave, for the disclosure; `stream` makes the pieces.
    """

    name: str
    summary: str
    file_name: str
    forms: Mapping[str, type[UsageFile]]
    known: Callable[[Coverage], KnownReadings]
    stream: Callable[..., Iterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """The stored document of one object, at `<resource>/<key>/file`, with a tag and ranges of bytes.

    `name` is that of the address and of its operation; `key` what the object's id is called there. `find` gives the
    document that the parts open; None: missing and foreign look the same.
    """

    name: str
    summary: str
    key: str
    media_type: str
    find: Callable[[Collection[AccessPart], str], Document | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSeries:
    """The series of a whole grid region, at `grid/<resource>`: no customer's data, for registered clients, without a
    grant, where the utility opens them (MIX_OPEN_TO_CLIENTS).

    `query` gives a page of a region during a window; `rows` make its tag, with the parameter `region`.
    """

    summary: str
    shape: type[Shape]
    query: Callable[[str, Span, Position | None], Page[Any]]
    serialize: Callable[[Any], Mapping[str, object]]
    rows: tuple[Rows, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource: everything that the server knows of it.

    `name` is its address and, unless it is `part_of` another, the word that scopes open and disclosures record.
    `query` answers what the call covers and one page of it. `shape` describes an object on the wire, `serialize` makes
    the objects where the shape would be too slow. `examples` are invented objects, the plain one under "", those of
    other forms under the query that gives them. `rows` make its tags, with `more_rows` for some calls.
    `histories` are the dated links that an answer depends on: a backdated change of them affects releases.
    `stream`, `document` and `open_series` are its other addresses, if it has them: what leaves there is recorded, and
    opened, as the resource.
    Raises ImproperlyConfigured where a part is missing.
    """

    name: str
    summary: str
    query: Callable[[Call], tuple[Coverage, Page[Any]]]
    shape: type[Shape] | type[ReadOnlyField]
    examples: Mapping[str, Example]
    rows: tuple[Rows, ...]
    histories: tuple[History, ...] = ()
    time: AnswerTime = AnswerTime.WINDOW
    part_of: "Resource | None" = None
    options: tuple[Option, ...] = ()
    serialize: Callable[[Sequence[Any]], Sequence[object]] | None = None
    csv: Callable[[Sequence[Any], ResourceQuery], bytes] | None = None
    more_rows: Callable[[DataAccess, ResourceQuery], tuple[Rows, ...]] | None = None
    releases: Callable[[Page[Any]], Iterable[Release]] | None = None
    stream: StreamedFile | None = None
    document: StoredFile | None = None
    open_series: OpenSeries | None = None
    link_kinds: frozenset[LinkKind] = field(init=False)
    opened_as: str = field(init=False)  # what a scope opens and a disclosure records
    is_of_present: bool = field(init=False)

    def __post_init__(self) -> None:
        whole = self.part_of or self
        unknown = [history for history in whole.histories if history not in LINKS_OF]
        addresses = [self, *self.files, *filter(None, [self.open_series])]
        faults = {
            "name, small letters and _": not all(
                re.fullmatch(r"[a-z]+(_[a-z]+)*", part.name) for part in (self, *self.files)
            ),
            "summary": not all(address.summary for address in addresses),
            "forms of its streamed file": self.stream is not None and not self.stream.forms,
            "rows of its open series": self.open_series is not None and not self.open_series.rows,
            'examples, the plain one under ""': "" not in self.examples,
            "rows": not self.rows,
            "histories": not whole.histories,
            "histories whose links are known": bool(unknown),
            "histories: those of what it is part of": self.part_of is not None and bool(self.histories),
        }
        missing = [part for part, is_wrong in faults.items() if is_wrong]
        if missing:
            raise ImproperlyConfigured(f"resource {self.name!r} needs {'; '.join(missing)}")
        kinds = frozenset(kind for history in whole.histories for kind in LINKS_OF[history])
        object.__setattr__(self, "link_kinds", kinds)
        object.__setattr__(self, "opened_as", whole.name)
        object.__setattr__(self, "is_of_present", self.time is AnswerTime.PRESENT)

    @property
    def files(self) -> "tuple[StreamedFile | StoredFile, ...]":
        """Each at an address of its own below the resource's."""
        return tuple(file for file in (self.stream, self.document) if file is not None)
