"""The query string of a founding resource: it can only narrow."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone

from cdsc_portal.lib.http.paging import CursorError, read_cursor
from cdsc_portal.lib.time.ranges import Span
from cdsc_portal.lib.time.relative_dates import UnreadableDate, as_local_day, resolve_end, resolve_start
from consent.api.problems import bad_parameter
from datahub.resources.base import Option, ResourceQuery

PARAMETERS = ("services", "start", "end", "cursor")
_YEARS = range(1900, 2200)


def parse_query(
    query: QueryDict,
    *,
    now: datetime,
    purpose: str,
    options: Sequence[Option] = (),
    also: Sequence[str] = (),
) -> ResourceQuery:
    """Read the parameters; `purpose` is what a cursor must have been made for, `options` those of the resource, `also`
    what the view reads itself.

    An offset of days or longer counts from the local day, so that a poll asks for the same all day long; a consent's
    own dates count from its approval. A page after the first keeps the window that the first one resolved, and takes
    no other parameters than that one.
    Raises Refusal (400) naming the parameter.
    """
    parameters = (*PARAMETERS, *(option.name for option in options), *also)
    for name, values in query.lists():
        if name not in parameters:
            raise bad_parameter(name, f"not a parameter of this address; it takes {', '.join(parameters)}")
        if len(values) > 1 and name != "services":
            raise bad_parameter(name, "given more than once")
    services = None
    if "services" in query:
        named = [part.strip() for value in query.getlist("services") for part in value.split(",")]
        if not all(named):
            raise bad_parameter("services", "expected all, or contract numbers separated by commas")
        services = None if "all" in named else tuple(dict.fromkeys(named))
    window = Span(_moment(query, "start", now), _moment(query, "end", now))
    if window.start is not None and window.end is not None and window.end <= window.start:
        raise bad_parameter("end", "must be later than start")
    chosen = {}
    for option in options:
        value = query.get(option.name, option.default)
        if option.name in query and value not in option.choices:
            raise bad_parameter(option.name, f"expected one of {', '.join(option.choices)}")
        if value:
            chosen[option.name] = value
    if "cursor" not in query:
        return ResourceQuery(services, window, None, chosen)
    try:
        cursor = read_cursor(str(query["cursor"]), purpose=cursor_purpose(purpose, query))
    except CursorError as error:
        detail = f"{error} with these parameters; follow next as it was given"
        raise bad_parameter("cursor", detail) from error
    return ResourceQuery(services, cursor.window, cursor.position, chosen)


def cursor_purpose(purpose: str, query: QueryDict) -> str:
    """`purpose` and the parameters beside the cursor: one added or changed would else be ignored in silence."""
    beside = sorted((name, value) for name, values in query.lists() if name != "cursor" for value in values)
    return f"{purpose}?{urlencode(beside)}"


def _moment(query: QueryDict, name: str, now: datetime) -> datetime | None:
    if name not in query:
        return None
    resolve = resolve_start if name == "start" else resolve_end
    zone = timezone.get_default_timezone()
    try:
        moment = resolve(as_local_day(str(query[name]), now=now, zone=zone), now=now, zone=zone)
    except UnreadableDate as error:
        raise bad_parameter(name, str(error)) from error
    if moment.year not in _YEARS:
        raise bad_parameter(name, "the year is out of range")
    return moment
