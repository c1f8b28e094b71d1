"""A kind of data as a third party wants it and as it holds it: what both have in common, and whether it wants more."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.timezone import get_default_timezone

from accounts.queries.meters import meter_numbers
from cdsc_portal.lib.time.relative_dates import UnreadableDate, resolve
from consent.parts import Part
from consent.periods import EmptyPeriod, PartPeriod, cut_period
from consent.requests import InvalidDetails
from consent.resolution import Resolution, coarsest
from consent.scopes.base import Period
from consent.services.third_parties.client_values import ValueRefused

# as a grant says them; `coarsest_resolution` is of requests alone
_FIELDS = frozenset(
    {
        "type", "start", "end", "services", "resolution", "meters", "services_added_later", "coarsest_resolution",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """A part of a grant with its detail as granted; `numbers` are the grant's contracts by their numbers."""

    part: Part
    detail: Mapping[str, Any]
    numbers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A detail as it is to be, whole."""

    scope_id: str
    type_sent: str
    detail: dict[str, Any]


def compared(held: Held, wanted: Wanted, *, at: datetime) -> tuple[Part, bool]:
    """The part cut to what both have in common, and whether `wanted` reaches beyond the part. Raises ValueRefused."""
    detail, part = wanted.detail, held.part
    if unknown := detail.keys() - _FIELDS:
        raise _refused(wanted, min(unknown), "it is no field of a grant")
    contracts, more_services = _services(held, wanted)
    period, more_time = _period(held, wanted, at)
    resolution, finer = _resolution(part, wanted)
    meters, more_meters = _meters(held, wanted)
    later = detail.get("services_added_later", False)
    if not isinstance(later, bool):
        raise _refused(wanted, "services_added_later", "it must be true or false")
    joins = later or detail.get("services") == "all"
    cut = replace(
        part,
        contracts=contracts,
        period=period,
        resolution=resolution,
        meters=frozenset(pair for pair in meters if pair[0] in contracts),
        future_accounts=part.future_accounts if joins and period.lasting else frozenset(),
    )
    more_to_come = joins and not part.future_accounts
    return cut, more_services or more_time or finer or more_meters or more_to_come


def _services(held: Held, wanted: Wanted) -> tuple[frozenset[int], bool]:
    """Those that remain. Services that joined later have no number in the detail as granted, and stay."""
    named = wanted.detail.get("services")
    if named is None or named == "all":
        return held.part.contracts, False
    if not isinstance(named, list) or not all(isinstance(number, str) for number in named):
        raise _refused(wanted, "services", "it must be the text all or an array of contract numbers")
    before = {held.numbers[number] for number in held.detail.get("services", ()) if number in held.numbers}
    kept = {held.numbers[number] for number in named if number in held.numbers} & held.part.contracts
    joined = held.part.contracts - before
    is_wider = any(held.numbers.get(number) not in held.part.contracts for number in named)
    return frozenset(kept | joined), is_wider


def _period(held: Held, wanted: Wanted, at: datetime) -> tuple[PartPeriod, bool]:
    part, zone = held.part, get_default_timezone()
    sides: dict[str, datetime | None] = {}
    for name in ("start", "end"):
        text = wanted.detail.get(name)
        if text is None or text == held.detail.get(name):
            sides[name] = None
            continue
        try:
            now = at.replace(microsecond=0)
            sides[name] = resolve(str(text), now=now, zone=zone, is_end=name == "end")
        except UnreadableDate as error:
            raise _refused(wanted, name, str(error)) from error
    start, end = sides["start"], sides["end"]
    of_data = part.scope.period is Period.DATA
    ends = part.period.window.end if of_data else part.period.access_ends
    begins = part.period.window.start
    is_wider = (of_data and start is not None and begins is not None and start < begins) or (
        end is not None and ends is not None and end > ends
    )
    start = start if of_data and start is not None and (begins is None or start > begins) else None
    end = end if end is not None and (ends is None or end < ends) else None
    if start is None and end is None:
        return part.period, is_wider
    try:
        return cut_period(part.period, kind=part.scope.period, start=start, end=end, at=at), is_wider
    except EmptyPeriod as empty:
        raise _refused(wanted, empty.field, "no time would remain") from empty


def _resolution(part: Part, wanted: Wanted) -> tuple[Resolution, bool]:
    text = wanted.detail.get("resolution", "")
    if not isinstance(text, str) or text not in list(Resolution):
        raise _refused(wanted, "resolution", "there is no such one")
    if text and not part.scope.has_resolution:
        raise _refused(wanted, "resolution", f"it is no field of {part.scope.id}")
    limit = coarsest((part.resolution, Resolution(text)))
    return limit, limit != Resolution(text)


def _meters(held: Held, wanted: Wanted) -> tuple[frozenset[tuple[int, int]], bool]:
    named = wanted.detail.get("meters")
    if named is None or named == held.detail.get("meters"):
        return held.part.meters, False
    if not isinstance(named, list) or not all(isinstance(number, str) for number in named):
        raise _refused(wanted, "meters", "it must be an array of meter numbers")
    kept = frozenset(pair for pair in held.part.meters if set(meter_numbers([pair[1]])) <= set(named))
    without = {contract for contract, _meter in held.part.meters} - {contract for contract, _meter in kept}
    if without:
        raise _refused(wanted, "meters", "a service would have none; take it out of services")
    return kept, not set(named) <= set(held.detail.get("meters", ()))


def _refused(wanted: Wanted, field: str, why: str) -> ValueRefused:
    return ValueRefused(
        "authorization_details", f"{wanted.scope_id}.{field}: {why}", error=InvalidDetails.error
    )
