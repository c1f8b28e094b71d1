"""A third party's request, parsed once: afterwards nothing reads the query string again. Pure.

Two details of one type are united into the smallest one that covers both: their services together ("all"
takes in every list, services left out take in a list), from the earlier start to the later end. Their periods
must meet, so that uniting never asks for time that neither detail named. A name in `scope` without a detail
of its own stands for a detail without start, end and services: everything on record, one time, the customer
picks the services.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cdsc_portal.lib.time.relative_dates import (
    UnreadableDate,
    end_of_day,
    local_midnight,
    resolve,
    shifted,
)
from consent.requests.details_json import printable, read_entries
from consent.requests.values import (
    AccessRequest,
    InvalidDetails,
    InvalidRequest,
    InvalidScope,
    RequestedPart,
    Services,
)
from consent.resolution import COARSE, Resolution
from consent.scopes.base import Period
from consent.scopes.catalogue import SCOPES, offer_named, scope_named

MAX_YEARS = 10
MAX_NUMBER_LENGTH = 50  # of a contract number


def parse_request(
    *,
    scope: str,
    authorization_details: str | None,
    allowed: Collection[str],
    now: datetime,
    zone: ZoneInfo,
    locked: bool = False,
) -> AccessRequest:
    """Read both parameters into one request.

    `allowed` are the offers this client may ask for here, `locked` whether the customer may only take or leave what is
    asked (F-67).

    An empty parameter counts as absent (RFC 6749 3.1). Raises InvalidDetails, InvalidScope or InvalidRequest;
    each has `error` (the OAuth code) and `description`. Dates are checked against `now` and stay text until
    approval.
    """
    parts = _details(authorization_details, allowed, now, zone) if authorization_details else {}
    for name in scope.split(" ") if scope else ():
        named = scope_named(name)
        if named is None:
            raise InvalidScope(f"scope: there is no {printable(name)}")
        if offer_named(name) not in allowed:
            raise InvalidScope(f"scope: {printable(offer_named(name))} is not open to this client")
        part = parts.setdefault(named.id, RequestedPart(named.id, name))
        if offer_named(part.type_sent) != offer_named(name):
            raise InvalidScope(
                f"scope: {printable(name)} is another offer of {named.id}, which is asked for too"
            )
    if not parts:
        raise InvalidRequest("scope or authorization_details must say what is asked for")
    ordered = [replace(parts[scope_id], locked=locked) for scope_id in SCOPES if scope_id in parts]
    return AccessRequest(scope=" ".join(part.type_sent for part in ordered), parts=tuple(ordered))


def _details(text: str, allowed: Collection[str], now: datetime, zone: ZoneInfo) -> dict[str, RequestedPart]:
    """The parts of `authorization_details` by scope id."""
    united: dict[str, RequestedPart] = {}
    for index, entry in enumerate(read_entries(text)):
        where = f"authorization_details[{index}]"
        part = _part(entry, where, allowed)
        _check_period(part, where, now, zone)
        former = united.get(part.scope)
        if former is not None and offer_named(former.type_sent) != offer_named(part.type_sent):
            raise InvalidDetails(f"{where}.type", f"is another offer of {part.scope}, which is asked for too")
        united[part.scope] = part if former is None else _united(former, part, where, now, zone)
    return united


def _part(entry: Any, where: str, allowed: Collection[str]) -> RequestedPart:
    if not isinstance(entry, dict):
        raise InvalidDetails(where, "must be an object")
    if "type" not in entry:
        raise InvalidDetails(f"{where}.type", "is missing")
    scope = scope_named(entry["type"]) if isinstance(entry["type"], str) else None
    if scope is None:
        raise InvalidDetails(f"{where}.type", "is no type that this server knows")
    if offer_named(entry["type"]) not in allowed:
        raise InvalidDetails(f"{where}.type", f"{printable(entry['type'])} is not open to this client")
    known = {"type", "start", "end", "services"} | (
        {"coarsest_resolution"} if scope.has_resolution else set()
    )
    for name in entry:
        if name not in known:
            raise InvalidDetails(f"{where}.{printable(name)}", f"is no field of {scope.id}")
    return RequestedPart(
        scope=scope.id,
        type_sent=entry["type"],
        start=_date_text(entry, "start", where),
        end=_date_text(entry, "end", where),
        services=_services(entry, where),
        coarsest_resolution=_resolution(entry, where),
    )


def _resolution(entry: dict[str, Any], where: str) -> Resolution:
    if entry.get("coarsest_resolution") is None:  # null is as left out
        return Resolution.AS_READ
    if entry["coarsest_resolution"] not in COARSE:
        names = ", ".join(COARSE)
        raise InvalidDetails(f"{where}.coarsest_resolution", f"must be one of {names}, or be left out")
    return Resolution(entry["coarsest_resolution"])


def _date_text(entry: dict[str, Any], name: str, where: str) -> str | None:
    if entry.get(name) is None:  # null is as left out
        return None
    if not isinstance(entry[name], str):
        raise InvalidDetails(f"{where}.{name}", "must be text")
    return str(entry[name])


def _services(entry: dict[str, Any], where: str) -> Services:
    if entry.get("services") is None:
        return None
    services, field = entry["services"], f"{where}.services"
    if services == "all":
        return "all"
    if not isinstance(services, list):
        raise InvalidDetails(field, "must be the text all or an array of contract numbers")
    if not services:
        raise InvalidDetails(field, "must name a contract, or be left out")
    for position, number in enumerate(services):
        if not (isinstance(number, str) and number.strip() and number.isprintable()):
            raise InvalidDetails(f"{field}[{position}]", "must be a contract number as text")
        if len(number) > MAX_NUMBER_LENGTH:
            raise InvalidDetails(f"{field}[{position}]", f"longer than {MAX_NUMBER_LENGTH} characters")
    return tuple(dict.fromkeys(number.strip() for number in services))


def _check_period(part: RequestedPart, where: str, now: datetime, zone: ZoneInfo) -> None:
    start, end = _resolved(part, where, now, zone)
    today = now.astimezone(zone).date()
    earliest = local_midnight(shifted(now, -MAX_YEARS, "y", zone).astimezone(zone).date(), zone)
    latest = end_of_day(shifted(now, MAX_YEARS, "y", zone).astimezone(zone).date(), zone)
    for name, moment in (("start", start), ("end", end)):
        if moment is not None and not earliest <= moment <= latest:
            raise InvalidDetails(f"{where}.{name}", f"more than {MAX_YEARS} years from {today.isoformat()}")
    if SCOPES[part.scope].period is Period.NOW and start is not None and start > now:
        raise InvalidDetails(
            f"{where}.start", f"{part.scope} speaks of the present; its start cannot lie ahead"
        )
    if start is None or end is None:
        return
    if end < start:
        raise InvalidDetails(f"{where}.end", "lies before start")
    if end == start and SCOPES[part.scope].period is Period.DATA:
        raise InvalidDetails(f"{where}.end", "equals start, so the period is empty")


def _resolved(
    part: RequestedPart, where: str, now: datetime, zone: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    try:
        start = None if part.start is None else resolve(part.start, now=now, zone=zone)
    except UnreadableDate as error:
        raise InvalidDetails(f"{where}.start", str(error)) from error
    try:
        end = None if part.end is None else resolve(part.end, now=now, zone=zone, is_end=True)
    except UnreadableDate as error:
        raise InvalidDetails(f"{where}.end", str(error)) from error
    return start, end


def _united(
    first: RequestedPart, second: RequestedPart, where: str, now: datetime, zone: ZoneInfo
) -> RequestedPart:
    first_start, first_end = _resolved(first, where, now, zone)
    second_start, second_end = _resolved(second, where, now, zone)
    first_until, second_until = first_end or now, second_end or now  # no end: as it is now, one time
    if SCOPES[first.scope].period is Period.DATA:
        apart = (second_start is not None and second_start > first_until) or (
            first_start is not None and first_start > second_until
        )
        if apart:
            raise InvalidDetails(
                f"{where}.start", f"this period of {first.scope} does not meet the one before"
            )
    second_is_earlier = first_start is not None and (second_start is None or second_start < first_start)
    services: Services = None
    if first.services == "all" or second.services == "all":
        services = "all"
    elif first.services is not None and second.services is not None:
        services = tuple(dict.fromkeys((*first.services, *second.services)))
    return replace(
        first,
        start=second.start if second_is_earlier else first.start,
        end=second.end if second_until > first_until else first.end,
        services=services,
        coarsest_resolution=_finer(first.coarsest_resolution, second.coarsest_resolution),
    )


def _finer(first: Resolution, second: Resolution) -> Resolution:
    """What is of use for both; one that says nothing takes what the other names."""
    if not first or not second:
        return first or second
    return second if first.reaches(second) else first
