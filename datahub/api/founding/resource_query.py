"""The query string of a founding resource: it can only narrow."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone

from cdsc_portal.lib.http.paging import CursorError, read_cursor
from cdsc_portal.lib.time.ranges import Span
from cdsc_portal.lib.time.relative_dates import UnreadableDate, resolve
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
    window = _window(query, now) if "start" in query or "end" in query else Span()
    chosen = {}
    for option in options:
        value = query.get(option.name, option.default)
        if option.name in query and value not in option.choices:
            raise bad_parameter(option.name, f"expected one of {', '.join(option.choices)}")
        if value:
            chosen[option.name] = value
    # and the parameters beside the cursor: what is added or changed would else be ignored in silence
    beside = sorted((name, value) for name, values in query.lists() if name != "cursor" for value in values)
    purpose = f"{purpose}?{urlencode(beside)}"
    if "cursor" not in query:
        return ResourceQuery(services, window, None, chosen, purpose)
    try:
        cursor = read_cursor(str(query["cursor"]), purpose=purpose)
    except CursorError as error:
        detail = f"{error} with these parameters; follow next as it was given"
        raise bad_parameter("cursor", detail) from error
    return ResourceQuery(services, cursor.window, cursor.position, chosen, purpose)


def _window(query: QueryDict, now: datetime) -> Span:
    sides: dict[str, datetime] = {}
    zone = timezone.get_default_timezone()
    for name in ("start", "end"):
        if name in query:
            try:
                moment = resolve(str(query[name]), now=now, zone=zone, is_end=name == "end", by_day=True)
            except UnreadableDate as error:
                raise bad_parameter(name, str(error)) from error
            if moment.year not in _YEARS:
                raise bad_parameter(name, "the year is out of range")
            sides[name] = moment
    if len(sides) == 2 and sides["end"] <= sides["start"]:
        raise bad_parameter("end", "must be later than start")
    return Span(**sides)
